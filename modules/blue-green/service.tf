resource "aws_ecs_task_definition" "this" {
  cpu                      = var.task.cpu
  execution_role_arn       = module.tasks.role_arns.execution
  family                   = module.tasks.family
  memory                   = var.task.memory
  network_mode             = "awsvpc"
  requires_compatibilities = ["FARGATE"]
  skip_destroy             = false
  tags                     = local.tags
  task_role_arn            = module.tasks.role_arns.task

  # As in the application's taskdef.json, from which the pipeline registers the later revisions.
  container_definitions = jsonencode([{
    name        = var.application
    image       = data.aws_ecs_container_definition.before.image
    environment = []
    essential   = true

    portMappings = [{
      containerPort = var.container_port
      hostPort      = var.container_port
      protocol      = "tcp"
    }]

    # Asked inside the container, which has Python and no curl; ECS wants a shell's command.
    healthCheck = {
      command = [
        "CMD-SHELL",
        "python -c \"import os, socket; s = socket.create_connection(('127.0.0.1', int(os.environ.get('PORT', '${var.container_port}'))), 3); s.sendall(b'GET ${var.health_check.path} HTTP/1.0\\r\\n\\r\\n'); raise SystemExit(s.makefile('rb').read().split()[1] != b'200')\"",
      ]
      interval    = 5
      timeout     = 4
      retries     = 3
      startPeriod = 10
    }

    logConfiguration = {
      logDriver = "awslogs"
      options = {
        awslogs-group         = module.tasks.log_group
        awslogs-region        = data.aws_region.current.name
        awslogs-stream-prefix = var.application
      }
    }
  }])

  lifecycle {
    # CodePipeline's CodeDeployToECS action owns the image: each release registers a revision with
    # another. Terraform owns revision 1 only, whatever the service before this one runs meanwhile.
    ignore_changes = [container_definitions]
  }
}

resource "aws_ecs_service" "this" {
  cluster       = var.cluster.arn
  desired_count = var.desired_count
  # Tasks that do not drain must not hold up a destroy; the flag must be in the state before it.
  force_delete                      = true
  health_check_grace_period_seconds = var.health_check_grace_s
  launch_type                       = "FARGATE"
  name                              = "${var.application}-${var.environment}"
  platform_version                  = "LATEST"
  propagate_tags                    = "SERVICE"
  tags                              = local.tags
  task_definition                   = aws_ecs_task_definition.this.arn
  # Such a service lists no deployments, by which the provider tells a steady state: the wait would
  # never end. Its task sets say how it stands (`stabilityStatus`).
  wait_for_steady_state = false

  # The controller cannot be changed later: a service that rolls stays one.
  deployment_controller {
    type = "CODE_DEPLOY"
  }

  load_balancer {
    container_name   = var.application
    container_port   = var.container_port
    target_group_arn = aws_lb_target_group.this["blue"].arn
  }

  network_configuration {
    # Without an address of its own, a task in a public subnet cannot pull its image.
    assign_public_ip = true
    security_groups  = [module.tasks.security_group_id]
    subnets          = var.network.subnet_ids
  }

  lifecycle {
    # CodeDeploy owns revision, target group, network and platform: each deployment's task set
    # brings its own, and ECS refuses anybody else's change of them. The count is whoever's scales
    # the service.
    ignore_changes = [desired_count, load_balancer, network_configuration, platform_version, task_definition]
  }

  # ECS refuses a target group that no balancer uses. (That what tasks run with is there before the
  # service, and goes after it, the outputs of the module `tasks` see to.)
  depends_on = [aws_lb_listener_rule.this]
}
