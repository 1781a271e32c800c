variable "application" {
  description = "The application's name: that of its container, and part of the service's."
  type        = string
  default     = "hello-server"
  nullable    = false
}

variable "cluster" {
  description = "The ECS cluster that the service runs in."
  type = object({
    arn  = string
    name = string
  })
  nullable = false
}

variable "container_port" {
  description = "The port that the application listens on inside its task."
  type        = number
  default     = 80
  nullable    = false
}

variable "deployment" {
  description = "Who replaces the service's tasks: CodeDeploy, by the bucket that revisions are read from, and the step that brings it (a tag). Null for a service that nobody deploys to yet."
  type = object({
    artifact_bucket_arn = string
    step                = optional(string, "2.2")
  })
  default = null
}

variable "deregistration_delay_s" {
  description = "How long a stopping task may finish its requests."
  type        = number
  default     = 5
  nullable    = false

  validation {
    condition     = var.deregistration_delay_s >= 0 && var.deregistration_delay_s <= 3600
    error_message = "deregistration_delay_s must be 0 to 3600; got ${var.deregistration_delay_s}."
  }
}

variable "desired_count" {
  description = "How many tasks the service starts with."
  type        = number
  default     = 3
  nullable    = false

  validation {
    condition     = var.desired_count >= 1 && floor(var.desired_count) == var.desired_count
    error_message = "desired_count must be a whole number of at least 1; got ${var.desired_count}."
  }
}

variable "environment" {
  description = "Where the service runs, `prod` for one: part of its names."
  type        = string
  default     = "prod"
  nullable    = false

  validation {
    condition     = length("${var.prefix}-${var.environment}-green") <= 32
    error_message = "environment must leave the target group `${var.prefix}-${var.environment}-green` a name of at most 32 characters; it has ${length("${var.prefix}-${var.environment}-green")}."
  }
}

variable "first_version" {
  description = "The ECS service whose present version is the first one here: its ARN, that of its cluster, and its container."
  type = object({
    cluster_arn = string
    container   = string
    service_arn = string
  })
  nullable = false
}

variable "health_check" {
  description = "How the load balancer decides that a task is healthy."
  type = object({
    healthy_threshold   = optional(number, 2)
    interval_s          = optional(number, 5)
    path                = optional(string, "/ping")
    timeout_s           = optional(number, 2)
    unhealthy_threshold = optional(number, 2)
  })
  default  = {}
  nullable = false

  validation {
    condition     = startswith(var.health_check.path, "/")
    error_message = "health_check.path must begin with a slash; got `${var.health_check.path}`."
  }

  validation {
    condition     = var.health_check.timeout_s >= 2 && var.health_check.timeout_s < var.health_check.interval_s
    error_message = "health_check.timeout_s must be at least 2 and less than interval_s (${var.health_check.interval_s}); got ${var.health_check.timeout_s}."
  }

  validation {
    condition     = var.health_check.interval_s >= 5 && var.health_check.interval_s <= 300
    error_message = "health_check.interval_s must be 5 to 300; got ${var.health_check.interval_s}."
  }

  validation {
    condition = alltrue([
      for threshold in [var.health_check.healthy_threshold, var.health_check.unhealthy_threshold] :
      threshold >= 2 && threshold <= 10
    ])
    error_message = "health_check.healthy_threshold and unhealthy_threshold must be 2 to 10; got ${var.health_check.healthy_threshold} and ${var.health_check.unhealthy_threshold}."
  }
}

variable "health_check_grace_s" {
  description = "How long a new task's failed health checks are overlooked."
  type        = number
  default     = 30
  nullable    = false

  validation {
    condition     = var.health_check_grace_s >= 0
    error_message = "health_check_grace_s must not be negative; got ${var.health_check_grace_s}."
  }
}

variable "image_repository" {
  description = "The ECR repository that tasks pull their images from."
  type        = object({ arn = string })
  nullable    = false
}

variable "load_balancer" {
  description = "The load balancer in front: the listener that gets the service's rule, and the security group that tasks accept callers from."
  type = object({
    listener_arn      = string
    security_group_id = string
  })
  nullable = false
}

variable "log_retention_days" {
  description = "How long the tasks' output is kept."
  type        = number
  default     = 7
  nullable    = false
}

variable "network" {
  description = "The network that tasks run in; its subnets must have a route to the internet."
  type = object({
    subnet_ids = list(string)
    vpc_id     = string
  })
  nullable = false

  validation {
    condition     = length(var.network.subnet_ids) >= 2
    error_message = "network.subnet_ids must name subnets in two zones, as the load balancer has; got ${length(var.network.subnet_ids)}."
  }
}

variable "path_pattern" {
  description = "Requests for such paths go to the service."
  type        = string
  default     = "/hello/*"
  nullable    = false

  validation {
    condition     = startswith(var.path_pattern, "/")
    error_message = "path_pattern must begin with a slash; got `${var.path_pattern}`."
  }
}

variable "prefix" {
  description = "First part of every name: the participant's."
  type        = string
  nullable    = false
}

variable "step" {
  description = "Label of the step that introduces these resources: a tag on each."
  type        = string
  default     = "2.1"
  nullable    = false
}

variable "strategy" {
  description = "How CodeDeploy replaces the service's tasks: names of the alarms that stop a deployment, the deployment configuration, how many minutes a person has to send production on (0: nobody is waited for), how many the old tasks outlive the switch, and the listener that shows the new tasks first (null: none does)."
  type = object({
    alarms               = optional(set(string), [])
    configuration        = optional(string, "CodeDeployDefault.ECSAllAtOnce")
    ready_wait_min       = optional(number, 0)
    termination_wait_min = optional(number, 5)
    test_listener        = optional(object({ listener_arn = string }))
  })
  default  = {}
  nullable = false

  validation {
    condition     = length(var.strategy.alarms) <= 10
    error_message = "strategy.alarms must name at most 10 alarms; got ${length(var.strategy.alarms)}."
  }

  validation {
    condition     = !startswith(var.strategy.configuration, "CodeDeployDefault.") || startswith(var.strategy.configuration, "CodeDeployDefault.ECS")
    error_message = "strategy.configuration must be one for ECS, such as CodeDeployDefault.ECSAllAtOnce, or one of your own; got `${var.strategy.configuration}`."
  }

  validation {
    condition = alltrue([
      for minutes in [var.strategy.ready_wait_min, var.strategy.termination_wait_min] :
      minutes >= 0 && minutes <= 2880 && floor(minutes) == minutes
    ])
    error_message = "strategy.ready_wait_min and termination_wait_min must be whole numbers from 0 to 2880, two days; got ${var.strategy.ready_wait_min} and ${var.strategy.termination_wait_min}."
  }

  validation {
    condition     = var.strategy.test_listener == null ? true : var.strategy.test_listener.listener_arn != var.load_balancer.listener_arn
    error_message = "strategy.test_listener must not be the listener of production; got `${try(var.strategy.test_listener.listener_arn, "")}`."
  }
}

variable "task" {
  description = "The size of a task, as Fargate names it: CPU units (1024 a core) and MiB of memory."
  type = object({
    cpu    = optional(number, 256)
    memory = optional(number, 512)
  })
  default  = {}
  nullable = false

  validation {
    condition     = contains([256, 512, 1024, 2048], var.task.cpu) && var.task.memory >= 2 * var.task.cpu && var.task.memory <= 8 * var.task.cpu
    error_message = "task must be a size that Fargate offers: cpu 256, 512, 1024 or 2048, and memory 2 to 8 times that; got cpu ${var.task.cpu} and memory ${var.task.memory}."
  }
}
