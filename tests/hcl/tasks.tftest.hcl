mock_provider "aws" {
  source          = "./mocks"
  override_during = plan
}

variables {
  environment      = "staging"
  image_repository = { arn = "arn:aws:ecr:us-west-2:123456789012:repository/ana-hello-server" }
  load_balancer    = { security_group_id = "sg-balancer" }
  network          = { vpc_id = "vpc-1" }
  prefix           = "ana"
  step             = "1.2"
}

run "everything_is_named_from_the_prefix" {
  command = plan

  assert {
    condition     = [aws_iam_role.execution.name, aws_iam_role.task.name, aws_security_group.task.name] == ["ana-hello-server-staging-execution", "ana-hello-server-staging-task", "ana-hello-server-staging-task"] && output.family == "ana-hello-server-staging"
    error_message = "Roles and security group are named after the family, and that from the prefix."
  }

  assert {
    condition     = aws_cloudwatch_log_group.this.name == "/ecs-workshop/ana/staging" && aws_cloudwatch_log_group.this.retention_in_days == 7
    error_message = "The log group is named from prefix and environment, and kept 7 days."
  }

  assert {
    condition = alltrue([
      for resource in [
        aws_cloudwatch_log_group.this, aws_iam_role.execution, aws_iam_role.task, aws_security_group.task,
        aws_vpc_security_group_egress_rule.task, aws_vpc_security_group_ingress_rule.task,
      ] : resource.tags.step == "1.2"
    ])
    error_message = "Each resource is tagged with the step."
  }
}

run "only_the_balancer_reaches_the_tasks" {
  command = plan

  assert {
    condition     = aws_vpc_security_group_ingress_rule.task.referenced_security_group_id == "sg-balancer" && aws_vpc_security_group_ingress_rule.task.cidr_ipv4 == null
    error_message = "Callers come from the balancer's group."
  }

  assert {
    condition     = aws_vpc_security_group_ingress_rule.task.from_port == 80 && aws_vpc_security_group_ingress_rule.task.to_port == 80
    error_message = "Callers reach port 80."
  }
}

run "tasks_reach_https_and_nothing_else" {
  command = plan

  assert {
    condition     = aws_vpc_security_group_egress_rule.task.from_port == 443 && aws_vpc_security_group_egress_rule.task.to_port == 443 && aws_vpc_security_group_egress_rule.task.ip_protocol == "tcp"
    error_message = "Image and log are reached by HTTPS."
  }
}

run "roles_may_do_what_a_task_needs_and_no_more" {
  command = plan

  assert {
    condition = jsonencode({ for statement in data.aws_iam_policy_document.execution.statement : statement.sid => [sort(statement.actions), sort(statement.resources)] }) == jsonencode({
      LogInToRegistry = [["ecr:GetAuthorizationToken"], ["*"]]
      PullImage = [
        ["ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"],
        ["arn:aws:ecr:us-west-2:123456789012:repository/ana-hello-server"],
      ]
      WriteOwnLog = [
        ["logs:CreateLogStream", "logs:PutLogEvents"],
        ["arn:aws:logs:us-west-2:123456789012:log-group:mocked:*"],
      ]
    })
    error_message = "The execution role pulls this image and writes this log."
  }

  assert {
    condition     = aws_iam_role_policy.execution.role == aws_iam_role.execution.name && aws_iam_role.task.name == "ana-hello-server-staging-task"
    error_message = "Only the execution role has a policy: the application calls nothing of AWS."
  }
}

run "the_longest_names_are_accepted" {
  command = plan

  variables {
    environment = "a-test-of-production-x"
    prefix      = "abcdefghijklmnopqr"
  }

  assert {
    condition     = length(aws_iam_role.execution.name) == 64
    error_message = "A role's name may have 64 characters."
  }
}

run "a_port_that_does_not_exist_is_rejected" {
  command = plan

  variables {
    container_port = 65536
  }

  expect_failures = [var.container_port]
}

run "an_environment_too_long_for_the_roles_names_is_rejected" {
  command = plan

  variables {
    environment = "a-test-of-production-xy"
    prefix      = "abcdefghijklmnopqr"
  }

  expect_failures = [var.environment]
}
