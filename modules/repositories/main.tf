locals {
  name = "${var.prefix}-${var.application}"
  tags = { step = var.step }
}

resource "aws_codecommit_repository" "this" {
  description     = "Source of ${var.application}, of participant ${var.prefix}"
  repository_name = local.name
  tags            = local.tags
}

resource "aws_ecr_repository" "this" {
  # The flag must be in the state before the destroy that needs it.
  force_delete = true
  name         = local.name
  tags         = local.tags

  image_scanning_configuration {
    scan_on_push = true
  }
}

resource "aws_ecr_lifecycle_policy" "this" {
  repository = aws_ecr_repository.this.name

  policy = jsonencode({
    rules = [{
      rulePriority = 1
      description  = "Keep the last ${var.kept_images} images"
      selection = {
        tagStatus   = "any"
        countType   = "imageCountMoreThan"
        countNumber = var.kept_images
      }
      action = { type = "expire" }
    }]
  })
}
