mock_provider "aws" {
  source          = "./mocks"
  override_during = plan
}

variables {
  prefix = "ana"

  cluster = {
    arn  = "arn:aws:ecs:us-west-2:123456789012:cluster/ana-staging"
    name = "ana-staging"
  }

  image_repository = {
    arn  = "arn:aws:ecr:us-west-2:123456789012:repository/ana-hello-server"
    name = "ana-hello-server"
    url  = "123456789012.dkr.ecr.us-west-2.amazonaws.com/ana-hello-server"
  }

  load_balancer = {
    listener_arn      = "arn:aws:elasticloadbalancing:us-west-2:123456789012:listener/app/ana-staging/50dc6c495c0c9188/f2f7dc8efc522ab2"
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
    condition     = aws_ecs_service.this.name == "hello-server-staging" && aws_ecs_service.this.cluster == var.cluster.arn
    error_message = "The service is named after application and environment, and runs in the prefix's cluster."
  }

  assert {
    condition     = aws_ecs_task_definition.this.family == "ana-hello-server-staging" && aws_lb_target_group.this.name == "ana-staging"
    error_message = "Task family and target group are named from the prefix."
  }

  assert {
    condition     = output.service.log_group == "/ecs-workshop/ana/staging"
    error_message = "The log group is named from prefix and environment."
  }

  assert {
    condition = alltrue([
      for resource in [
        aws_ecs_service.this, aws_ecs_task_definition.this, aws_lb_listener_rule.this,
        aws_lb_target_group.this,
      ] : resource.tags.step == "1.2"
    ])
    error_message = "Each resource is tagged with step 1.2."
  }
}

run "an_update_keeps_half_of_the_tasks_and_rolls_back" {
  command = plan

  assert {
    condition     = aws_ecs_service.this.deployment_minimum_healthy_percent == 50 && aws_ecs_service.this.deployment_maximum_percent == 200
    error_message = "At least half of the tasks, at most twice as many, run during an update."
  }

  assert {
    condition     = aws_ecs_service.this.deployment_circuit_breaker[0].enable && aws_ecs_service.this.deployment_circuit_breaker[0].rollback
    error_message = "The circuit breaker ends an update that does not get healthy, and rolls it back."
  }

  assert {
    condition     = aws_ecs_service.this.health_check_grace_period_seconds == 30 && aws_ecs_service.this.desired_count == 2
    error_message = "Two tasks, each with 30 seconds to get ready."
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

  assert {
    condition     = jsondecode(aws_ecs_task_definition.this.container_definitions)[0].image == "123456789012.dkr.ecr.us-west-2.amazonaws.com/ana-hello-server:4b825dc642cb6eb9a060e54bf8d69288fbee4904"
    error_message = "The first revision runs the newest image of the repository, by its tag."
  }

  assert {
    condition     = jsondecode(aws_ecs_task_definition.this.container_definitions)[0].logConfiguration.options["awslogs-group"] == "/ecs-workshop/ana/staging"
    error_message = "Tasks write to the log group."
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

run "the_balancer_checks_ping_and_forwards_hello" {
  command = plan

  assert {
    condition     = aws_lb_target_group.this.target_type == "ip" && aws_lb_target_group.this.deregistration_delay == "5"
    error_message = "Targets are addresses, drained for 5 seconds."
  }

  assert {
    condition = (
      aws_lb_target_group.this.health_check[0].path == "/ping"
      && aws_lb_target_group.this.health_check[0].interval == 5
      && aws_lb_target_group.this.health_check[0].timeout == 2
      && aws_lb_target_group.this.health_check[0].healthy_threshold == 2
      && aws_lb_target_group.this.health_check[0].unhealthy_threshold == 2
    )
    error_message = "Two answers of /ping, five seconds apart, decide."
  }

  assert {
    condition     = one(one(aws_lb_listener_rule.this.condition).path_pattern).values == toset(["/hello/*"]) && aws_lb_listener_rule.this.action[0].type == "forward"
    error_message = "Requests for /hello/* go to the service."
  }
}

run "a_destroy_does_not_wait_for_tasks_or_keep_revisions" {
  command = plan

  assert {
    condition     = aws_ecs_service.this.force_delete && !aws_ecs_task_definition.this.skip_destroy
    error_message = "The service goes with its tasks, and the first revision with the service."
  }
}

run "an_empty_image_repository_is_rejected" {
  command = plan

  override_data {
    target = data.aws_ecr_repository.pushed
    values = { most_recent_image_tags = [] }
  }

  expect_failures = [data.aws_ecr_repository.pushed]
}

run "an_update_without_room_is_rejected" {
  command = plan

  variables {
    deployment = { maximum_percent = 100, minimum_healthy_percent = 100 }
  }

  expect_failures = [var.deployment]
}

run "a_timeout_as_long_as_the_interval_is_rejected" {
  command = plan

  variables {
    health_check = { timeout_s = 5 }
  }

  expect_failures = [var.health_check]
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
