mock_provider "aws" {
  source          = "./mocks"
  override_during = plan
}

variables {
  prefix = "ana"
}

run "everything_is_named_from_the_prefix" {
  command = plan

  assert {
    condition     = { for key, cluster in aws_ecs_cluster.this : key => cluster.name } == { prod = "ana-prod", staging = "ana-staging" }
    error_message = "Each environment has a cluster named after prefix and environment."
  }

  assert {
    condition     = { for key, balancer in aws_lb.this : key => balancer.name } == { prod = "ana-prod", staging = "ana-staging" }
    error_message = "Each environment has a load balancer named after prefix and environment."
  }

  assert {
    condition     = alltrue([for group in aws_security_group.load_balancer : startswith(group.name, "ana-")])
    error_message = "Security groups are named from the prefix."
  }
}

run "resources_carry_the_step_that_brings_them" {
  command = plan

  assert {
    condition = alltrue([
      for resource in concat(
        [aws_internet_gateway.this, aws_route_table.public, aws_vpc.this],
        values(aws_ecs_cluster.this), values(aws_lb.this), values(aws_lb_listener.http),
        values(aws_security_group.load_balancer), values(aws_subnet.public),
      ) : resource.tags.step == "0"
    ])
    error_message = "Each resource is tagged with step 0."
  }
}

run "balancers_stand_in_two_zones_and_face_the_internet" {
  command = plan

  assert {
    condition     = toset([for subnet in aws_subnet.public : subnet.availability_zone]) == toset(["us-west-2a", "us-west-2b"])
    error_message = "Subnets stand in the first two zones by name."
  }

  assert {
    condition     = length(distinct([for subnet in aws_subnet.public : subnet.cidr_block])) == 2
    error_message = "Subnets have ranges of their own."
  }

  assert {
    condition     = aws_route.internet.destination_cidr_block == "0.0.0.0/0" && alltrue([for balancer in aws_lb.this : !balancer.internal])
    error_message = "Balancers are reached from the internet."
  }
}

run "zones_without_fargate_are_left_out" {
  command = plan

  assert {
    condition     = alltrue([for zone in ["apne1-az3", "usw1-az2"] : contains(data.aws_availability_zones.available.exclude_zone_ids, zone)])
    error_message = "No subnet stands in a zone that Fargate does not serve."
  }
}

run "no_attribute_costs_a_fixed_wait" {
  command = plan

  assert {
    condition     = alltrue([for subnet in aws_subnet.public : subnet.map_public_ip_on_launch != true])
    error_message = "map_public_ip_on_launch stays off: the provider waits for it."
  }
}

run "a_listener_answers_404_until_a_service_comes" {
  command = plan

  assert {
    condition = alltrue([
      for listener in aws_lb_listener.http :
      listener.port == 80 && listener.default_action[0].type == "fixed-response" && listener.default_action[0].fixed_response[0].status_code == "404"
    ])
    error_message = "The default action is a fixed 404 on port 80."
  }
}

run "only_allowed_ranges_may_call" {
  command = plan

  variables {
    allowed_cidrs = ["203.0.113.7/32", "198.51.100.0/24"]
  }

  assert {
    condition     = length(aws_vpc_security_group_ingress_rule.http) == 4
    error_message = "Each balancer has one rule a range."
  }

  assert {
    condition     = toset([for rule in aws_vpc_security_group_ingress_rule.http : rule.cidr_ipv4]) == toset(["203.0.113.7/32", "198.51.100.0/24"])
    error_message = "The rules name the ranges given, and no others."
  }

  assert {
    condition     = alltrue([for rule in aws_vpc_security_group_ingress_rule.http : rule.from_port == 80 && rule.to_port == 80])
    error_message = "Only port 80 is open."
  }

  assert {
    condition     = alltrue([for rule in aws_vpc_security_group_egress_rule.targets : rule.cidr_ipv4 == "10.0.0.0/16" && rule.to_port == 80])
    error_message = "Balancers reach port 80 inside the network only."
  }
}

run "prefix_with_a_capital_is_rejected" {
  command = plan

  variables {
    prefix = "Ana"
  }

  expect_failures = [var.prefix]
}

run "prefix_that_balancers_refuse_is_rejected" {
  command = plan

  variables {
    prefix = "internal-ana"
  }

  expect_failures = [var.prefix]
}

run "prefix_that_security_groups_refuse_is_rejected" {
  command = plan

  variables {
    prefix = "sg"
  }

  expect_failures = [var.prefix]
}

run "range_without_a_mask_is_rejected" {
  command = plan

  variables {
    allowed_cidrs = ["203.0.113.7"]
  }

  expect_failures = [var.allowed_cidrs]
}

run "network_too_small_for_a_balancer_is_rejected" {
  command = plan

  variables {
    vpc_cidr = "10.0.0.0/24"
  }

  expect_failures = [var.vpc_cidr]
}
