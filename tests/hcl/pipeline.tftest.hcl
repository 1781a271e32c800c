mock_provider "aws" {
  source          = "./mocks"
  override_during = plan
}

variables {
  build_projects = {
    hello-server = { arn = "arn:aws:codebuild:us-west-2:123456789012:project/ana-hello-server", name = "ana-hello-server" }
  }
  name   = "ana-hello-server"
  prefix = "ana"

  services = {
    staging = {
      arn         = "arn:aws:ecs:us-west-2:123456789012:service/ana-staging/hello-server-staging"
      role_arns   = ["arn:aws:iam::123456789012:role/ana-execution", "arn:aws:iam::123456789012:role/ana-task"]
      task_family = "ana-hello-server-staging"
    }
  }

  source_repository = {
    arn    = "arn:aws:codecommit:us-west-2:123456789012:ana-hello-server"
    branch = "main"
    name   = "ana-hello-server"
  }

  stages = [
    {
      name = "Build"
      actions = [{
        name             = "Build"
        provider         = "CodeBuild"
        configuration    = { ProjectName = "ana-hello-server" }
        input_artifacts  = ["SourceArtifact"]
        output_artifacts = ["BuildArtifact"]
      }]
    },
    {
      name = "Deploy"
      actions = [{
        name            = "Deploy"
        provider        = "ECS"
        configuration   = { ClusterName = "ana-staging", ServiceName = "hello-server-staging" }
        input_artifacts = ["BuildArtifact"]
      }]
    },
  ]
}

run "stages_follow_source_in_their_order" {
  command = plan

  assert {
    condition     = join(" ", aws_codepipeline.this.stage[*].name) == "Source Build Deploy"
    error_message = "The module's Source comes first, then the stages given."
  }

  assert {
    condition     = [for stage in aws_codepipeline.this.stage : stage.action[0].category] == ["Source", "Build", "Deploy"]
    error_message = "The provider of an action decides its category."
  }

  assert {
    condition     = aws_codepipeline.this.pipeline_type == "V2" && aws_codepipeline.this.execution_mode == "SUPERSEDED"
    error_message = "The pipeline is V2; a newer execution overtakes one that waits."
  }

  assert {
    condition     = aws_codepipeline.this.stage[0].action[0].configuration.PollForSourceChanges == "false"
    error_message = "An event starts the pipeline; it does not poll."
  }
}

run "a_push_to_the_branch_starts_the_pipeline_for_its_commit" {
  command = plan

  assert {
    condition = jsondecode(aws_cloudwatch_event_rule.push.event_pattern) == {
      source      = ["aws.codecommit"]
      detail-type = ["CodeCommit Repository State Change"]
      resources   = ["arn:aws:codecommit:us-west-2:123456789012:ana-hello-server"]
      detail = {
        event         = ["referenceCreated", "referenceUpdated"]
        referenceName = ["main"]
        referenceType = ["branch"]
      }
    }
    error_message = "Only a commit on the branch main of this repository starts it; a deleted branch does not."
  }

  assert {
    condition = jsondecode(replace(aws_cloudwatch_event_target.pipeline.input_transformer[0].input_template, "<commit>", "\"4b825dc\"")) == {
      sourceRevisions = [{ actionName = "Source", revisionType = "COMMIT_ID", revisionValue = "4b825dc" }]
    }
    error_message = "The execution is pinned to the pushed commit."
  }

  assert {
    condition     = aws_cloudwatch_event_target.pipeline.input_transformer[0].input_paths == tomap({ commit = "$.detail.commitId" })
    error_message = "The commit comes from the event."
  }
}

run "everything_is_named_and_tagged" {
  command = plan

  assert {
    condition     = aws_s3_bucket.artifacts.bucket == "ana-artifacts-123456789012-us-west-2"
    error_message = "The bucket is named after prefix, account and region, since names of buckets are the world's."
  }

  assert {
    condition     = [aws_iam_role.events.name, aws_iam_role.pipeline.name, aws_cloudwatch_event_rule.push.name] == ["ana-hello-server-events", "ana-hello-server-pipeline", "ana-hello-server-push"]
    error_message = "Roles and rule are named after the pipeline."
  }

  assert {
    condition = alltrue([
      for resource in [
        aws_cloudwatch_event_rule.push, aws_codepipeline.this, aws_iam_role.events,
        aws_iam_role.pipeline, aws_s3_bucket.artifacts,
      ] : resource.tags.step == "1.3"
    ])
    error_message = "Each resource is tagged with step 1.3."
  }
}

run "artifacts_are_versioned_encrypted_private_and_do_not_stop_a_destroy" {
  command = plan

  assert {
    condition     = aws_s3_bucket.artifacts.force_destroy
    error_message = "A bucket that holds artifacts can be destroyed."
  }

  assert {
    condition     = aws_s3_bucket_versioning.artifacts.versioning_configuration[0].status == "Enabled"
    error_message = "Artifacts are versioned."
  }

  assert {
    condition     = one(one(aws_s3_bucket_server_side_encryption_configuration.artifacts.rule).apply_server_side_encryption_by_default).sse_algorithm == "AES256"
    error_message = "Artifacts are encrypted."
  }

  assert {
    condition = alltrue([
      aws_s3_bucket_public_access_block.artifacts.block_public_acls,
      aws_s3_bucket_public_access_block.artifacts.block_public_policy,
      aws_s3_bucket_public_access_block.artifacts.ignore_public_acls,
      aws_s3_bucket_public_access_block.artifacts.restrict_public_buckets,
    ])
    error_message = "Artifacts are private."
  }
}

run "the_pipeline_may_do_what_its_stages_do_and_no_more" {
  command = plan

  assert {
    condition = jsonencode({ for statement in data.aws_iam_policy_document.pipeline.statement : statement.sid => sort(statement.actions) }) == jsonencode({
      Build             = ["codebuild:BatchGetBuilds", "codebuild:StartBuild"]
      ExchangeArtifacts = ["s3:GetObject", "s3:GetObjectVersion", "s3:PutObject"]
      FetchSource = [
        "codecommit:CancelUploadArchive", "codecommit:GetBranch", "codecommit:GetCommit",
        "codecommit:GetUploadArchiveStatus", "codecommit:UploadArchive",
      ]
      PassTaskRoles    = ["iam:PassRole"]
      ReadVersioning   = ["s3:GetBucketVersioning"]
      RegisterRevision = ["ecs:DescribeTaskDefinition", "ecs:RegisterTaskDefinition"]
      TagRevision      = ["ecs:TagResource"]
      UpdateService    = ["ecs:DescribeServices", "ecs:UpdateService"]
    })
    error_message = "The role's actions are those of its stages."
  }

  assert {
    condition = jsonencode({ for statement in data.aws_iam_policy_document.pipeline.statement : statement.sid => sort(statement.resources) }) == jsonencode({
      Build             = ["arn:aws:codebuild:us-west-2:123456789012:project/ana-hello-server"]
      ExchangeArtifacts = ["arn:aws:s3:::mocked/*"]
      FetchSource       = ["arn:aws:codecommit:us-west-2:123456789012:ana-hello-server"]
      PassTaskRoles     = ["arn:aws:iam::123456789012:role/ana-execution", "arn:aws:iam::123456789012:role/ana-task"]
      ReadVersioning    = ["arn:aws:s3:::mocked"]
      RegisterRevision  = ["*"]
      TagRevision       = ["arn:aws:ecs:us-west-2:123456789012:task-definition/ana-hello-server-staging:*"]
      UpdateService     = ["arn:aws:ecs:us-west-2:123456789012:service/ana-staging/hello-server-staging"]
    })
    error_message = "Only revisions, which ECS knows no resource for, are allowed on `*`."
  }

  assert {
    condition = jsonencode({
      for statement in data.aws_iam_policy_document.pipeline.statement : statement.sid => one(statement.condition)
      if length(statement.condition) > 0
      }) == jsonencode({
      PassTaskRoles = { test = "StringEquals", variable = "iam:PassedToService", values = ["ecs-tasks.amazonaws.com"] }
      TagRevision   = { test = "StringEquals", variable = "ecs:CreateAction", values = ["RegisterTaskDefinition"] }
    })
    error_message = "Roles are passed to tasks only, and tags given to new revisions only."
  }
}

run "events_may_start_this_pipeline_and_no_more" {
  command = plan

  assert {
    condition     = one(data.aws_iam_policy_document.events.statement).actions == toset(["codepipeline:StartPipelineExecution"])
    error_message = "The rule's role starts pipelines."
  }

  assert {
    condition     = one(data.aws_iam_policy_document.events.statement).resources == toset(["arn:aws:codepipeline:us-west-2:123456789012:ana-hello-server"])
    error_message = "The rule's role starts this pipeline."
  }
}

run "executions_can_be_queued" {
  command = plan

  variables {
    execution_mode = "QUEUED"
  }

  assert {
    condition     = aws_codepipeline.this.execution_mode == "QUEUED"
    error_message = "The mode given is the pipeline's."
  }
}

run "production_takes_a_stage_of_approval_and_one_of_codedeploy" {
  command = plan

  variables {
    deployment_groups = {
      prod = {
        application_arn = "arn:aws:codedeploy:us-west-2:123456789012:application:ana-hello-server"
        arn             = "arn:aws:codedeploy:us-west-2:123456789012:deploymentgroup:ana-hello-server/ana-hello-server-prod"
        name            = "ana-hello-server-prod"
        role_arns       = ["arn:aws:iam::123456789012:role/ana-prod-execution", "arn:aws:iam::123456789012:role/ana-prod-task"]
        task_family     = "ana-hello-server-prod"
      }
    }

    stages = [
      {
        name = "Build"
        actions = [{
          name             = "Build"
          provider         = "CodeBuild"
          configuration    = { ProjectName = "ana-hello-server" }
          input_artifacts  = ["SourceArtifact"]
          output_artifacts = ["BuildArtifact"]
        }]
      },
      {
        name = "Approve"
        actions = [{
          name               = "Approve"
          provider           = "Manual"
          configuration      = { CustomData = "Look at staging." }
          timeout_in_minutes = 60
        }]
      },
      {
        name = "DeployProd"
        actions = [{
          name            = "DeployProd"
          provider        = "CodeDeployToECS"
          configuration   = { ApplicationName = "ana-hello-server", DeploymentGroupName = "ana-hello-server-prod" }
          input_artifacts = ["BuildArtifact"]
        }]
      },
    ]
  }

  assert {
    condition     = [for stage in aws_codepipeline.this.stage : stage.action[0].category] == ["Source", "Build", "Approval", "Deploy"]
    error_message = "A person's action is an approval, CodeDeploy's a deployment."
  }

  assert {
    condition = aws_codepipeline.this.stage[2].action[0].configuration == tomap({
      CustomData      = "Look at staging."
      NotificationArn = "arn:aws:sns:us-west-2:123456789012:ana-hello-server-approvals"
    }) && aws_codepipeline.this.stage[2].action[0].timeout_in_minutes == 60
    error_message = "A waiting approval is told to the pipeline's topic, and waits as long as it is given."
  }

  assert {
    condition     = aws_sns_topic.approvals[0].name == "ana-hello-server-approvals" && aws_sns_topic.approvals[0].tags.step == "2.3"
    error_message = "The topic is named after the pipeline, and tagged with the step that brings approvals."
  }

  assert {
    condition = jsonencode({
      for statement in data.aws_iam_policy_document.pipeline.statement : statement.sid => [sort(statement.actions), sort(statement.resources)]
      if !contains(["Build", "ExchangeArtifacts", "FetchSource", "ReadVersioning", "RegisterRevision", "UpdateService"], statement.sid)
      }) == jsonencode({
      AskForApproval = [["sns:Publish"], ["arn:aws:sns:us-west-2:123456789012:ana-hello-server-approvals"]]
      CreateDeployment = [
        ["codedeploy:CreateDeployment", "codedeploy:GetDeployment"],
        ["arn:aws:codedeploy:us-west-2:123456789012:deploymentgroup:ana-hello-server/ana-hello-server-prod"],
      ]
      PassTaskRoles = [["iam:PassRole"], [
        "arn:aws:iam::123456789012:role/ana-execution", "arn:aws:iam::123456789012:role/ana-prod-execution",
        "arn:aws:iam::123456789012:role/ana-prod-task", "arn:aws:iam::123456789012:role/ana-task",
      ]]
      ReadDeploymentConfiguration = [["codedeploy:GetDeploymentConfig"], ["arn:aws:codedeploy:us-west-2:123456789012:deploymentconfig:*"]]
      RegisterDeployedRevision = [
        ["codedeploy:GetApplication", "codedeploy:GetApplicationRevision", "codedeploy:RegisterApplicationRevision"],
        ["arn:aws:codedeploy:us-west-2:123456789012:application:ana-hello-server", "arn:aws:codedeploy:us-west-2:123456789012:application:ana-hello-server/*"],
      ]
      TagRevision = [["ecs:TagResource"], [
        "arn:aws:ecs:us-west-2:123456789012:task-definition/ana-hello-server-prod:*",
        "arn:aws:ecs:us-west-2:123456789012:task-definition/ana-hello-server-staging:*",
      ]]
    })
    error_message = "The role may deploy by this group, and ask at this topic."
  }

  assert {
    condition     = one([for statement in data.aws_iam_policy_document.pipeline.statement : statement.resources if statement.sid == "UpdateService"]) == toset(["arn:aws:ecs:us-west-2:123456789012:service/ana-staging/hello-server-staging"])
    error_message = "The service in production is CodeDeploy's to update."
  }
}

run "without_approval_there_is_no_topic" {
  command = plan

  assert {
    condition     = length(aws_sns_topic.approvals) == 0 && output.approval_topic == null
    error_message = "The topic comes with the first Manual action."
  }
}

run "unknown_execution_mode_is_rejected" {
  command = plan

  variables {
    execution_mode = "PARALLEL"
  }

  expect_failures = [var.execution_mode]
}

run "a_second_source_stage_is_rejected" {
  command = plan

  variables {
    stages = [{ name = "Source", actions = [] }]
  }

  expect_failures = [var.stages]
}

run "an_unknown_provider_is_rejected" {
  command = plan

  variables {
    stages = [{ name = "Build", actions = [{ name = "Build", provider = "Jenkins", configuration = {} }] }]
  }

  expect_failures = [var.stages]
}

run "an_artifact_that_nobody_puts_out_is_rejected" {
  command = plan

  variables {
    stages = [{
      name    = "Deploy"
      actions = [{ name = "Deploy", provider = "ECS", configuration = {}, input_artifacts = ["BuildArtifact"] }]
    }]
  }

  expect_failures = [var.stages]
}

run "a_pipeline_without_stages_is_rejected" {
  command = plan

  variables {
    stages = []
  }

  expect_failures = [var.stages]
}

run "a_deployment_by_an_unknown_group_is_rejected" {
  command = plan

  variables {
    stages = [{ name = "Extra", actions = [{ name = "DeployProd", provider = "CodeDeployToECS", configuration = { DeploymentGroupName = "ana-other" } }] }]
  }

  expect_failures = [var.stages]
}

run "an_approval_that_takes_artifacts_is_rejected" {
  command = plan

  variables {
    stages = [{ name = "Extra", actions = [{ name = "Approve", provider = "Manual", configuration = {}, input_artifacts = ["SourceArtifact"] }] }]
  }

  expect_failures = [var.stages]
}

run "an_approval_that_expires_in_four_minutes_is_rejected" {
  command = plan

  variables {
    stages = [{ name = "Extra", actions = [{ name = "Approve", provider = "Manual", configuration = {}, timeout_in_minutes = 4 }] }]
  }

  expect_failures = [var.stages]
}

run "a_timeout_of_a_build_is_rejected" {
  command = plan

  variables {
    stages = [{ name = "Extra", actions = [{ name = "Build", provider = "CodeBuild", configuration = {}, timeout_in_minutes = 60 }] }]
  }

  expect_failures = [var.stages]
}
