resource "aws_ecs_task_definition" "this" {
  cpu                      = var.task.cpu
  execution_role_arn       = aws_iam_role.execution.arn
  family                   = local.family
  memory                   = var.task.memory
  network_mode             = "awsvpc"
  requires_compatibilities = ["FARGATE"]
  skip_destroy             = false
  tags                     = local.tags
  task_role_arn            = aws_iam_role.task.arn

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
        awslogs-group         = aws_cloudwatch_log_group.this.name
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
    security_groups  = [aws_security_group.task.id]
    subnets          = var.network.subnet_ids
  }

  lifecycle {
    # CodePipeline's ECS action owns the revision, and whoever scales the service the count.
    ignore_changes = [desired_count, task_definition]
  }

  # ECS refuses a target group that no balancer uses; and on the way down the service must be
  # gone before its roles and its way out are, or its tasks hang in DRAINING.
  depends_on = [
    aws_iam_role_policy.execution,
    aws_lb_listener_rule.this,
    aws_vpc_security_group_egress_rule.task,
    aws_vpc_security_group_ingress_rule.task,
  ]
}

resource "aws_security_group" "task" {
  description = "Tasks of ${local.family}"
  name        = "${local.family}-task"
  tags        = local.tags
  vpc_id      = var.network.vpc_id
}

resource "aws_vpc_security_group_ingress_rule" "task" {
  description                  = "HTTP from the load balancer only"
  from_port                    = var.container_port
  ip_protocol                  = "tcp"
  referenced_security_group_id = var.load_balancer.security_group_id
  security_group_id            = aws_security_group.task.id
  tags                         = local.tags
  to_port                      = var.container_port
}

resource "aws_vpc_security_group_egress_rule" "task" {
  cidr_ipv4         = "0.0.0.0/0"
  description       = "HTTPS to ECR, S3 and CloudWatch Logs, whose addresses are not fixed"
  from_port         = 443
  ip_protocol       = "tcp"
  security_group_id = aws_security_group.task.id
  tags              = local.tags
  to_port           = 443
}
