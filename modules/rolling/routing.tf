resource "aws_lb_target_group" "this" {
  deregistration_delay = var.deregistration_delay_s
  name                 = "${var.prefix}-${var.environment}"
  port                 = var.container_port
  protocol             = "HTTP"
  tags                 = local.tags
  target_type          = "ip"
  vpc_id               = var.network.vpc_id

  health_check {
    healthy_threshold   = var.health_check.healthy_threshold
    interval            = var.health_check.interval_s
    matcher             = "200"
    path                = var.health_check.path
    protocol            = "HTTP"
    timeout             = var.health_check.timeout_s
    unhealthy_threshold = var.health_check.unhealthy_threshold
  }
}

resource "aws_lb_listener_rule" "this" {
  listener_arn = var.load_balancer.listener_arn
  priority     = 100
  tags         = local.tags

  action {
    type             = "forward"
    target_group_arn = aws_lb_target_group.this.arn
  }

  condition {
    path_pattern {
      values = [var.path_pattern]
    }
  }
}
