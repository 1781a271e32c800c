mock_provider "aws" {
  source          = "./mocks"
  override_during = plan
}

variables {
  name   = "ana-hello-server-image"
  prefix = "ana"
  step   = "1.1"

  image_repository = {
    arn = "arn:aws:ecr:us-west-2:123456789012:repository/ana-hello-server"
    url = "123456789012.dkr.ecr.us-west-2.amazonaws.com/ana-hello-server"
  }

  source_repository = {
    arn            = "arn:aws:codecommit:us-west-2:123456789012:ana-hello-server"
    branch         = "main"
    clone_url_http = "https://git-codecommit.us-west-2.amazonaws.com/v1/repos/ana-hello-server"
  }
}

run "a_named_repository_makes_a_project_that_is_started_directly" {
  command = plan

  assert {
    condition     = aws_codebuild_project.this.source[0].type == "CODECOMMIT" && aws_codebuild_project.this.source[0].location == var.source_repository.clone_url_http
    error_message = "The source is the repository."
  }

  assert {
    condition     = aws_codebuild_project.this.source_version == "refs/heads/main"
    error_message = "The branch is built."
  }

  assert {
    condition     = aws_codebuild_project.this.artifacts[0].type == "NO_ARTIFACTS"
    error_message = "Nothing is put out but the image."
  }
}

run "docker_works_in_the_build" {
  command = plan

  assert {
    condition     = aws_codebuild_project.this.environment[0].privileged_mode && aws_codebuild_project.this.environment[0].compute_type == "BUILD_GENERAL1_SMALL"
    error_message = "Docker needs privileged mode; the smallest machine is enough."
  }

  assert {
    condition = { for variable in aws_codebuild_project.this.environment[0].environment_variable : variable.name => variable.value } == {
      CONTAINER_NAME       = "hello-server"
      IMAGE_REPOSITORY_URL = "123456789012.dkr.ecr.us-west-2.amazonaws.com/ana-hello-server"
    }
    error_message = "The buildspec is told the repository and the container."
  }
}

run "everything_is_named_and_tagged" {
  command = plan

  assert {
    condition     = aws_codebuild_project.this.name == "ana-hello-server-image" && aws_iam_role.this.name == "ana-hello-server-image-build"
    error_message = "Project and role are named after the project."
  }

  assert {
    condition     = aws_cloudwatch_log_group.this.name == "/ecs-workshop/ana/build/ana-hello-server-image" && aws_cloudwatch_log_group.this.retention_in_days == 7
    error_message = "The log group is named from prefix and project, and kept 7 days."
  }

  assert {
    condition     = alltrue([for resource in [aws_cloudwatch_log_group.this, aws_codebuild_project.this, aws_iam_role.this] : resource.tags.step == "1.1"])
    error_message = "Each resource is tagged with the step that brings it."
  }
}

run "a_direct_build_may_pull_and_push_and_touch_no_bucket" {
  command = plan

  assert {
    condition = jsonencode({ for statement in data.aws_iam_policy_document.this.statement : statement.sid => sort(statement.actions) }) == jsonencode({
      LogInToRegistry = ["ecr:GetAuthorizationToken"]
      PullSource      = ["codecommit:GitPull"]
      PushImage = [
        "ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage", "ecr:CompleteLayerUpload",
        "ecr:GetDownloadUrlForLayer", "ecr:InitiateLayerUpload", "ecr:PutImage", "ecr:UploadLayerPart",
      ]
      WriteOwnLog = ["logs:CreateLogStream", "logs:PutLogEvents"]
    })
    error_message = "The role may do what a direct build does, and no more: it makes no log group."
  }

  assert {
    condition = jsonencode({ for statement in data.aws_iam_policy_document.this.statement : statement.sid => tolist(statement.resources) }) == jsonencode({
      LogInToRegistry = ["*"]
      PullSource      = ["arn:aws:codecommit:us-west-2:123456789012:ana-hello-server"]
      PushImage       = ["arn:aws:ecr:us-west-2:123456789012:repository/ana-hello-server"]
      WriteOwnLog     = ["arn:aws:logs:us-west-2:123456789012:log-group:mocked:*"]
    })
    error_message = "Only the login, which knows no resource, is allowed on `*`."
  }
}

run "a_bucket_makes_a_project_that_a_pipeline_starts" {
  command = plan

  variables {
    artifact_bucket_arn = "arn:aws:s3:::ana-artifacts"
    name                = "ana-hello-server"
    source_repository   = null
    step                = "1.3"
  }

  assert {
    condition     = aws_codebuild_project.this.source[0].type == "CODEPIPELINE" && aws_codebuild_project.this.artifacts[0].type == "CODEPIPELINE"
    error_message = "The pipeline hands the source over and takes the artifacts."
  }

  assert {
    condition     = toset([for statement in data.aws_iam_policy_document.this.statement : statement.sid]) == toset(["ExchangeArtifacts", "LogInToRegistry", "PushImage", "WriteOwnLog"])
    error_message = "The role may read and write artifacts, and not pull the repository."
  }

  assert {
    condition = [
      for statement in data.aws_iam_policy_document.this.statement : [sort(statement.actions), sort(statement.resources)]
      if statement.sid == "ExchangeArtifacts"
    ][0] == [tolist(["s3:GetObject", "s3:GetObjectVersion", "s3:PutObject"]), tolist(["arn:aws:s3:::ana-artifacts/*"])]
    error_message = "Objects are all that the build touches of the bucket."
  }
}

run "a_project_with_two_sources_is_rejected" {
  command = plan

  variables {
    artifact_bucket_arn = "arn:aws:s3:::ana-artifacts"
  }

  expect_failures = [var.artifact_bucket_arn]
}

run "a_project_with_no_source_is_rejected" {
  command = plan

  variables {
    source_repository = null
  }

  expect_failures = [var.artifact_bucket_arn]
}

run "a_name_without_the_prefix_is_rejected" {
  command = plan

  variables {
    name = "hello-server"
  }

  expect_failures = [var.name]
}
