# One alarm a slot: the new version is in blue as often as in green. Each looks at what its own
# slot's tasks answer, so a fault shows at 10 % of the traffic as it does at all of it.
resource "aws_cloudwatch_metric_alarm" "errors" {
  for_each = var.alarms == null ? {} : var.target_groups

  alarm_description   = "Tasks of ${each.key} answer with errors of their own"
  alarm_name          = "${var.prefix}-${var.environment}-${each.key}-5xx"
  comparison_operator = "GreaterThanOrEqualToThreshold"
  evaluation_periods  = 1
  metric_name         = "HTTPCode_Target_5XX_Count"
  namespace           = "AWS/ApplicationELB"
  period              = var.alarms.period_s
  statistic           = "Sum"
  tags                = { step = var.alarms.step }
  threshold           = var.alarms.threshold
  # A minute without an error has no figure at all.
  treat_missing_data = "notBreaching"

  dimensions = {
    LoadBalancer = var.load_balancer.arn_suffix
    TargetGroup  = each.value.arn_suffix
  }
}
