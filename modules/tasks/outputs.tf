# What refers to these, a service above all, comes once tasks can start, and goes before roles and
# rules do: without its roles or its way out, a service's tasks hang in DRAINING.

output "family" {
  description = "Name of the tasks' family, after which their roles and security group are named."
  value       = local.family
}

output "log_group" {
  description = "Name of the log group that tasks write to."
  value       = aws_cloudwatch_log_group.this.name
}

output "role_arns" {
  description = "The IAM roles that tasks run with: execution, which is for ECS, and task, which is for the application."
  value = {
    execution = aws_iam_role.execution.arn
    task      = aws_iam_role.task.arn
  }

  depends_on = [aws_iam_role_policy.execution]
}

output "security_group_id" {
  description = "The security group of the tasks."
  value       = aws_security_group.task.id

  depends_on = [
    aws_vpc_security_group_egress_rule.task,
    aws_vpc_security_group_ingress_rule.task,
  ]
}
