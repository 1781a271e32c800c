locals {
  tags = { step = var.step }

  # A tag is a commit; of several on one image, any will do. Without an image the check below
  # stops an apply, and nothing may stop a destroy.
  image = "${var.image_repository.url}:${try(sort(data.aws_ecr_repository.pushed.most_recent_image_tags)[0], "none")}"
}

data "aws_region" "current" {}

# The first revision runs what the first build pushed; later ones are the pipeline's.
data "aws_ecr_repository" "pushed" {
  name = var.image_repository.name

  lifecycle {
    postcondition {
      condition     = length(coalesce(self.most_recent_image_tags, [])) > 0
      error_message = "The image repository `${self.name}` holds no image, so no service can run. Run step 1.1's build first: `workshop lab 1 --to 1.1`."
    }
  }
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
