locals {
  family = "${var.prefix}-${var.application}-${var.environment}"
  tags   = { step = var.step }
}

resource "aws_cloudwatch_log_group" "this" {
  name              = "/ecs-workshop/${var.prefix}/${var.environment}"
  retention_in_days = var.log_retention_days
  tags              = local.tags
}
