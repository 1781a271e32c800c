module "foundation" {
  source = "../modules/foundation"
  count  = local.at_step.foundation

  allowed_cidrs = var.allowed_cidrs
  prefix        = var.prefix
  step          = local.brought_by.foundation
}

module "repositories" {
  source = "../modules/repositories"
  count  = local.at_step.repositories

  prefix = var.prefix
  step   = local.brought_by.repositories
}

# Started by hand, on the repository: a service needs an image before there is a release.
module "first_build" {
  source = "../modules/build"
  count  = local.at_step.first_build

  image_repository  = module.repositories[0].image_repository
  name              = "${local.name}-image"
  prefix            = var.prefix
  source_repository = module.repositories[0].source_repository
  step              = local.brought_by.first_build
}

module "rolling" {
  source = "../modules/rolling"
  count  = local.at_step.rolling

  cluster          = module.foundation[0].clusters["staging"]
  environment      = "staging"
  image_repository = module.repositories[0].image_repository
  load_balancer    = module.foundation[0].load_balancers["staging"]
  network          = module.foundation[0].network
  prefix           = var.prefix
  step             = local.brought_by.rolling
}

# Started by the pipeline. The two modules need each other's ends: the build's role reads the
# bucket that the pipeline's module holds, and the pipeline starts the project.
module "build" {
  source = "../modules/build"
  count  = local.at_step.build

  artifact_bucket_arn = module.pipeline[0].artifact_bucket.arn
  image_repository    = module.repositories[0].image_repository
  name                = local.name
  prefix              = var.prefix
  step                = local.brought_by.build
}

module "pipeline" {
  source = "../modules/pipeline"
  count  = local.at_step.pipeline

  approval_step     = local.brought_by.approval
  build_projects    = { hello-server = module.build[0].project }
  deployment_groups = local.at_step.approval == 1 ? { prod = module.blue_green[0].deployment_group } : {}
  # With an approval in its way, each execution is to reach production in its turn.
  execution_mode    = local.at_step.approval == 1 ? "QUEUED" : "SUPERSEDED"
  name              = local.name
  prefix            = var.prefix
  services          = { staging = module.rolling[0].service }
  source_repository = module.repositories[0].source_repository
  stages            = local.pipeline_stages
  step              = local.brought_by.pipeline
}

# Production. It starts with the version that staging runs, and is CodeDeploy's from then on. Its
# last part comes a step later: the CodeDeploy application and deployment group.
module "blue_green" {
  source = "../modules/blue-green"
  count  = local.at_step.blue_green

  cluster          = module.foundation[0].clusters["prod"]
  environment      = "prod"
  image_repository = module.repositories[0].image_repository
  load_balancer    = module.foundation[0].load_balancers["prod"]
  network          = module.foundation[0].network
  prefix           = var.prefix
  step             = local.brought_by.blue_green
  strategy         = local.production_strategy

  deployment = local.at_step.codedeploy == 0 ? null : {
    artifact_bucket_arn = module.pipeline[0].artifact_bucket.arn
    step                = local.brought_by.codedeploy
  }

  first_version = {
    cluster_arn = module.foundation[0].clusters["staging"].arn
    container   = module.rolling[0].service.container
    service_arn = module.rolling[0].service.arn
  }
}

# What production's deployments are tried, shifted and stopped with. The two modules need each
# other's ends: the test port starts with what production's rule says, and the deployment group
# names the test listener.
module "canary" {
  source = "../modules/canary"
  count  = local.at_step.canary

  alarms              = local.at_step.alarms == 0 ? null : { step = local.brought_by.alarms }
  allowed_cidrs       = var.allowed_cidrs
  canary              = local.at_step.canary_shift == 0 ? null : { interval_min = 2, percent = 20 }
  environment         = "prod"
  linear              = local.at_step.linear_shift == 0 ? null : { interval_min = 2, percent = 20 }
  load_balancer       = module.foundation[0].load_balancers["prod"]
  prefix              = var.prefix
  production_rule_arn = module.blue_green[0].rule.arn
  step                = local.brought_by.canary
  target_groups       = module.blue_green[0].target_groups
}
