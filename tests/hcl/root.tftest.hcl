mock_provider "aws" {
  source          = "./mocks"
  override_during = plan
}

# Two listeners of one balancer, which the mocks would give one name.
override_resource {
  target          = module.canary[0].aws_lb_listener.test
  override_during = plan
  values          = { arn = "arn:aws:elasticloadbalancing:us-west-2:123456789012:listener/app/mocked/50dc6c495c0c9188/0467ef3c8400ae65" }
}

variables {
  prefix = "ana"
  region = "us-west-2"
  step   = "1.4"
}

run "step_0_brings_the_foundation_alone" {
  command = plan

  variables {
    step = "0"
  }

  assert {
    condition     = [for module in [module.foundation, module.repositories, module.first_build, module.rolling, module.build, module.pipeline, module.blue_green, module.canary] : length(module)] == [1, 0, 0, 0, 0, 0, 0, 0]
    error_message = "Only the foundation stands."
  }

  assert {
    condition     = output.clusters == { prod = "ana-prod", staging = "ana-staging" } && output.load_balancers["staging"].port == 80
    error_message = "Both environments have a cluster and a load balancer."
  }

  assert {
    condition     = output.approval == null && output.artifact_bucket == null && output.build == null && output.canary == null && output.codedeploy == null && output.first_build == null && output.image_repository == null && output.pipeline == null && output.production == null && output.services == null && output.source_repository == null
    error_message = "Outputs of later steps are null."
  }
}

run "step_1_1_brings_the_repositories_and_the_first_build" {
  command = plan

  variables {
    step = "1.1"
  }

  assert {
    condition     = [for module in [module.foundation, module.repositories, module.first_build, module.rolling, module.build, module.pipeline, module.blue_green, module.canary] : length(module)] == [1, 1, 1, 0, 0, 0, 0, 0]
    error_message = "Repositories and the first build stand on the foundation."
  }

  assert {
    condition     = output.first_build == { log_group = "/ecs-workshop/ana/build/ana-hello-server-image", project = "ana-hello-server-image" }
    error_message = "The first build's project has a name of its own."
  }

  assert {
    condition     = output.source_repository.name == "ana-hello-server" && output.source_repository.branch == "main" && output.services == null
    error_message = "The source repository is there, and no service."
  }
}

run "step_1_2_brings_the_service" {
  command = plan

  variables {
    step = "1.2"
  }

  assert {
    condition     = [for module in [module.foundation, module.repositories, module.first_build, module.rolling, module.build, module.pipeline, module.blue_green, module.canary] : length(module)] == [1, 1, 1, 1, 0, 0, 0, 0]
    error_message = "The service stands beside the repositories."
  }

  assert {
    condition     = keys(output.services) == ["staging"] && output.services.staging.cluster == "ana-staging" && output.services.staging.name == "hello-server-staging" && output.services.staging.desired_count == 2 && keys(output.services.staging.target_groups) == ["staging"]
    error_message = "The service is staging's."
  }
}

run "step_1_3_brings_the_pipeline" {
  command = plan

  variables {
    step = "1.3"
  }

  assert {
    condition     = [for module in [module.foundation, module.repositories, module.first_build, module.rolling, module.build, module.pipeline, module.blue_green, module.canary] : length(module)] == [1, 1, 1, 1, 1, 1, 0, 0]
    error_message = "The pipeline and its build project stand beside the service."
  }

  assert {
    condition     = output.pipeline.name == "ana-hello-server" && output.build.project == "ana-hello-server" && output.artifact_bucket == "ana-artifacts-123456789012-us-west-2"
    error_message = "Pipeline, project and bucket are named from the prefix."
  }

  assert {
    condition     = local.pipeline_stages[*].name == ["Build", "Deploy"] && local.pipeline_stages[1].actions[0].configuration.DeploymentTimeout == "10"
    error_message = "The pipeline builds and deploys; a deployment that hangs fails after ten minutes."
  }
}

run "step_1_4_is_a_release_and_brings_nothing" {
  command = plan

  assert {
    condition     = [for module in [module.foundation, module.repositories, module.first_build, module.rolling, module.build, module.pipeline, module.blue_green, module.canary] : length(module)] == [1, 1, 1, 1, 1, 1, 0, 0]
    error_message = "What stands at 1.3 stands at 1.4."
  }

  assert {
    condition     = output.step == "1.4" && output.production == null && output.prefix == "ana" && output.region == "us-west-2"
    error_message = "The step is told by an output, never by a tag."
  }
}

run "step_2_1_brings_production" {
  command = plan

  variables {
    step = "2.1"
  }

  assert {
    condition     = [for module in [module.foundation, module.repositories, module.first_build, module.rolling, module.build, module.pipeline, module.blue_green, module.canary] : length(module)] == [1, 1, 1, 1, 1, 1, 1, 0]
    error_message = "Production stands beside all of lab 1."
  }

  assert {
    condition     = keys(output.services) == ["prod", "staging"] && output.services.prod.cluster == "ana-prod" && output.services.prod.name == "hello-server-prod" && output.services.prod.task_family == "ana-hello-server-prod" && output.services.prod.desired_count == 3
    error_message = "The second service is production's."
  }

  assert {
    condition     = keys(output.services.prod.target_groups) == ["blue", "green"] && keys(output.production) == ["listener_arn", "rule_arn"]
    error_message = "Production has two slots, and a rule that switches between them."
  }

  assert {
    condition     = output.codedeploy == null && output.approval == null && local.pipeline_stages[*].name == ["Build", "Deploy"]
    error_message = "Nothing deploys to production yet."
  }
}

run "step_2_2_brings_codedeploy" {
  command = plan

  variables {
    step = "2.2"
  }

  assert {
    condition     = output.codedeploy == { application = "ana-hello-server", deployment_group = "ana-hello-server-prod" }
    error_message = "Application and deployment group are named from the prefix."
  }

  assert {
    condition     = output.approval == null && local.pipeline_stages[*].name == ["Build", "Deploy"]
    error_message = "The pipeline does not deploy to production yet."
  }
}

run "step_2_3_brings_approval_and_the_deployment_to_production" {
  command = plan

  variables {
    step = "2.3"
  }

  assert {
    condition     = local.pipeline_stages[*].name == ["Build", "Deploy", "Approve", "DeployProd"]
    error_message = "The two stages come after those of lab 1."
  }

  assert {
    condition     = local.pipeline_stages[2].actions[0].provider == "Manual" && startswith(local.pipeline_stages[2].actions[0].configuration.ExternalEntityLink, "http://")
    error_message = "A person approves, and is told where to look."
  }

  assert {
    condition = local.pipeline_stages[3].actions[0].configuration == {
      AppSpecTemplateArtifact        = "BuildArtifact"
      AppSpecTemplatePath            = "appspec.yaml"
      ApplicationName                = "ana-hello-server"
      DeploymentGroupName            = "ana-hello-server-prod"
      Image1ArtifactName             = "BuildArtifact"
      Image1ContainerName            = "IMAGE1_NAME"
      TaskDefinitionTemplateArtifact = "BuildArtifact"
      TaskDefinitionTemplatePath     = "taskdef.json"
    }
    error_message = "The build's artifact holds all that the deployment is made of."
  }

  assert {
    condition     = output.approval == { action = "Approve", stage = "Approve", topic_arn = "arn:aws:sns:us-west-2:123456789012:mocked" }
    error_message = "The approval can be found, and heard of."
  }
}

run "step_2_4_is_a_release_and_brings_nothing" {
  command = plan

  variables {
    step = "2.4"
  }

  assert {
    condition     = output.step == "2.4" && local.pipeline_stages[*].name == ["Build", "Deploy", "Approve", "DeployProd"] && output.codedeploy.application == "ana-hello-server"
    error_message = "What stands at 2.3 stands at 2.4."
  }

  assert {
    condition     = output.canary == null && local.production_strategy == { alarms = [], configuration = "CodeDeployDefault.ECSAllAtOnce", ready_wait_min = 0, test_listener = null }
    error_message = "All traffic moves at once, and nobody is waited for."
  }
}

run "step_3_1_brings_the_test_listener" {
  command = plan

  variables {
    step = "3.1"
  }

  assert {
    condition     = [for module in [module.foundation, module.repositories, module.first_build, module.rolling, module.build, module.pipeline, module.blue_green, module.canary] : length(module)] == [1, 1, 1, 1, 1, 1, 1, 1]
    error_message = "The test port stands beside all of lab 2."
  }

  assert {
    condition     = output.canary.alarms == {} && output.canary.configurations == {} && output.canary.test_listener.port == 9001 && keys(output.canary.test_listener) == ["listener_arn", "port", "rule_arn"]
    error_message = "There is a test listener, and neither a configuration nor an alarm."
  }

  assert {
    condition     = local.production_strategy.ready_wait_min == 30 && local.production_strategy.test_listener.listener_arn == output.canary.test_listener.listener_arn
    error_message = "A deployment shows itself at the test listener, and waits there for a person."
  }

  assert {
    condition     = local.production_strategy.configuration == "CodeDeployDefault.ECSAllAtOnce" && length(local.production_strategy.alarms) == 0
    error_message = "All traffic moves at once, and no alarm is asked."
  }
}

run "step_3_2_is_a_release_and_brings_nothing" {
  command = plan

  variables {
    step = "3.2"
  }

  assert {
    condition     = output.step == "3.2" && output.canary.configurations == {} && output.canary.alarms == {} && local.production_strategy.ready_wait_min == 30
    error_message = "What stands at 3.1 stands at 3.2."
  }
}

run "step_3_3_brings_the_canary" {
  command = plan

  variables {
    step = "3.3"
  }

  assert {
    condition     = output.canary.configurations == { canary = "ana-canary-20-percent-2-minutes" } && output.canary.alarms == {}
    error_message = "A canary configuration of our own is there to be asked for."
  }

  assert {
    condition     = local.production_strategy.configuration == "CodeDeployDefault.ECSCanary10Percent5Minutes" && local.production_strategy.ready_wait_min == 0 && local.production_strategy.test_listener != null
    error_message = "AWS's canary is what the group goes by; nobody is waited for, and the test listener stays."
  }
}

run "step_3_4_brings_linear_shifts_and_alarms" {
  command = plan

  variables {
    step = "3.4"
  }

  assert {
    condition     = output.canary.configurations == { canary = "ana-canary-20-percent-2-minutes", linear = "ana-linear-20-percent-every-2-minutes" } && output.canary.alarms == { blue = "ana-prod-blue-5xx", green = "ana-prod-green-5xx" }
    error_message = "Both configurations and an alarm a slot stand."
  }

  assert {
    condition     = local.production_strategy.configuration == "ana-linear-20-percent-every-2-minutes" && local.production_strategy.ready_wait_min == 0 && local.production_strategy.test_listener != null
    error_message = "The group shifts in equal steps; nobody is waited for, and the test listener stays."
  }

  assert {
    condition     = toset(local.production_strategy.alarms) == toset(["ana-prod-blue-5xx", "ana-prod-green-5xx"])
    error_message = "The new version is in either slot, so both alarms are watched."
  }
}

run "a_step_that_is_not_of_the_ladder_is_rejected" {
  command = plan

  variables {
    step = "1.5"
  }

  expect_failures = [var.step]
}

run "a_prefix_with_two_hyphens_is_rejected" {
  command = plan

  variables {
    prefix = "an--a"
  }

  expect_failures = [var.prefix]
}

run "a_prefix_of_21_characters_is_rejected" {
  command = plan

  variables {
    prefix = "abcdefghijklmnopqrstu"
  }

  expect_failures = [var.prefix]
}
