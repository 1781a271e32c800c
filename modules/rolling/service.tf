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

  container_definitions = jsonencode([{
    name      = var.application
    image     = local.image
    essential = true

    portMappings = [{
      containerPort = var.container_port
      hostPort      = var.container_port
      protocol      = "tcp"
    }]

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
    # CodePipeline's ECS action owns the image: each release registers a revision with another.
    # Terraform owns revision 1 only.
    ignore_changes = [container_definitions]
  }
}

resource "aws_ecs_service" "this" {
  cluster                            = var.cluster.arn
  deployment_maximum_percent         = var.deployment.maximum_percent
  deployment_minimum_healthy_percent = var.deployment.minimum_healthy_percent
  desired_count                      = var.desired_count
  # Tasks that do not drain must not hold up a destroy; the flag must be in the state before it.
  force_delete                      = true
  health_check_grace_period_seconds = var.deployment.health_check_grace_s
  launch_type                       = "FARGATE"
  name                              = "${var.application}-${var.environment}"
  platform_version                  = "LATEST"
  propagate_tags                    = "SERVICE"
  tags                              = local.tags
  task_definition                   = aws_ecs_task_definition.this.arn

  deployment_circuit_breaker {
    enable   = true
    rollback = true
  }

  load_balancer {
    container_name   = var.application
    container_port   = var.container_port
    target_group_arn = aws_lb_target_group.this.arn
  }

  network_configuration {
    # Without an address of its own, a task in a public subnet cannot pull its image.
    assign_public_ip = true
    security_groups  = [module.tasks.security_group_id]
    subnets          = var.network.subnet_ids
  }

  lifecycle {
    # CodePipeline's ECS action owns the revision, and whoever scales the service the count.
    ignore_changes = [desired_count, task_definition]
  }

  # ECS refuses a target group that no balancer uses. (That what tasks run with is there before the
  # service, and goes after it, the outputs of the module `tasks` see to.)
  depends_on = [aws_lb_listener_rule.this]
}
