# The ladder: which steps there are, what each brings, and what is there at the step asked for.
# Going on is an apply with a later step, going back an apply with an earlier one.
locals {
  # In order. A step that brings nothing here is done by a release.
  steps = ["0", "1.1", "1.2", "1.3", "1.4", "2.1", "2.2", "2.3", "2.4", "3.1", "3.2", "3.3", "3.4"]

  # The step that brings each module, or a later part of one; it is also the tag on its resources.
  brought_by = {
    foundation   = "0"
    repositories = "1.1"
    first_build  = "1.1"
    rolling      = "1.2"
    build        = "1.3"
    pipeline     = "1.3"
    blue_green   = "2.1"
    codedeploy   = "2.2"
    approval     = "2.3"
    canary       = "3.1"
    canary_shift = "3.3"
    linear_shift = "3.4"
    alarms       = "3.4"
  }

  # Module to the count of it at the step asked for. (A step that is no label of the ladder is
  # refused by its validation, not here.)
  at_step = {
    for name, step in local.brought_by : name =>
    try(index(local.steps, var.step) >= index(local.steps, step), false) ? 1 : 0
  }
}

locals {
  name = "${var.prefix}-hello-server"

  # One list, to which lab 2 adds its stages, so that the pipeline is changed in place. (Names are
  # null at steps that have no pipeline either.)
  pipeline_stages = concat(
    local._staging_stages,
    [for stage in local._production_stages : stage if local.at_step.approval == 1],
  )

  _staging_stages = [
    {
      name = "Build"
      actions = [{
        name             = "Build"
        provider         = "CodeBuild"
        input_artifacts  = ["SourceArtifact"]
        output_artifacts = ["BuildArtifact"]
        configuration    = { ProjectName = one(module.build[*].project.name) }
      }]
    },
    {
      name = "Deploy"
      actions = [{
        name            = "Deploy"
        provider        = "ECS"
        input_artifacts = ["BuildArtifact"]
        configuration = {
          ClusterName = one(module.rolling[*].service.cluster)
          ServiceName = one(module.rolling[*].service.name)
          FileName    = "imagedefinitions.json"
          # The action does not see ECS's circuit breaker: it would wait its own 60 minutes.
          DeploymentTimeout = "10"
        }
      }]
    },
  ]

  _production_stages = [
    {
      name = "Approve"
      actions = [{
        name     = "Approve"
        provider = "Manual"
        # Where it is told, the pipeline's own topic, is put in by its module.
        configuration = {
          CustomData         = "Staging runs the new version already. Call it: is its answer what production should say? Approving starts a blue/green deployment to production."
          ExternalEntityLink = "http://${one(module.foundation[*].load_balancers["staging"].dns_name)}/hello/reviewer"
        }
      }]
    },
    {
      name = "DeployProd"
      actions = [{
        name            = "DeployProd"
        provider        = "CodeDeployToECS"
        input_artifacts = ["BuildArtifact"]
        configuration = {
          AppSpecTemplateArtifact        = "BuildArtifact"
          AppSpecTemplatePath            = "appspec.yaml"
          ApplicationName                = try(module.blue_green[0].deployment_group.application, null)
          DeploymentGroupName            = try(module.blue_green[0].deployment_group.name, null)
          Image1ArtifactName             = "BuildArtifact"
          Image1ContainerName            = "IMAGE1_NAME"
          TaskDefinitionTemplateArtifact = "BuildArtifact"
          TaskDefinitionTemplatePath     = "taskdef.json"
        }
      }]
    },
  ]
}

locals {
  # How production's tasks are replaced, which lab 3 changes in place: all at once; all at once when
  # a person says so; by AWS's canary; in equal steps of our own, under the eyes of alarms.
  production_strategy = {
    alarms         = local.at_step.canary == 0 ? [] : values(module.canary[0].alarms)
    configuration  = local._production_configuration
    ready_wait_min = local.at_step.canary == 1 && local.at_step.canary_shift == 0 ? 30 : 0
    test_listener  = one(module.canary[*].test_listener)
  }

  _production_configuration = (
    local.at_step.linear_shift == 1 ? module.canary[0].configurations.linear
    : local.at_step.canary_shift == 1 ? "CodeDeployDefault.ECSCanary10Percent5Minutes"
    : "CodeDeployDefault.ECSAllAtOnce"
  )
}

locals {
  # What the output `services` tells of each service that stands.
  _services = {
    for key, service in merge(
      { for rolling in module.rolling : "staging" => merge(rolling.service, { target_groups = { staging = rolling.service.target_group_arn } }) },
      { for production in module.blue_green : "prod" => merge(production.service, { target_groups = production.service.target_group_arns }) },
      ) : key => {
      cluster       = service.cluster
      container     = service.container
      desired_count = service.desired_count
      log_group     = service.log_group
      name          = service.name
      target_groups = service.target_groups
      task_family   = service.task_family
    }
  }
}
