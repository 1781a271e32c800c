locals {
  family = "${var.prefix}-${var.application}-${var.environment}"
  tags   = { step = var.step }

  # The two target groups. At any time one serves and the other is empty, or being filled.
  slots = toset(["blue", "green"])
}

data "aws_region" "current" {}

# The first revision runs what the service before this one runs now; later revisions are the
# pipeline's. The name is taken from the ARN, which is not known before that service is made, so
# that nobody asks for a service that is not there yet.
data "aws_ecs_service" "before" {
  cluster_arn  = var.first_version.cluster_arn
  service_name = basename(var.first_version.service_arn)
}

data "aws_ecs_container_definition" "before" {
  container_name  = var.first_version.container
  task_definition = data.aws_ecs_service.before.task_definition
}

resource "aws_cloudwatch_log_group" "this" {
  name              = "/ecs-workshop/${var.prefix}/${var.environment}"
  retention_in_days = var.log_retention_days
  tags              = local.tags
}
