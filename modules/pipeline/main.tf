locals {
  artifact_bucket = "${var.prefix}-artifacts-${data.aws_caller_identity.current.account_id}-${data.aws_region.current.name}"
  source_action   = "Source"
  tags            = { step = var.step }

  # What a stage may hold, by the provider that carries it out.
  categories = {
    CodeBuild       = "Build"
    CodeDeployToECS = "Deploy"
    ECS             = "Deploy"
    Manual          = "Approval"
  }
}

data "aws_caller_identity" "current" {}

data "aws_region" "current" {}

resource "aws_codepipeline" "this" {
  execution_mode = var.execution_mode
  name           = var.name
  pipeline_type  = "V2"
  role_arn       = aws_iam_role.pipeline.arn
  tags           = local.tags

  artifact_store {
    location = aws_s3_bucket.artifacts.bucket
    type     = "S3"
  }

  stage {
    name = "Source"

    action {
      category         = "Source"
      name             = local.source_action
      output_artifacts = [var.source_repository.artifact]
      owner            = "AWS"
      provider         = "CodeCommit"
      version          = "1"

      configuration = {
        BranchName     = var.source_repository.branch
        RepositoryName = var.source_repository.name
        # Pushes start the pipeline by an event (trigger.tf), at once and with their commit.
        PollForSourceChanges = "false"
      }
    }
  }

  dynamic "stage" {
    for_each = var.stages

    content {
      name = stage.value.name

      dynamic "action" {
        for_each = stage.value.actions

        content {
          category           = local.categories[action.value.provider]
          configuration      = action.value.provider == "Manual" ? merge(action.value.configuration, { NotificationArn = local._approvals_arn }) : action.value.configuration
          input_artifacts    = action.value.input_artifacts
          name               = action.value.name
          namespace          = action.value.namespace
          output_artifacts   = action.value.output_artifacts
          owner              = "AWS"
          provider           = action.value.provider
          run_order          = action.value.run_order
          timeout_in_minutes = action.value.timeout_in_minutes
          version            = "1"
        }
      }
    }
  }

  # A pipeline starts once when it is created: by then it must be allowed to do its work, and its
  # bucket must be as it is to stay.
  depends_on = [
    aws_iam_role_policy.pipeline,
    aws_s3_bucket_public_access_block.artifacts,
    aws_s3_bucket_server_side_encryption_configuration.artifacts,
    aws_s3_bucket_versioning.artifacts,
    aws_sns_topic.approvals,
  ]
}
