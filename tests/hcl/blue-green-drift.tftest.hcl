# What a release changes, the next plan leaves alone: an apply first, then plans over its state.

mock_provider "aws" {
  source = "./mocks"
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

run "a_first_service_is_made" {
  command = apply
}

run "a_release_to_staging_is_not_one_to_production" {
  command = plan

  override_data {
    target = data.aws_ecs_container_definition.before
    values = { image = "123456789012.dkr.ecr.us-west-2.amazonaws.com/ana-hello-server:4b825dc642cb6eb9a060e54bf8d69288fbee4904" }
  }

  assert {
    condition     = endswith(jsondecode(aws_ecs_task_definition.this.container_definitions)[0].image, ":e69de29bb2d1d6434b8b29ae775ad8c2e48c5391")
    error_message = "A newer version in staging changes nothing here: releases are the pipeline's."
  }
}

run "what_codedeploy_owns_is_left_alone" {
  command = plan

  variables {
    desired_count = 4
    network       = { subnet_ids = ["subnet-c", "subnet-d"], vpc_id = "vpc-1" }
  }

  assert {
    condition     = aws_ecs_service.this.desired_count == 3 && aws_ecs_service.this.task_definition == aws_ecs_task_definition.this.arn
    error_message = "The count and the revision of a running service are left alone."
  }

  assert {
    condition     = aws_ecs_service.this.network_configuration[0].subnets == toset(["subnet-a", "subnet-b"])
    error_message = "ECS refuses another network of a service that CodeDeploy controls, so none is asked for."
  }
}

run "codedeploy_comes_without_touching_the_service" {
  command = apply

  variables {
    deployment = { artifact_bucket_arn = "arn:aws:s3:::artifacts" }
  }

  assert {
    condition     = aws_ecs_service.this.id == run.a_first_service_is_made.service.arn
    error_message = "The service is the one made before."
  }
}

run "another_configuration_reaches_the_deployment_group" {
  command = plan

  variables {
    deployment = { artifact_bucket_arn = "arn:aws:s3:::artifacts" }
    strategy   = { configuration = "CodeDeployDefault.ECSCanary10Percent5Minutes", termination_wait_min = 1 }
  }

  assert {
    condition = (
      aws_codedeploy_deployment_group.this[0].deployment_config_name == "CodeDeployDefault.ECSCanary10Percent5Minutes"
      && aws_codedeploy_deployment_group.this[0].blue_green_deployment_config[0].terminate_blue_instances_on_deployment_success[0].termination_wait_time_in_minutes == 1
    )
    error_message = "How a group deploys is Terraform's: nothing of it is ignored."
  }
}
