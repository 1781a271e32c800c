variable "approval_step" {
  description = "Label of the step that introduces the Manual actions: a tag on their topic."
  type        = string
  default     = "2.3"
  nullable    = false
}

variable "build_projects" {
  description = "The CodeBuild projects that stages start, by any key: the pipeline's role may start these, and no others."
  type        = map(object({ arn = string, name = string }))
  nullable    = false

  validation {
    condition     = length(var.build_projects) > 0
    error_message = "build_projects must name at least one project; got none."
  }
}

variable "deployment_groups" {
  description = "The CodeDeploy deployment groups that stages deploy by, by any key: the pipeline's role may create deployments of these, register revisions of their families, and pass their tasks' roles."
  type = map(object({
    application_arn = string
    arn             = string
    name            = string
    role_arns       = list(string)
    task_family     = string
  }))
  default  = {}
  nullable = false
}

variable "execution_mode" {
  description = "What becomes of an execution that waits between two stages when a newer one arrives: `SUPERSEDED` drops it, `QUEUED` lets each finish in turn."
  type        = string
  default     = "SUPERSEDED"
  nullable    = false

  validation {
    condition     = contains(["QUEUED", "SUPERSEDED"], var.execution_mode)
    error_message = "execution_mode must be QUEUED or SUPERSEDED; got `${var.execution_mode}`."
  }
}

variable "name" {
  description = "The pipeline's name, prefix included; its roles and rule are named after it."
  type        = string
  nullable    = false

  validation {
    condition     = startswith(var.name, "${var.prefix}-") && length(var.name) <= 55
    error_message = "name must begin with the prefix `${var.prefix}-` and have at most 55 characters, since roles are named after it; got `${var.name}`."
  }
}

variable "prefix" {
  description = "First part of every name: the participant's."
  type        = string
  nullable    = false
}

variable "services" {
  description = "The ECS services that stages deploy to, by any key: the pipeline's role may update these, register revisions of their families, and pass their tasks' roles."
  type = map(object({
    arn         = string
    role_arns   = list(string)
    task_family = string
  }))
  nullable = false

  validation {
    condition     = length(var.services) > 0
    error_message = "services must name at least one service; got none."
  }
}

variable "source_repository" {
  description = "The CodeCommit repository and branch whose pushes start the pipeline, and the name of the artifact that its Source stage puts out."
  type = object({
    arn      = string
    artifact = optional(string, "SourceArtifact")
    branch   = string
    name     = string
  })
  nullable = false
}

variable "stages" {
  description = "The stages after Source, in order. Each action names its provider (`CodeBuild`, `CodeDeployToECS`, `ECS` or `Manual`), that provider's configuration, and the artifacts it takes and puts out; actions of equal run_order run side by side. A Manual action waits timeout_in_minutes (seven days unless given), and is told to the module's topic."
  type = list(object({
    name = string
    actions = list(object({
      name               = string
      provider           = string
      configuration      = map(string)
      input_artifacts    = optional(list(string), [])
      namespace          = optional(string)
      output_artifacts   = optional(list(string), [])
      run_order          = optional(number, 1)
      timeout_in_minutes = optional(number)
    }))
  }))
  nullable = false

  validation {
    condition     = length(var.stages) > 0
    error_message = "stages must hold at least one stage after Source: CodePipeline refuses a pipeline of one stage."
  }

  validation {
    condition     = length(distinct(concat(["Source"], var.stages[*].name))) == length(var.stages) + 1
    error_message = "stages must have names of their own, none of them `Source`; got ${join(", ", var.stages[*].name)}."
  }

  validation {
    condition     = alltrue([for action in flatten(var.stages[*].actions) : contains(["CodeBuild", "CodeDeployToECS", "ECS", "Manual"], action.provider)])
    error_message = "Each action's provider must be CodeBuild, CodeDeployToECS, ECS or Manual; got ${join(", ", flatten(var.stages[*].actions[*].provider))}."
  }

  validation {
    condition = alltrue([
      for action in flatten(var.stages[*].actions) :
      contains(values(var.deployment_groups)[*].name, lookup(action.configuration, "DeploymentGroupName", "none"))
      if action.provider == "CodeDeployToECS"
    ])
    error_message = "Each CodeDeployToECS action must name one of deployment_groups as its DeploymentGroupName: ${join(", ", values(var.deployment_groups)[*].name)}."
  }

  validation {
    condition = alltrue([
      for action in flatten(var.stages[*].actions) :
      length(action.input_artifacts) + length(action.output_artifacts) == 0
      if action.provider == "Manual"
    ])
    error_message = "A Manual action neither takes nor puts out artifacts."
  }

  validation {
    condition = alltrue([
      for action in flatten(var.stages[*].actions) :
      action.provider == "Manual" && action.timeout_in_minutes >= 5 && action.timeout_in_minutes <= 86400
      if action.timeout_in_minutes != null
    ])
    error_message = "timeout_in_minutes is for Manual actions, and must be 5 to 86400; got ${join(", ", [for action in flatten(var.stages[*].actions) : "${action.name} ${action.timeout_in_minutes}" if action.timeout_in_minutes != null])}."
  }

  validation {
    condition = length(setsubtract(
      flatten(var.stages[*].actions[*].input_artifacts),
      concat([var.source_repository.artifact], flatten(var.stages[*].actions[*].output_artifacts)),
    )) == 0
    error_message = "Each input artifact must be one that Source or another action puts out: ${join(", ", concat([var.source_repository.artifact], flatten(var.stages[*].actions[*].output_artifacts)))}."
  }
}

variable "step" {
  description = "Label of the step that introduces these resources: a tag on each."
  type        = string
  default     = "1.3"
  nullable    = false
}
