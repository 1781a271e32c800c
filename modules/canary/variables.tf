variable "alarms" {
  description = "When a slot's tasks are at fault: so many answers of 5xx in one period, and the step that brings the alarms (a tag). Null for no alarms."
  type = object({
    period_s  = optional(number, 60)
    step      = optional(string, "3.4")
    threshold = optional(number, 3)
  })
  default = null

  validation {
    condition     = var.alarms == null ? true : var.alarms.period_s >= 60 && var.alarms.period_s <= 86400 && var.alarms.period_s % 60 == 0
    error_message = "alarms.period_s must be whole minutes, 60 to 86400: load balancers count by the minute; got ${try(var.alarms.period_s, 0)}."
  }

  validation {
    condition     = var.alarms == null ? true : var.alarms.threshold >= 1 && floor(var.alarms.threshold) == var.alarms.threshold
    error_message = "alarms.threshold must be a whole number of at least 1, or no error at all would be too many; got ${try(var.alarms.threshold, 0)}."
  }
}

variable "allowed_cidrs" {
  description = "IPv4 ranges that may call the test port."
  type        = set(string)
  default     = ["0.0.0.0/0"]
  nullable    = false

  validation {
    condition     = alltrue([for cidr in var.allowed_cidrs : can(cidrnetmask(cidr))])
    error_message = "allowed_cidrs must hold IPv4 ranges such as 203.0.113.7/32; got ${join(", ", var.allowed_cidrs)}."
  }
}

variable "canary" {
  description = "A deployment configuration that sends so many percent first, and everything so many minutes later. Null for none."
  type = object({
    interval_min = number
    percent      = number
  })
  default = null

  validation {
    condition     = var.canary == null ? true : var.canary.percent >= 1 && var.canary.percent <= 99 && floor(var.canary.percent) == var.canary.percent
    error_message = "canary.percent must be a whole number from 1 to 99; got ${try(var.canary.percent, 0)}."
  }

  validation {
    condition     = var.canary == null ? true : var.canary.interval_min >= 1 && var.canary.interval_min <= 2880 && floor(var.canary.interval_min) == var.canary.interval_min
    error_message = "canary.interval_min must be a whole number from 1 to 2880, two days; got ${try(var.canary.interval_min, 0)}."
  }
}

variable "environment" {
  description = "Where the service runs, `prod` for one: part of the alarms' names."
  type        = string
  default     = "prod"
  nullable    = false
}

variable "linear" {
  description = "A deployment configuration that sends so many percent more every so many minutes. Null for none."
  type = object({
    interval_min = number
    percent      = number
  })
  default = null

  validation {
    condition     = var.linear == null ? true : var.linear.percent >= 1 && var.linear.percent <= 99 && floor(var.linear.percent) == var.linear.percent
    error_message = "linear.percent must be a whole number from 1 to 99; got ${try(var.linear.percent, 0)}."
  }

  validation {
    condition     = var.linear == null ? true : var.linear.interval_min >= 1 && floor(var.linear.interval_min) == var.linear.interval_min
    error_message = "linear.interval_min must be a whole number of at least 1; got ${try(var.linear.interval_min, 0)}."
  }

  validation {
    condition     = var.linear == null ? true : var.linear.percent < 1 || (ceil(100 / var.linear.percent) - 1) * var.linear.interval_min <= 2880
    error_message = "linear must take at most 2880 minutes, two days, from the first shift to the last; got ${try((ceil(100 / var.linear.percent) - 1) * var.linear.interval_min, 0)}."
  }
}

variable "load_balancer" {
  description = "The load balancer in front of production; port is that of its production listener."
  type = object({
    arn               = string
    arn_suffix        = string
    port              = number
    security_group_id = string
  })
  nullable = false
}

variable "path_pattern" {
  description = "Requests for such paths go to the service: as on the production listener."
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

variable "production_rule_arn" {
  description = "The listener rule of production, whose weights say which slot serves when the test port is opened."
  type        = string
  nullable    = false
}

variable "step" {
  description = "Label of the step that introduces the test port: a tag on what belongs to it."
  type        = string
  default     = "3.1"
  nullable    = false
}

variable "target_groups" {
  description = "The two target groups of the service, by slot."
  type        = map(object({ arn = string, arn_suffix = string }))
  nullable    = false

  validation {
    condition     = toset(keys(var.target_groups)) == toset(["blue", "green"])
    error_message = "target_groups must be those of blue and green; got ${join(", ", keys(var.target_groups))}."
  }
}

variable "test_port" {
  description = "The port that shows a new version before production's callers meet it."
  type        = number
  default     = 9001
  nullable    = false

  validation {
    condition     = var.test_port >= 1 && var.test_port <= 65535 && floor(var.test_port) == var.test_port
    error_message = "test_port must be a whole number from 1 to 65535; got ${var.test_port}."
  }

  validation {
    condition     = var.test_port != var.load_balancer.port
    error_message = "test_port must not be the port that production listens on; got ${var.test_port}."
  }
}
