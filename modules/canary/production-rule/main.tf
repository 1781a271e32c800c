# What the production rule does now. Read in a module of its own, since a test can say what a module
# tells, but not what is in the blocks of a mocked data source.

variable "arn" {
  description = "The rule."
  type        = string
  nullable    = false
}

data "aws_lb_listener_rule" "this" {
  arn = var.arn
}

output "actions" {
  description = "The rule's actions, as the provider describes them."
  value       = data.aws_lb_listener_rule.this.action
}
