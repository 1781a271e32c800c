# These were here before the tasks had a module of their own; what stands stays.

moved {
  from = aws_cloudwatch_log_group.this
  to   = module.tasks.aws_cloudwatch_log_group.this
}

moved {
  from = aws_iam_role.execution
  to   = module.tasks.aws_iam_role.execution
}

moved {
  from = aws_iam_role.task
  to   = module.tasks.aws_iam_role.task
}

moved {
  from = aws_iam_role_policy.execution
  to   = module.tasks.aws_iam_role_policy.execution
}

moved {
  from = aws_security_group.task
  to   = module.tasks.aws_security_group.task
}

moved {
  from = aws_vpc_security_group_egress_rule.task
  to   = module.tasks.aws_vpc_security_group_egress_rule.task
}

moved {
  from = aws_vpc_security_group_ingress_rule.task
  to   = module.tasks.aws_vpc_security_group_ingress_rule.task
}
