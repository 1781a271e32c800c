# How traffic can move from slot to slot, beside AWS's own ways.
#
# A configuration cannot be changed, and not be deleted while a deployment group uses it: another
# one comes first, under a name that says its figures, the group goes over, and the old one goes.
# (They take no tags.)

resource "aws_codedeploy_deployment_config" "canary" {
  count = var.canary == null ? 0 : 1

  compute_platform       = "ECS"
  deployment_config_name = "${var.prefix}-canary-${var.canary.percent}-percent-${var.canary.interval_min}-minutes"

  traffic_routing_config {
    type = "TimeBasedCanary"

    time_based_canary {
      interval   = var.canary.interval_min
      percentage = var.canary.percent
    }
  }

  lifecycle {
    create_before_destroy = true
  }
}

resource "aws_codedeploy_deployment_config" "linear" {
  count = var.linear == null ? 0 : 1

  compute_platform       = "ECS"
  deployment_config_name = "${var.prefix}-linear-${var.linear.percent}-percent-every-${var.linear.interval_min}-minutes"

  traffic_routing_config {
    type = "TimeBasedLinear"

    time_based_linear {
      interval   = var.linear.interval_min
      percentage = var.linear.percent
    }
  }

  lifecycle {
    create_before_destroy = true
  }
}
