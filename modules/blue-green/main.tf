locals {
  tags = { step = var.step }

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

# What its tasks run with.
module "tasks" {
  source = "../tasks"

  application        = var.application
  container_port     = var.container_port
  environment        = var.environment
  image_repository   = var.image_repository
  load_balancer      = var.load_balancer
  log_retention_days = var.log_retention_days
  network            = var.network
  prefix             = var.prefix
  step               = var.step
}
