output "alarms" {
  description = "Names of the alarms, by slot; empty unless `alarms` is given."
  value       = { for slot, alarm in aws_cloudwatch_metric_alarm.errors : slot => alarm.alarm_name }
}

output "configurations" {
  description = "Names of the deployment configurations that are given: `canary`, `linear`."
  value = merge(
    { for config in aws_codedeploy_deployment_config.canary : "canary" => config.deployment_config_name },
    { for config in aws_codedeploy_deployment_config.linear : "linear" => config.deployment_config_name },
  )
}

output "test_listener" {
  description = "Where new versions are shown: listener_arn, port, and rule_arn of the rule that CodeDeploy switches."
  value = {
    listener_arn = aws_lb_listener.test.arn
    port         = aws_lb_listener.test.port
    rule_arn     = aws_lb_listener_rule.test.arn
  }

  # Usable once callers are let through.
  depends_on = [aws_vpc_security_group_ingress_rule.test]
}
