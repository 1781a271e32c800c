# Every output is always there, and null below the step that brings it: the CLI reads them all.

output "artifact_bucket" {
  description = "Name of the bucket that the pipeline's stages exchange artifacts in."
  value       = one(module.pipeline[*].artifact_bucket.name)
}

output "build" {
  description = "The CodeBuild project that the pipeline starts: log_group and project."
  value       = one([for build in module.build : { log_group = build.project.log_group, project = build.project.name }])
}

output "clusters" {
  description = "Names of the ECS clusters: prod and staging."
  value       = one([for foundation in module.foundation : { for key, cluster in foundation.clusters : key => cluster.name }])
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

output "region" {
  description = "The AWS region."
  value       = var.region
}

output "services" {
  description = "The ECS services, staging so far: cluster, container, desired_count, log_group, name, target_group_arn and task_family of each."
  value = one([
    for rolling in module.rolling : {
      staging = {
        cluster          = rolling.service.cluster
        container        = rolling.service.container
        desired_count    = rolling.service.desired_count
        log_group        = rolling.service.log_group
        name             = rolling.service.name
        target_group_arn = rolling.service.target_group_arn
        task_family      = rolling.service.task_family
      }
    }
  ])
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
  ]
}
