variable "allowed_cidrs" {
  description = "IPv4 ranges that may call the load balancers."
  type        = set(string)
  default     = ["0.0.0.0/0"]
  nullable    = false
}

variable "prefix" {
  description = "The participant's name: first part of the name of everything here."
  type        = string
  nullable    = false

  validation {
    condition = (
      can(regex("^[a-z][a-z0-9-]{0,18}[a-z0-9]$", var.prefix))
      && !strcontains(var.prefix, "--")
      && alltrue([for reserved in ["amzn-s3-demo-", "internal-", "sg-", "sthree-"] : !startswith("${var.prefix}-", reserved)])
    )
    error_message = "prefix must be 2 to 20 lower-case letters, digits and single hyphens, begin with a letter, not end with a hyphen, and make no name begin with `amzn-s3-demo-`, `internal-`, `sg-` or `sthree-`, which AWS keeps for itself; got `${var.prefix}`."
  }
}

variable "region" {
  description = "The AWS region that everything stands in."
  type        = string
  nullable    = false
}

variable "s3_use_path_style" {
  description = "Whether buckets are addressed by path instead of host name, as an AWS on one loopback address needs."
  type        = bool
  default     = false
  nullable    = false
}

variable "step" {
  description = "How far up the ladder the environment stands: a label of locals.steps."
  type        = string
  nullable    = false

  validation {
    condition     = contains(local.steps, var.step)
    error_message = "step must be one of ${join(", ", local.steps)}; got `${var.step}`."
  }
}
