# The ladder: which steps there are, what each brings, and what is there at the step asked for.
# Going on is an apply with a later step, going back an apply with an earlier one.
locals {
  # In order. A step that brings nothing here is done by a release.
  steps = ["0", "1.1", "1.2", "1.3", "1.4"]

  # The step that brings each module; it is also the tag on the module's resources.
  brought_by = {
    foundation   = "0"
    repositories = "1.1"
    first_build  = "1.1"
    rolling      = "1.2"
    build        = "1.3"
    pipeline     = "1.3"
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

  # One list, so that a later lab adds its stages to the pipeline in place. (Names are null at
  # steps that have no pipeline either.)
  pipeline_stages = [
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
}
