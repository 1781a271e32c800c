data "aws_iam_policy_document" "trust" {
  statement {
    actions = ["sts:AssumeRole"]

    principals {
      type        = "Service"
      identifiers = ["ecs-tasks.amazonaws.com"]
    }
  }
}

# What ECS does before and beside the application: pull its image, write its log.
data "aws_iam_policy_document" "execution" {
  statement {
    sid       = "LogInToRegistry"
    actions   = ["ecr:GetAuthorizationToken"]
    resources = ["*"]
  }

  statement {
    sid = "PullImage"
    actions = [
      "ecr:BatchCheckLayerAvailability",
      "ecr:BatchGetImage",
      "ecr:GetDownloadUrlForLayer",
    ]
    resources = [var.image_repository.arn]
  }

  statement {
    sid       = "WriteOwnLog"
    actions   = ["logs:CreateLogStream", "logs:PutLogEvents"]
    resources = ["${aws_cloudwatch_log_group.this.arn}:*"]
  }
}

resource "aws_iam_role" "execution" {
  assume_role_policy = data.aws_iam_policy_document.trust.json
  description        = "Starts the tasks of ${local.family}"
  name               = "${local.family}-execution"
  tags               = local.tags
}

resource "aws_iam_role_policy" "execution" {
  name   = "execution"
  policy = data.aws_iam_policy_document.execution.json
  role   = aws_iam_role.execution.name
}

# The application calls nothing of AWS: its role has no policy.
resource "aws_iam_role" "task" {
  assume_role_policy = data.aws_iam_policy_document.trust.json
  description        = "The application in the tasks of ${local.family}"
  name               = "${local.family}-task"
  tags               = local.tags
}
