mock_provider "aws" {
  source          = "./mocks"
  override_during = plan
}

variables {
  prefix              = "ana"
  production_rule_arn = "arn:aws:elasticloadbalancing:us-west-2:123456789012:listener-rule/app/ana-prod/50dc6c495c0c9188/f2f7dc8efc522ab2/9683b2d02a6cabee"

  load_balancer = {
    arn               = "arn:aws:elasticloadbalancing:us-west-2:123456789012:loadbalancer/app/ana-prod/50dc6c495c0c9188"
    arn_suffix        = "app/ana-prod/50dc6c495c0c9188"
    port              = 80
    security_group_id = "sg-balancer"
  }

  target_groups = {
    blue = {
      arn        = "arn:aws:elasticloadbalancing:us-west-2:123456789012:targetgroup/ana-prod-blue/50dc6c495c0c9188"
      arn_suffix = "targetgroup/ana-prod-blue/50dc6c495c0c9188"
    }
    green = {
      arn        = "arn:aws:elasticloadbalancing:us-west-2:123456789012:targetgroup/ana-prod-green/73e2d6bc24d8a067"
      arn_suffix = "targetgroup/ana-prod-green/73e2d6bc24d8a067"
    }
  }
}

override_module {
  target = module.production_rule
  outputs = {
    actions = [{
      type = "forward"
      forward = {
        target_group = [
          { arn = "arn:aws:elasticloadbalancing:us-west-2:123456789012:targetgroup/ana-prod-blue/50dc6c495c0c9188", weight = 100 },
          { arn = "arn:aws:elasticloadbalancing:us-west-2:123456789012:targetgroup/ana-prod-green/73e2d6bc24d8a067", weight = 0 },
        ]
      }
    }]
  }
}

run "everything_is_named_from_the_prefix" {
  command = plan

  variables {
    alarms = {}
    canary = { interval_min = 2, percent = 20 }
    linear = { interval_min = 2, percent = 20 }
  }

  assert {
    condition     = output.configurations == { canary = "ana-canary-20-percent-2-minutes", linear = "ana-linear-20-percent-every-2-minutes" }
    error_message = "Deployment configurations are named from the prefix and their figures."
  }

  assert {
    condition     = output.alarms == { blue = "ana-prod-blue-5xx", green = "ana-prod-green-5xx" }
    error_message = "There is an alarm a slot, named after it."
  }
}

run "resources_carry_the_step_that_brings_them" {
  command = plan

  variables {
    alarms = {}
  }

  assert {
    condition     = alltrue([for resource in concat([aws_lb_listener.test, aws_lb_listener_rule.test], values(aws_vpc_security_group_ingress_rule.test)) : resource.tags.step == "3.1"])
    error_message = "What belongs to the test port is tagged with step 3.1."
  }

  assert {
    condition     = alltrue([for alarm in aws_cloudwatch_metric_alarm.errors : alarm.tags.step == "3.4"])
    error_message = "Alarms are tagged with step 3.4."
  }
}

run "at_first_there_is_the_test_port_alone" {
  command = plan

  assert {
    condition     = length(aws_codedeploy_deployment_config.canary) + length(aws_codedeploy_deployment_config.linear) + length(aws_cloudwatch_metric_alarm.errors) == 0
    error_message = "Configurations and alarms come when they are asked for."
  }

  assert {
    condition     = output.configurations == {} && output.alarms == {} && output.test_listener.port == 9001
    error_message = "Outputs name what there is."
  }
}

run "the_test_port_is_productions_neighbour" {
  command = plan

  assert {
    condition     = aws_lb_listener.test.load_balancer_arn == var.load_balancer.arn && aws_lb_listener.test.port == 9001 && aws_lb_listener.test.protocol == "HTTP"
    error_message = "The test listener is on production's balancer, port 9001."
  }

  assert {
    condition     = aws_lb_listener.test.default_action[0].type == "fixed-response" && aws_lb_listener.test.default_action[0].fixed_response[0].status_code == "404"
    error_message = "What the rule does not claim is answered by a fixed 404, as on port 80."
  }

  assert {
    condition     = one(one(aws_lb_listener_rule.test.condition).path_pattern).values == toset(["/hello/*"])
    error_message = "The rule is for /hello/*, as production's."
  }
}

run "the_test_port_starts_with_blue_while_blue_serves" {
  command = plan

  assert {
    condition     = { for group in aws_lb_listener_rule.test.action[0].forward[0].target_group : split("/", group.arn)[1] => group.weight } == { ana-prod-blue = 100, ana-prod-green = 0 }
    error_message = "Blue serves production, so the test port shows blue; green stands in the rule."
  }
}

run "the_test_port_starts_with_green_while_green_serves" {
  command = plan

  override_module {
    target = module.production_rule
    outputs = {
      actions = [{
        type = "forward"
        forward = {
          target_group = [
            { arn = "arn:aws:elasticloadbalancing:us-west-2:123456789012:targetgroup/ana-prod-blue/50dc6c495c0c9188", weight = 0 },
            { arn = "arn:aws:elasticloadbalancing:us-west-2:123456789012:targetgroup/ana-prod-green/73e2d6bc24d8a067", weight = 100 },
          ]
        }
      }]
    }
  }

  assert {
    condition     = { for group in aws_lb_listener_rule.test.action[0].forward[0].target_group : split("/", group.arn)[1] => group.weight } == { ana-prod-blue = 0, ana-prod-green = 100 }
    error_message = "Green serves production, so the test port shows green: CodeDeploy refuses a deployment otherwise."
  }
}

run "a_group_that_production_does_not_name_gets_no_requests" {
  command = plan

  override_module {
    target = module.production_rule
    outputs = {
      actions = [
        { type = "authenticate-oidc", forward = null },
        { type = "forward", forward = { target_group = [{ arn = "arn:aws:elasticloadbalancing:us-west-2:123456789012:targetgroup/ana-prod-green/73e2d6bc24d8a067", weight = 1 }] } },
      ]
    }
  }

  assert {
    condition     = { for group in aws_lb_listener_rule.test.action[0].forward[0].target_group : split("/", group.arn)[1] => group.weight } == { ana-prod-blue = 0, ana-prod-green = 1 }
    error_message = "Both groups stand in the test rule, whatever production's says."
  }
}

run "only_allowed_ranges_may_call_the_test_port" {
  command = plan

  variables {
    allowed_cidrs = ["203.0.113.7/32", "198.51.100.0/24"]
    test_port     = 8443
  }

  assert {
    condition     = toset([for rule in aws_vpc_security_group_ingress_rule.test : rule.cidr_ipv4]) == var.allowed_cidrs
    error_message = "The rules name the ranges given, and no others."
  }

  assert {
    condition     = alltrue([for rule in aws_vpc_security_group_ingress_rule.test : rule.from_port == 8443 && rule.to_port == 8443 && rule.security_group_id == "sg-balancer"])
    error_message = "The balancer's group opens the test port, and no other."
  }
}

run "configurations_say_their_figures" {
  command = plan

  variables {
    canary = { interval_min = 7, percent = 5 }
    linear = { interval_min = 3, percent = 25 }
  }

  assert {
    condition     = output.configurations == { canary = "ana-canary-5-percent-7-minutes", linear = "ana-linear-25-percent-every-3-minutes" }
    error_message = "Other figures make another name, so that the new one can come before the old one goes."
  }

  assert {
    condition = (
      aws_codedeploy_deployment_config.canary[0].compute_platform == "ECS"
      && aws_codedeploy_deployment_config.canary[0].traffic_routing_config[0].type == "TimeBasedCanary"
      && aws_codedeploy_deployment_config.canary[0].traffic_routing_config[0].time_based_canary[0] == { interval = 7, percentage = 5 }
    )
    error_message = "The canary sends 5 % first, and the rest seven minutes later."
  }

  assert {
    condition = (
      aws_codedeploy_deployment_config.linear[0].compute_platform == "ECS"
      && aws_codedeploy_deployment_config.linear[0].traffic_routing_config[0].type == "TimeBasedLinear"
      && aws_codedeploy_deployment_config.linear[0].traffic_routing_config[0].time_based_linear[0] == { interval = 3, percentage = 25 }
    )
    error_message = "The linear one sends 25 % more every three minutes."
  }
}

run "alarms_watch_what_each_slots_own_tasks_answer" {
  command = plan

  variables {
    alarms = {}
  }

  assert {
    condition = { for slot, alarm in aws_cloudwatch_metric_alarm.errors : slot => alarm.dimensions } == {
      blue  = tomap({ LoadBalancer = "app/ana-prod/50dc6c495c0c9188", TargetGroup = "targetgroup/ana-prod-blue/50dc6c495c0c9188" })
      green = tomap({ LoadBalancer = "app/ana-prod/50dc6c495c0c9188", TargetGroup = "targetgroup/ana-prod-green/73e2d6bc24d8a067" })
    }
    error_message = "Each alarm looks at its own slot, behind production's balancer."
  }

  assert {
    condition = alltrue([
      for alarm in aws_cloudwatch_metric_alarm.errors :
      alarm.namespace == "AWS/ApplicationELB"
      && alarm.metric_name == "HTTPCode_Target_5XX_Count"
      && alarm.statistic == "Sum"
      && alarm.comparison_operator == "GreaterThanOrEqualToThreshold"
      && alarm.threshold == 3
      && alarm.period == 60
      && alarm.evaluation_periods == 1
    ])
    error_message = "Three answers of 5xx from the tasks in one minute are too many."
  }

  assert {
    condition     = alltrue([for alarm in aws_cloudwatch_metric_alarm.errors : alarm.treat_missing_data == "notBreaching"])
    error_message = "A minute without an error has no figure, and that is no fault."
  }
}

run "alarms_can_be_coarser" {
  command = plan

  variables {
    alarms = { period_s = 300, threshold = 50 }
  }

  assert {
    condition     = alltrue([for alarm in aws_cloudwatch_metric_alarm.errors : alarm.threshold == 50 && alarm.period == 300])
    error_message = "Threshold and period are those given."
  }
}

run "a_threshold_of_no_errors_is_rejected" {
  command = plan

  variables {
    alarms = { threshold = 0 }
  }

  expect_failures = [var.alarms]
}

run "half_a_minute_is_rejected" {
  command = plan

  variables {
    alarms = { period_s = 30 }
  }

  expect_failures = [var.alarms]
}

run "a_period_of_more_than_a_day_is_rejected" {
  command = plan

  variables {
    alarms = { period_s = 86460 }
  }

  expect_failures = [var.alarms]
}

run "a_range_without_a_mask_is_rejected" {
  command = plan

  variables {
    allowed_cidrs = ["203.0.113.7"]
  }

  expect_failures = [var.allowed_cidrs]
}

run "a_canary_of_everything_is_rejected" {
  command = plan

  variables {
    canary = { interval_min = 2, percent = 100 }
  }

  expect_failures = [var.canary]
}

run "a_canary_of_nothing_is_rejected" {
  command = plan

  variables {
    canary = { interval_min = 2, percent = 0 }
  }

  expect_failures = [var.canary]
}

run "a_canary_of_half_a_percent_is_rejected" {
  command = plan

  variables {
    canary = { interval_min = 2, percent = 0.5 }
  }

  expect_failures = [var.canary]
}

run "a_canary_that_waits_for_no_minute_is_rejected" {
  command = plan

  variables {
    canary = { interval_min = 0, percent = 20 }
  }

  expect_failures = [var.canary]
}

run "a_canary_of_more_than_two_days_is_rejected" {
  command = plan

  variables {
    canary = { interval_min = 2881, percent = 20 }
  }

  expect_failures = [var.canary]
}

run "linear_steps_of_everything_are_rejected" {
  command = plan

  variables {
    linear = { interval_min = 2, percent = 100 }
  }

  expect_failures = [var.linear]
}

run "linear_steps_of_nothing_are_rejected" {
  command = plan

  variables {
    linear = { interval_min = 2, percent = 0 }
  }

  expect_failures = [var.linear]
}

run "linear_steps_without_an_interval_are_rejected" {
  command = plan

  variables {
    linear = { interval_min = 0, percent = 20 }
  }

  expect_failures = [var.linear]
}

run "linear_steps_of_two_days_are_taken" {
  command = plan

  variables {
    linear = { interval_min = 720, percent = 20 }
  }

  assert {
    condition     = output.configurations.linear == "ana-linear-20-percent-every-720-minutes"
    error_message = "Five shifts have four intervals between them."
  }
}

run "linear_steps_of_more_than_two_days_are_rejected" {
  command = plan

  variables {
    linear = { interval_min = 721, percent = 20 }
  }

  expect_failures = [var.linear]
}

run "a_path_without_a_slash_is_rejected" {
  command = plan

  variables {
    path_pattern = "hello/*"
  }

  expect_failures = [var.path_pattern]
}

run "a_third_slot_is_rejected" {
  command = plan

  variables {
    target_groups = { blue = { arn = "arn:1", arn_suffix = "1" }, red = { arn = "arn:2", arn_suffix = "2" } }
  }

  expect_failures = [var.target_groups]
}

run "productions_own_port_is_rejected" {
  command = plan

  variables {
    test_port = 80
  }

  expect_failures = [var.test_port]
}

run "port_0_is_rejected" {
  command = plan

  variables {
    test_port = 0
  }

  expect_failures = [var.test_port]
}

run "port_65536_is_rejected" {
  command = plan

  variables {
    test_port = 65536
  }

  expect_failures = [var.test_port]
}
