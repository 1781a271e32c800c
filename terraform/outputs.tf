# Every output is always there, and null below the step that brings it: the CLI reads them all.

output "approval" {
  description = "The approval that production waits for: action and stage of the pipeline, and topic_arn."
  value = local.at_step.approval == 0 ? null : {
    action    = local._production_stages[0].actions[0].name
    stage     = local._production_stages[0].name
    topic_arn = module.pipeline[0].approval_topic.arn
  }
}

output "artifact_bucket" {
  description = "Name of the bucket that the pipeline's stages exchange artifacts in."
  value       = one(module.pipeline[*].artifact_bucket.name)
}

output "build" {
  description = "The CodeBuild project that the pipeline starts: log_group and project."
  value       = one([for build in module.build : { log_group = build.project.log_group, project = build.project.name }])
}

output "canary" {
  description = "What production's deployments are tried, shifted and stopped with: test_listener (listener_arn, rule_arn and port), and names of the deployment configurations (canary, linear) and alarms (blue, green) that there are."
  value = one([
    for canary in module.canary : {
      alarms         = canary.alarms
      configurations = canary.configurations
      test_listener  = canary.test_listener
    }
  ])
}

output "clusters" {
  description = "Names of the ECS clusters: prod and staging."
  value       = one([for foundation in module.foundation : { for key, cluster in foundation.clusters : key => cluster.name }])
}

output "codedeploy" {
  description = "What deploys to production: application and deployment_group of CodeDeploy."
  value = local.at_step.codedeploy == 0 ? null : {
    application      = module.blue_green[0].deployment_group.application
    deployment_group = module.blue_green[0].deployment_group.name
  }
}

output "first_build" {
  description = "The CodeBuild project that builds the first image: log_group and project."
  value       = one([for build in module.first_build : { log_group = build.project.log_group, project = build.project.name }])
}

output "image_repository" {
  description = "The ECR repository: name and url."
  value       = one([for repositories in module.repositories : { name = repositories.image_repository.name, url = repositories.image_repository.url }])
}

output "load_balancers" {
  description = "The load balancers, prod and staging: arn, dns_name, name and port of each."
  value = one([
    for foundation in module.foundation : {
      for key, balancer in foundation.load_balancers : key => {
        arn      = balancer.arn
        dns_name = balancer.dns_name
        name     = balancer.name
        port     = balancer.port
      }
    }
  ])
}

output "pipeline" {
  description = "The pipeline: name."
  value       = one([for pipeline in module.pipeline : { name = pipeline.pipeline.name }])
}

output "prefix" {
  description = "The participant's name."
  value       = var.prefix
}

output "production" {
  description = "Where production's slots are switched: listener_arn and rule_arn."
  value       = one([for production in module.blue_green : { listener_arn = production.rule.listener_arn, rule_arn = production.rule.arn }])
}

output "region" {
  description = "The AWS region."
  value       = var.region
}

output "services" {
  description = "The ECS services that stand, prod and staging: cluster, container, desired_count, log_group, name, target_groups (slot to ARN; staging has the one slot `staging`) and task_family of each."
  value       = length(local._services) == 0 ? null : local._services
}

output "source_repository" {
  description = "The CodeCommit repository: branch, clone_url_http and name."
  value = one([
    for repositories in module.repositories : {
      branch         = repositories.source_repository.branch
      clone_url_http = repositories.source_repository.clone_url_http
      name           = repositories.source_repository.name
    }
  ])
}

output "step" {
  description = "The step that the environment stands at: told last, so never of a half-made one."
  value       = var.step

  depends_on = [
    module.foundation,
    module.repositories,
    module.first_build,
    module.rolling,
    module.build,
    module.pipeline,
    module.blue_green,
    module.canary,
  ]
}
