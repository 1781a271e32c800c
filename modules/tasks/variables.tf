variable "application" {
  description = "The application's name: part of the family's."
  type        = string
  default     = "hello-server"
  nullable    = false
}

variable "container_port" {
  description = "The port that callers reach."
  type        = number
  default     = 80
  nullable    = false

  validation {
    condition     = var.container_port >= 1 && var.container_port <= 65535 && floor(var.container_port) == var.container_port
    error_message = "container_port must be a whole number from 1 to 65535; got ${var.container_port}."
  }
}

variable "environment" {
  description = "Where the service runs, `staging` for one: part of its names."
  type        = string
  nullable    = false

  validation {
    condition     = length("${var.prefix}-${var.application}-${var.environment}-execution") <= 64
    error_message = "environment must leave the role `${var.prefix}-${var.application}-${var.environment}-execution` a name of at most 64 characters; it has ${length("${var.prefix}-${var.application}-${var.environment}-execution")}."
  }
}

variable "image_repository" {
  description = "The ECR repository that tasks pull their images from."
  type        = object({ arn = string })
  nullable    = false
}

variable "load_balancer" {
  description = "The load balancer in front: the security group that tasks accept callers from."
  type        = object({ security_group_id = string })
  nullable    = false
}

variable "log_retention_days" {
  description = "How long the tasks' output is kept."
  type        = number
  default     = 7
  nullable    = false
}

variable "network" {
  description = "The network that tasks run in."
  type        = object({ vpc_id = string })
  nullable    = false
}

variable "prefix" {
  description = "First part of every name: the participant's."
  type        = string
  nullable    = false
}

variable "step" {
  description = "Label of the step that introduces these resources: a tag on each."
  type        = string
  nullable    = false
}
