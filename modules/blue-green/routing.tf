# Nothing here may replace a group: CodeDeploy refers to it by name, AWS holds on to one that a rule
# or a service refers to, and names of at most 32 characters leave no room for a second one.
resource "aws_lb_target_group" "this" {
  for_each = local.slots

  deregistration_delay = var.deregistration_delay_s
  name                 = "${var.prefix}-${var.environment}-${each.key}"
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

  # Both groups, from the start: one that no rule refers to is `unused` and not health-checked, so
  # a broken green would pass. And a rule that refers to both goes before either of them does.
  action {
    type = "forward"

    forward {
      target_group {
        arn    = aws_lb_target_group.this["blue"].arn
        weight = 100
      }

      target_group {
        arn    = aws_lb_target_group.this["green"].arn
        weight = 0
      }
    }
  }

  condition {
    path_pattern {
      values = [var.path_pattern]
    }
  }

  lifecycle {
    # CodeDeploy owns the weights: after each deployment the other group serves.
    ignore_changes = [action]
  }
}
