mock_provider "aws" {
  source          = "./mocks"
  override_during = plan
}

variables {
  prefix = "ana"

  cluster = {
    arn  = "arn:aws:ecs:us-west-2:123456789012:cluster/ana-prod"
    name = "ana-prod"
  }

  first_version = {
    cluster_arn = "arn:aws:ecs:us-west-2:123456789012:cluster/ana-staging"
    container   = "hello-server"
    service_arn = "arn:aws:ecs:us-west-2:123456789012:service/ana-staging/hello-server-staging"
  }

  image_repository = {
    arn = "arn:aws:ecr:us-west-2:123456789012:repository/ana-hello-server"
  }

  load_balancer = {
    listener_arn      = "arn:aws:elasticloadbalancing:us-west-2:123456789012:listener/app/ana-prod/50dc6c495c0c9188/f2f7dc8efc522ab2"
    security_group_id = "sg-balancer"
  }

  network = {
    subnet_ids = ["subnet-a", "subnet-b"]
    vpc_id     = "vpc-1"
  }
}

run "everything_is_named_from_the_prefix" {
  command = plan

  assert {
    condition     = aws_ecs_service.this.name == "hello-server-prod" && aws_ecs_service.this.cluster == var.cluster.arn
    error_message = "The service is named after application and environment, and runs in the prefix's cluster."
  }

  assert {
    condition     = aws_ecs_task_definition.this.family == "ana-hello-server-prod" && { for slot, group in aws_lb_target_group.this : slot => group.name } == { blue = "ana-prod-blue", green = "ana-prod-green" }
    error_message = "Task family and target groups are named from the prefix."
  }

  assert {
    condition     = output.service.log_group == "/ecs-workshop/ana/prod"
    error_message = "The log group is named from prefix and environment."
  }

  assert {
    condition = alltrue([
      for resource in [
        aws_ecs_service.this, aws_ecs_task_definition.this, aws_lb_listener_rule.this,
        aws_lb_target_group.this["blue"], aws_lb_target_group.this["green"],
      ] : resource.tags.step == "2.1"
    ])
    error_message = "Each resource is tagged with step 2.1."
  }
}

run "the_longest_prefix_leaves_the_groups_their_names" {
  command = plan

  variables {
    prefix = "abcdefghijklmnopqrst"
  }

  assert {
    condition     = aws_lb_target_group.this["green"].name == "abcdefghijklmnopqrst-prod-green"
    error_message = "A name of a target group has at most 32 characters."
  }
}

run "blue_serves_first_and_the_rule_knows_both_groups" {
  command = plan

  override_resource {
    target          = aws_lb_target_group.this["blue"]
    override_during = plan
    values          = { arn = "arn:aws:elasticloadbalancing:us-west-2:123456789012:targetgroup/blue/50dc6c495c0c9188" }
  }

  override_resource {
    target          = aws_lb_target_group.this["green"]
    override_during = plan
    values          = { arn = "arn:aws:elasticloadbalancing:us-west-2:123456789012:targetgroup/green/50dc6c495c0c9188" }
  }

  assert {
    condition     = { for group in aws_lb_listener_rule.this.action[0].forward[0].target_group : split("/", group.arn)[1] => group.weight } == { blue = 100, green = 0 }
    error_message = "All requests go to blue; green stands in the rule, or its health would not be checked."
  }

  assert {
    condition     = one(one(aws_lb_listener_rule.this.condition).path_pattern).values == toset(["/hello/*"]) && aws_lb_listener_rule.this.listener_arn == var.load_balancer.listener_arn
    error_message = "The rule is for /hello/* on the production listener."
  }

  assert {
    condition     = one(aws_ecs_service.this.load_balancer).target_group_arn == aws_lb_target_group.this["blue"].arn
    error_message = "The first tasks fill blue."
  }
}

run "both_groups_check_ping" {
  command = plan

  assert {
    condition = alltrue([
      for group in aws_lb_target_group.this :
      group.health_check[0].path == "/ping"
      && group.health_check[0].interval == 5
      && group.health_check[0].timeout == 2
      && group.health_check[0].healthy_threshold == 2
      && group.health_check[0].unhealthy_threshold == 2
      && group.target_type == "ip"
      && group.deregistration_delay == "5"
    ])
    error_message = "In both groups two answers of /ping, five seconds apart, decide."
  }
}

run "codedeploy_is_the_services_controller" {
  command = plan

  assert {
    condition     = aws_ecs_service.this.deployment_controller[0].type == "CODE_DEPLOY" && aws_ecs_service.this.desired_count == 3
    error_message = "CodeDeploy replaces the three tasks."
  }

  assert {
    condition     = length(aws_ecs_service.this.deployment_circuit_breaker) == 0 && !aws_ecs_service.this.wait_for_steady_state
    error_message = "Circuit breaker and steady state are for services that roll."
  }

  assert {
    condition     = aws_ecs_service.this.force_delete && !aws_ecs_task_definition.this.skip_destroy
    error_message = "A destroy does not wait for tasks, and takes the first revision along."
  }
}

run "tasks_run_on_fargate_and_can_pull_their_image" {
  command = plan

  assert {
    condition     = aws_ecs_service.this.launch_type == "FARGATE" && aws_ecs_task_definition.this.network_mode == "awsvpc" && aws_ecs_task_definition.this.requires_compatibilities == toset(["FARGATE"])
    error_message = "Tasks run on Fargate, with a network interface of their own."
  }

  assert {
    condition     = aws_ecs_service.this.network_configuration[0].assign_public_ip
    error_message = "In a public subnet without a public address a task cannot pull its image."
  }
}

run "the_first_revision_runs_what_the_service_before_runs" {
  command = plan

  assert {
    condition     = data.aws_ecs_service.before.service_name == "hello-server-staging" && data.aws_ecs_service.before.cluster_arn == var.first_version.cluster_arn
    error_message = "The service before this one is found by its ARN."
  }

  assert {
    condition     = data.aws_ecs_container_definition.before.task_definition == "arn:aws:ecs:us-west-2:123456789012:task-definition/mocked:7"
    error_message = "It is the revision that the service runs that counts, not the newest of its family."
  }

  assert {
    condition     = jsondecode(aws_ecs_task_definition.this.container_definitions)[0].image == "123456789012.dkr.ecr.us-west-2.amazonaws.com/ana-hello-server:e69de29bb2d1d6434b8b29ae775ad8c2e48c5391"
    error_message = "The first revision runs that image."
  }
}

# Terraform and the workshop fill in `${…}` alike.
run "the_first_revision_is_the_applications_taskdef_but_for_the_image" {
  command = plan

  assert {
    condition = jsonencode([
      merge(jsondecode(aws_ecs_task_definition.this.container_definitions)[0], { image = "<IMAGE1_NAME>" })
      ]) == jsonencode(jsondecode(templatefile("../../app/blue-green/taskdef.json", {
        container          = "hello-server"
        cpu                = "256"
        execution_role_arn = "arn:aws:iam::123456789012:role/mocked"
        family             = "ana-hello-server-prod"
        log_group          = "/ecs-workshop/ana/prod"
        memory             = "512"
        region             = "us-west-2"
        task_role_arn      = "arn:aws:iam::123456789012:role/mocked"
    })).containerDefinitions)
    error_message = "app/blue-green/taskdef.json says another container than the module's first revision."
  }

  assert {
    condition = yamldecode(file("../../app/blue-green/appspec.yaml")).Resources[0].TargetService.Properties == {
      TaskDefinition   = "<TASK_DEFINITION>"
      LoadBalancerInfo = { ContainerName = var.application, ContainerPort = var.container_port }
    }
    error_message = "app/blue-green/appspec.yaml names another container or port than the module's first revision."
  }
}

run "the_service_runs_with_what_is_its_tasks" {
  command = plan

  override_module {
    target = module.tasks
    outputs = {
      family            = "the-family"
      log_group         = "/the/log"
      role_arns         = { execution = "arn:aws:iam::123456789012:role/ana-execution", task = "arn:aws:iam::123456789012:role/ana-task" }
      security_group_id = "sg-tasks"
    }
  }

  assert {
    condition     = [aws_ecs_task_definition.this.execution_role_arn, aws_ecs_task_definition.this.task_role_arn] == output.service.role_arns && output.service.role_arns == ["arn:aws:iam::123456789012:role/ana-execution", "arn:aws:iam::123456789012:role/ana-task"]
    error_message = "ECS takes the execution role, the application the task's; the output names both."
  }

  assert {
    condition     = aws_ecs_service.this.network_configuration[0].security_groups == toset(["sg-tasks"])
    error_message = "Tasks are in their security group, and in no other."
  }

  assert {
    condition     = aws_ecs_task_definition.this.family == "the-family" && jsondecode(aws_ecs_task_definition.this.container_definitions)[0].logConfiguration.options["awslogs-group"] == "/the/log"
    error_message = "Tasks are of their family, and write to their log."
  }
}

run "without_a_deployment_there_is_no_codedeploy" {
  command = plan

  assert {
    condition     = length(aws_codedeploy_app.this) + length(aws_codedeploy_deployment_group.this) + length(aws_iam_role.codedeploy) + length(aws_iam_role_policy.codedeploy) == 0 && output.deployment_group == null
    error_message = "Application, group and role come with `deployment`."
  }
}

run "codedeploy_replaces_blue_and_green_and_rolls_back" {
  command = plan

  variables {
    deployment = { artifact_bucket_arn = "arn:aws:s3:::artifacts" }
  }

  assert {
    condition     = aws_codedeploy_app.this[0].name == "ana-hello-server" && aws_codedeploy_app.this[0].compute_platform == "ECS"
    error_message = "The application is for ECS, and named from the prefix."
  }

  assert {
    condition     = aws_codedeploy_deployment_group.this[0].deployment_group_name == "ana-hello-server-prod" && one(aws_codedeploy_deployment_group.this[0].ecs_service) == { cluster_name = "ana-prod", service_name = "hello-server-prod" }
    error_message = "The group deploys to the service."
  }

  assert {
    condition     = aws_codedeploy_deployment_group.this[0].deployment_config_name == "CodeDeployDefault.ECSAllAtOnce" && one(aws_codedeploy_deployment_group.this[0].deployment_style) == { deployment_option = "WITH_TRAFFIC_CONTROL", deployment_type = "BLUE_GREEN" }
    error_message = "Traffic is shifted all at once."
  }

  assert {
    condition     = one(aws_codedeploy_deployment_group.this[0].auto_rollback_configuration).enabled && one(aws_codedeploy_deployment_group.this[0].auto_rollback_configuration).events == toset(["DEPLOYMENT_FAILURE", "DEPLOYMENT_STOP_ON_ALARM", "DEPLOYMENT_STOP_ON_REQUEST"])
    error_message = "Whatever ends a deployment, it is rolled back."
  }

  assert {
    condition = (
      one(one(aws_codedeploy_deployment_group.this[0].blue_green_deployment_config).deployment_ready_option).action_on_timeout == "CONTINUE_DEPLOYMENT"
      && one(one(aws_codedeploy_deployment_group.this[0].blue_green_deployment_config).terminate_blue_instances_on_deployment_success).action == "TERMINATE"
      && one(one(aws_codedeploy_deployment_group.this[0].blue_green_deployment_config).terminate_blue_instances_on_deployment_success).termination_wait_time_in_minutes == 5
    )
    error_message = "Nobody is waited for before the switch; the old tasks outlive it by five minutes."
  }

  assert {
    condition     = one(one(aws_codedeploy_deployment_group.this[0].blue_green_deployment_config).deployment_ready_option).wait_time_in_minutes == null && length(aws_codedeploy_deployment_group.this[0].alarm_configuration) == 0
    error_message = "AWS refuses a time to wait where nobody is waited for; there are no alarms."
  }

  assert {
    condition = (
      one(one(aws_codedeploy_deployment_group.this[0].load_balancer_info).target_group_pair_info).target_group[*].name == tolist(["ana-prod-blue", "ana-prod-green"])
      && one(one(one(aws_codedeploy_deployment_group.this[0].load_balancer_info).target_group_pair_info).prod_traffic_route).listener_arns == toset([var.load_balancer.listener_arn])
      && length(one(one(aws_codedeploy_deployment_group.this[0].load_balancer_info).target_group_pair_info).test_traffic_route) == 0
    )
    error_message = "The pair is blue and green behind the production listener, and there is no test listener."
  }

  assert {
    condition = alltrue([
      for resource in [aws_codedeploy_app.this[0], aws_codedeploy_deployment_group.this[0], aws_iam_role.codedeploy[0]] :
      resource.tags.step == "2.2"
    ])
    error_message = "Each resource is tagged with step 2.2."
  }
}

run "codedeploy_may_replace_this_services_tasks_and_no_more" {
  command = plan

  variables {
    deployment = { artifact_bucket_arn = "arn:aws:s3:::artifacts" }
  }

  override_resource {
    target          = module.tasks.aws_iam_role.execution
    override_during = plan
    values          = { arn = "arn:aws:iam::123456789012:role/ana-execution" }
  }

  override_resource {
    target          = module.tasks.aws_iam_role.task
    override_during = plan
    values          = { arn = "arn:aws:iam::123456789012:role/ana-task" }
  }

  override_resource {
    target          = aws_ecs_service.this
    override_during = plan
    values          = { id = "arn:aws:ecs:us-west-2:123456789012:service/ana-prod/hello-server-prod" }
  }

  assert {
    condition = jsonencode({ for statement in data.aws_iam_policy_document.codedeploy[0].statement : statement.sid => [sort(statement.actions), sort(statement.resources)] }) == jsonencode({
      ChooseTaskSet = [
        ["ecs:DescribeServices", "ecs:UpdateServicePrimaryTaskSet"],
        ["arn:aws:ecs:us-west-2:123456789012:service/ana-prod/hello-server-prod"],
      ]
      FindTraffic = [
        ["elasticloadbalancing:DescribeListeners", "elasticloadbalancing:DescribeRules", "elasticloadbalancing:DescribeTargetGroups"],
        ["*"],
      ]
      PassTaskRoles = [["iam:PassRole"], ["arn:aws:iam::123456789012:role/ana-execution", "arn:aws:iam::123456789012:role/ana-task"]]
      ReadArtifacts = [["s3:GetObject", "s3:GetObjectVersion"], ["arn:aws:s3:::artifacts/*"]]
      ReplaceTaskSets = [
        ["ecs:CreateTaskSet", "ecs:DeleteTaskSet"],
        ["arn:aws:ecs:us-west-2:123456789012:task-set/ana-prod/hello-server-prod/*"],
      ]
      ShiftTraffic = [
        ["elasticloadbalancing:ModifyListener", "elasticloadbalancing:ModifyRule"],
        [
          "arn:aws:elasticloadbalancing:us-west-2:123456789012:listener-rule/app/ana-prod/50dc6c495c0c9188/*",
          "arn:aws:elasticloadbalancing:us-west-2:123456789012:listener/app/ana-prod/50dc6c495c0c9188/*",
        ],
      ]
      WatchAlarms = [["cloudwatch:DescribeAlarms"], ["*"]]
    })
    error_message = "CodeDeploy's role reaches this service, its task sets, this balancer and these roles."
  }

  assert {
    condition = jsonencode([
      for statement in data.aws_iam_policy_document.codedeploy[0].statement : one(statement.condition) if length(statement.condition) > 0
    ]) == jsonencode([{ test = "StringEquals", variable = "iam:PassedToService", values = ["ecs-tasks.amazonaws.com"] }])
    error_message = "Roles are passed to tasks only."
  }
}

run "another_strategy_can_be_given" {
  command = plan

  variables {
    deployment = { artifact_bucket_arn = "arn:aws:s3:::artifacts" }
    strategy   = { configuration = "CodeDeployDefault.ECSLinear10PercentEvery1Minutes", termination_wait_min = 0 }
  }

  assert {
    condition = (
      aws_codedeploy_deployment_group.this[0].deployment_config_name == "CodeDeployDefault.ECSLinear10PercentEvery1Minutes"
      && one(one(aws_codedeploy_deployment_group.this[0].blue_green_deployment_config).terminate_blue_instances_on_deployment_success).termination_wait_time_in_minutes == 0
    )
    error_message = "Configuration and wait are those given."
  }
}

run "a_person_can_be_waited_for_while_the_test_listener_shows_the_new_tasks" {
  command = plan

  variables {
    deployment = { artifact_bucket_arn = "arn:aws:s3:::artifacts" }
    strategy = {
      ready_wait_min = 30
      test_listener  = { listener_arn = "arn:aws:elasticloadbalancing:us-west-2:123456789012:listener/app/ana-prod/50dc6c495c0c9188/0467ef3c8400ae65" }
    }
  }

  assert {
    condition     = one(one(aws_codedeploy_deployment_group.this[0].blue_green_deployment_config).deployment_ready_option) == { action_on_timeout = "STOP_DEPLOYMENT", wait_time_in_minutes = 30 }
    error_message = "A deployment that nobody sends on within half an hour is stopped."
  }

  assert {
    condition     = one(one(one(aws_codedeploy_deployment_group.this[0].load_balancer_info).target_group_pair_info).test_traffic_route).listener_arns == toset([var.strategy.test_listener.listener_arn])
    error_message = "The test listener shows the new tasks."
  }
}

run "alarms_stop_a_deployment" {
  command = plan

  variables {
    deployment = { artifact_bucket_arn = "arn:aws:s3:::artifacts" }
    strategy   = { alarms = ["ana-prod-blue-5xx", "ana-prod-green-5xx"] }
  }

  assert {
    condition = (
      one(aws_codedeploy_deployment_group.this[0].alarm_configuration).enabled
      && one(aws_codedeploy_deployment_group.this[0].alarm_configuration).alarms == toset(["ana-prod-blue-5xx", "ana-prod-green-5xx"])
      && one(aws_codedeploy_deployment_group.this[0].alarm_configuration).ignore_poll_alarm_failure != true
    )
    error_message = "Both alarms are watched, and a deployment that cannot ask for them is stopped too."
  }
}

run "a_configuration_for_servers_is_rejected" {
  command = plan

  variables {
    strategy = { configuration = "CodeDeployDefault.OneAtATime" }
  }

  expect_failures = [var.strategy]
}

run "a_wait_of_more_than_two_days_is_rejected" {
  command = plan

  variables {
    strategy = { termination_wait_min = 2881 }
  }

  expect_failures = [var.strategy]
}

run "a_person_who_takes_more_than_two_days_is_rejected" {
  command = plan

  variables {
    strategy = { ready_wait_min = 2881 }
  }

  expect_failures = [var.strategy]
}

run "half_a_minute_for_a_person_is_rejected" {
  command = plan

  variables {
    strategy = { ready_wait_min = 0.5 }
  }

  expect_failures = [var.strategy]
}

run "eleven_alarms_are_rejected" {
  command = plan

  variables {
    strategy = { alarms = [for number in range(11) : "alarm-${number}"] }
  }

  expect_failures = [var.strategy]
}

run "the_production_listener_as_test_listener_is_rejected" {
  command = plan

  variables {
    strategy = { test_listener = { listener_arn = "arn:aws:elasticloadbalancing:us-west-2:123456789012:listener/app/ana-prod/50dc6c495c0c9188/f2f7dc8efc522ab2" } }
  }

  expect_failures = [var.strategy]
}

run "an_environment_too_long_for_the_groups_names_is_rejected" {
  command = plan

  variables {
    environment = "production"
    prefix      = "abcdefghijklmnopqrst"
  }

  expect_failures = [var.environment]
}

run "a_timeout_as_long_as_the_interval_is_rejected" {
  command = plan

  variables {
    health_check = { timeout_s = 5 }
  }

  expect_failures = [var.health_check]
}

run "a_negative_grace_is_rejected" {
  command = plan

  variables {
    health_check_grace_s = -1
  }

  expect_failures = [var.health_check_grace_s]
}

run "no_tasks_are_rejected" {
  command = plan

  variables {
    desired_count = 0
  }

  expect_failures = [var.desired_count]
}

run "one_subnet_is_rejected" {
  command = plan

  variables {
    network = { subnet_ids = ["subnet-a"], vpc_id = "vpc-1" }
  }

  expect_failures = [var.network]
}

run "a_size_that_fargate_lacks_is_rejected" {
  command = plan

  variables {
    task = { cpu = 256, memory = 4096 }
  }

  expect_failures = [var.task]
}
