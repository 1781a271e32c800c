locals {
  # Started by the pipeline, which hands the source over, unless a repository is named.
  direct = var.source_repository != null
  tags   = { step = var.step }
}

resource "aws_codebuild_project" "this" {
  build_timeout = 15
  description   = "Tests, builds and pushes the image of ${var.container_name}"
  name          = var.name
  service_role  = aws_iam_role.this.arn
  tags          = local.tags

  artifacts {
    type = local.direct ? "NO_ARTIFACTS" : "CODEPIPELINE"
  }

  environment {
    compute_type = "BUILD_GENERAL1_SMALL"
    image        = "aws/codebuild/amazonlinux-x86_64-standard:5.0"
    type         = "LINUX_CONTAINER"

    # `docker build` needs the Docker daemon inside the build's container.
    privileged_mode = true

    dynamic "environment_variable" {
      for_each = {
        CONTAINER_NAME       = var.container_name
        IMAGE_REPOSITORY_URL = var.image_repository.url
      }

      content {
        name  = environment_variable.key
        value = environment_variable.value
      }
    }
  }

  logs_config {
    cloudwatch_logs {
      group_name = aws_cloudwatch_log_group.this.name
    }
  }

  source {
    type            = local.direct ? "CODECOMMIT" : "CODEPIPELINE"
    git_clone_depth = local.direct ? 1 : null
    location        = local.direct ? var.source_repository.clone_url_http : null
  }

  source_version = local.direct ? "refs/heads/${var.source_repository.branch}" : null
}

# Made here, not by the first build, so that it has a retention and goes with the project; the
# role may write to it, and may not create another.
resource "aws_cloudwatch_log_group" "this" {
  name              = "/ecs-workshop/${var.prefix}/build/${var.name}"
  retention_in_days = var.log_retention_days
  tags              = local.tags
}
