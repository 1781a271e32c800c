# What a release changes, the next plan leaves alone: an apply first, then plans over its state.

mock_provider "aws" {
  source = "./mocks"
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

run "a_first_service_is_made" {
  command = apply
}

run "a_release_is_not_undone" {
  command = plan

  override_data {
    target = data.aws_ecr_repository.pushed
    values = { most_recent_image_tags = ["e69de29bb2d1d6434b8b29ae775ad8c2e48c5391"] }
  }

  variables {
    desired_count = 3
  }

  assert {
    condition     = endswith(jsondecode(aws_ecs_task_definition.this.container_definitions)[0].image, ":4b825dc642cb6eb9a060e54bf8d69288fbee4904")
    error_message = "A newer image in the repository changes nothing: releases are the pipeline's."
  }

  assert {
    condition     = aws_ecs_service.this.desired_count == 2 && aws_ecs_service.this.task_definition == aws_ecs_task_definition.this.arn
    error_message = "The count and the revision of a running service are left alone."
  }
}
