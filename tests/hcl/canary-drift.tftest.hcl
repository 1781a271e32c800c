# What a deployment changes, the next plan leaves alone: an apply first, then plans over its state.

mock_provider "aws" {
  source = "./mocks"
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

run "the_test_port_is_opened_while_blue_serves" {
  command = apply

  variables {
    canary = { interval_min = 2, percent = 20 }
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
}

run "where_deployments_send_the_test_port_is_left_alone" {
  command = plan

  variables {
    canary = { interval_min = 2, percent = 20 }
  }

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
    condition     = { for group in aws_lb_listener_rule.test.action[0].forward[0].target_group : split("/", group.arn)[1] => group.weight } == { ana-prod-blue = 100, ana-prod-green = 0 }
    error_message = "Production's weights count when the port is opened; afterwards both rules are CodeDeploy's."
  }
}

run "other_figures_make_another_configuration" {
  command = apply

  variables {
    canary = { interval_min = 2, percent = 25 }
  }

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
    condition     = output.configurations == { canary = "ana-canary-25-percent-2-minutes" }
    error_message = "The new configuration has a name of its own."
  }

  assert {
    condition     = output.test_listener == run.the_test_port_is_opened_while_blue_serves.test_listener
    error_message = "The test listener is the one made before."
  }
}
