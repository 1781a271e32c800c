# Where a new version is shown before production's callers meet it: on the balancer in front of
# production, under a port of its own.
#
# A deployment group names the listener. Going down the ladder, the listener goes first and the group
# is changed then, which is fine at rest. `create_before_destroy` would turn that round, but the load
# balancer would inherit it, and one that was left half-made could not be replaced under its name.

resource "aws_lb_listener" "test" {
  load_balancer_arn = var.load_balancer.arn
  port              = var.test_port
  protocol          = "HTTP"
  tags              = local.tags

  default_action {
    type = "fixed-response"

    fixed_response {
      content_type = "text/plain"
      message_body = "No service answers here."
      status_code  = "404"
    }
  }
}

resource "aws_lb_listener_rule" "test" {
  listener_arn = aws_lb_listener.test.arn
  priority     = 100
  tags         = local.tags

  # As production's rule is now, whichever slot serves: CodeDeploy refuses a deployment unless both
  # rules point at the tasks that it is to replace.
  action {
    type = "forward"

    forward {
      dynamic "target_group" {
        for_each = var.target_groups

        content {
          arn    = target_group.value.arn
          weight = lookup(local._production_weights, target_group.value.arn, 0)
        }
      }
    }
  }

  condition {
    path_pattern {
      values = [var.path_pattern]
    }
  }

  lifecycle {
    # CodeDeploy owns the weights: each deployment sends the test port to the tasks that it tries.
    ignore_changes = [action]
  }
}

resource "aws_vpc_security_group_ingress_rule" "test" {
  for_each = var.allowed_cidrs

  cidr_ipv4         = each.value
  description       = "HTTP to the test port from those who may call"
  from_port         = var.test_port
  ip_protocol       = "tcp"
  security_group_id = var.load_balancer.security_group_id
  tags              = local.tags
  to_port           = var.test_port
}
