data "aws_iam_policy_document" "trust" {
  for_each = toset(["codepipeline", "events"])

  statement {
    actions = ["sts:AssumeRole"]

    principals {
      type        = "Service"
      identifiers = ["${each.key}.amazonaws.com"]
    }
  }
}

data "aws_iam_policy_document" "pipeline" {
  statement {
    sid       = "ExchangeArtifacts"
    actions   = ["s3:GetObject", "s3:GetObjectVersion", "s3:PutObject"]
    resources = ["${aws_s3_bucket.artifacts.arn}/*"]
  }

  statement {
    sid       = "ReadVersioning"
    actions   = ["s3:GetBucketVersioning"]
    resources = [aws_s3_bucket.artifacts.arn]
  }

  statement {
    sid = "FetchSource"
    actions = [
      "codecommit:CancelUploadArchive",
      "codecommit:GetBranch",
      "codecommit:GetCommit",
      "codecommit:GetUploadArchiveStatus",
      "codecommit:UploadArchive",
    ]
    resources = [var.source_repository.arn]
  }

  statement {
    sid       = "Build"
    actions   = ["codebuild:BatchGetBuilds", "codebuild:StartBuild"]
    resources = [for project in var.build_projects : project.arn]
  }

  statement {
    sid       = "UpdateService"
    actions   = ["ecs:DescribeServices", "ecs:UpdateService"]
    resources = [for service in var.services : service.arn]
  }

  # ECS knows no resource for these two.
  statement {
    sid       = "RegisterRevision"
    actions   = ["ecs:DescribeTaskDefinition", "ecs:RegisterTaskDefinition"]
    resources = ["*"]
  }

  statement {
    sid       = "TagRevision"
    actions   = ["ecs:TagResource"]
    resources = [for family in local._families : "${local._task_definitions}/${family}:*"]

    condition {
      test     = "StringEquals"
      variable = "ecs:CreateAction"
      values   = ["RegisterTaskDefinition"]
    }
  }

  statement {
    sid       = "PassTaskRoles"
    actions   = ["iam:PassRole"]
    resources = local._task_roles

    condition {
      test     = "StringEquals"
      variable = "iam:PassedToService"
      values   = ["ecs-tasks.amazonaws.com"]
    }
  }

  dynamic "statement" {
    for_each = length(var.deployment_groups) > 0 ? [values(var.deployment_groups)] : []

    content {
      sid       = "CreateDeployment"
      actions   = ["codedeploy:CreateDeployment", "codedeploy:GetDeployment"]
      resources = statement.value[*].arn
    }
  }

  dynamic "statement" {
    for_each = length(var.deployment_groups) > 0 ? [values(var.deployment_groups)] : []

    content {
      sid = "RegisterDeployedRevision"
      actions = [
        "codedeploy:GetApplication",
        "codedeploy:GetApplicationRevision",
        "codedeploy:RegisterApplicationRevision",
      ]
      # The second is as AWS's own example for this action has it.
      resources = flatten([for group in statement.value : [group.application_arn, "${group.application_arn}/*"]])
    }
  }

  # Which configuration a group uses is its own affair, and may change.
  dynamic "statement" {
    for_each = length(var.deployment_groups) > 0 ? ["${local._deployment_configs}:*"] : []

    content {
      sid       = "ReadDeploymentConfiguration"
      actions   = ["codedeploy:GetDeploymentConfig"]
      resources = [statement.value]
    }
  }

  dynamic "statement" {
    for_each = local._approvals == 1 ? [local._approvals_arn] : []

    content {
      sid       = "AskForApproval"
      actions   = ["sns:Publish"]
      resources = [statement.value]
    }
  }
}

data "aws_partition" "current" {}

# ARNs put together from names, so that a plan tells them before there is what they name, and shows
# no policy as unknown because its pipeline is about to change.
locals {
  _owner              = "${data.aws_region.current.name}:${data.aws_caller_identity.current.account_id}"
  _pipeline_arn       = "arn:${data.aws_partition.current.partition}:codepipeline:${local._owner}:${var.name}"
  _task_definitions   = "arn:${data.aws_partition.current.partition}:ecs:${local._owner}:task-definition"
  _deployment_configs = "arn:${data.aws_partition.current.partition}:codedeploy:${local._owner}:deploymentconfig"

  # Both ways to deploy register revisions.
  _families   = concat(values(var.services)[*].task_family, values(var.deployment_groups)[*].task_family)
  _task_roles = flatten([values(var.services)[*].role_arns, values(var.deployment_groups)[*].role_arns])
}

resource "aws_iam_role" "pipeline" {
  assume_role_policy = data.aws_iam_policy_document.trust["codepipeline"].json
  description        = "CodePipeline ${var.name}"
  name               = "${var.name}-pipeline"
  tags               = local.tags
}

resource "aws_iam_role_policy" "pipeline" {
  name   = "pipeline"
  policy = data.aws_iam_policy_document.pipeline.json
  role   = aws_iam_role.pipeline.name
}

data "aws_iam_policy_document" "events" {
  statement {
    sid       = "StartPipeline"
    actions   = ["codepipeline:StartPipelineExecution"]
    resources = [local._pipeline_arn]
  }
}

resource "aws_iam_role" "events" {
  assume_role_policy = data.aws_iam_policy_document.trust["events"].json
  description        = "Pushes that start ${var.name}"
  name               = "${var.name}-events"
  tags               = local.tags
}

resource "aws_iam_role_policy" "events" {
  name   = "events"
  policy = data.aws_iam_policy_document.events.json
  role   = aws_iam_role.events.name
}
