variable "allowed_cidrs" {
  description = "IPv4 ranges that may call the load balancers on port 80."
  type        = set(string)
  default     = ["0.0.0.0/0"]
  nullable    = false

  validation {
    condition     = alltrue([for cidr in var.allowed_cidrs : can(cidrnetmask(cidr))])
    error_message = "allowed_cidrs must hold IPv4 ranges such as 203.0.113.7/32; got ${join(", ", var.allowed_cidrs)}."
  }
}

variable "prefix" {
  description = "First part of every name: the participant's."
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

variable "step" {
  description = "Label of the step that introduces these resources: a tag on each."
  type        = string
  default     = "0"
  nullable    = false
}

variable "vpc_cidr" {
  description = "IPv4 range of the network; each subnet takes a 256th of it."
  type        = string
  default     = "10.0.0.0/16"
  nullable    = false

  validation {
    condition     = try(tonumber(split("/", var.vpc_cidr)[1]) >= 16 && tonumber(split("/", var.vpc_cidr)[1]) <= 20, false) && can(cidrnetmask(var.vpc_cidr))
    error_message = "vpc_cidr must be an IPv4 range from /16 to /20, so that each subnet has room for a load balancer; got `${var.vpc_cidr}`."
  }
}
