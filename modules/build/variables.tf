variable "artifact_bucket_arn" {
  description = "The pipeline's artifact bucket, for a project that a pipeline starts; null for one that is started directly."
  type        = string
  default     = null

  validation {
    condition     = (var.artifact_bucket_arn == null) != (var.source_repository == null)
    error_message = "A project is started either by a pipeline, with artifact_bucket_arn, or directly, with source_repository: give exactly one."
  }
}

variable "container_name" {
  description = "The container whose image is built: `imagedefinitions.json` names it."
  type        = string
  default     = "hello-server"
  nullable    = false
}

variable "image_repository" {
  description = "The ECR repository that the build pushes to."
  type = object({
    arn = string
    url = string
  })
  nullable = false
}

variable "log_retention_days" {
  description = "How long build logs are kept."
  type        = number
  default     = 7
  nullable    = false
}

variable "name" {
  description = "The project's name, prefix included; its role and log group are named after it."
  type        = string
  nullable    = false

  validation {
    condition     = startswith(var.name, "${var.prefix}-") && length(var.name) <= 58
    error_message = "name must begin with the prefix `${var.prefix}-` and have at most 58 characters, since a role is named after it; got `${var.name}`."
  }
}

variable "prefix" {
  description = "First part of every name: the participant's."
  type        = string
  nullable    = false
}

variable "source_repository" {
  description = "The CodeCommit repository and branch to build, for a project that is started directly; null for one that a pipeline starts."
  type = object({
    arn            = string
    branch         = string
    clone_url_http = string
  })
  default = null
}

variable "step" {
  description = "Label of the step that introduces these resources: a tag on each."
  type        = string
  nullable    = false
}
