# What the provider would compute, in AWS's shapes, so that a plan shows names put together from it.

mock_data "aws_availability_zones" {
  defaults = {
    names = ["us-west-2c", "us-west-2a", "us-west-2b"]
  }
}

mock_data "aws_caller_identity" {
  defaults = {
    account_id = "123456789012"
  }
}

mock_data "aws_ecr_repository" {
  defaults = {
    most_recent_image_tags = ["4b825dc642cb6eb9a060e54bf8d69288fbee4904"]
  }
}

mock_data "aws_ecs_container_definition" {
  defaults = {
    image = "123456789012.dkr.ecr.us-west-2.amazonaws.com/ana-hello-server:e69de29bb2d1d6434b8b29ae775ad8c2e48c5391"
  }
}

mock_data "aws_ecs_service" {
  defaults = {
    task_definition = "arn:aws:ecs:us-west-2:123456789012:task-definition/mocked:7"
  }
}

mock_data "aws_iam_policy_document" {
  defaults = {
    json = "{}"
  }
}

mock_data "aws_partition" {
  defaults = {
    partition = "aws"
  }
}

mock_data "aws_region" {
  defaults = {
    name = "us-west-2"
  }
}

mock_resource "aws_cloudwatch_log_group" {
  defaults = {
    arn = "arn:aws:logs:us-west-2:123456789012:log-group:mocked"
  }
}

mock_resource "aws_codebuild_project" {
  defaults = {
    arn = "arn:aws:codebuild:us-west-2:123456789012:project/mocked"
  }
}

mock_resource "aws_codecommit_repository" {
  defaults = {
    arn            = "arn:aws:codecommit:us-west-2:123456789012:mocked"
    clone_url_http = "https://git-codecommit.us-west-2.amazonaws.com/v1/repos/mocked"
  }
}

mock_resource "aws_codedeploy_app" {
  defaults = {
    arn = "arn:aws:codedeploy:us-west-2:123456789012:application:mocked"
  }
}

mock_resource "aws_codedeploy_deployment_group" {
  defaults = {
    arn = "arn:aws:codedeploy:us-west-2:123456789012:deploymentgroup:mocked/mocked"
  }
}

mock_resource "aws_codepipeline" {
  defaults = {
    arn = "arn:aws:codepipeline:us-west-2:123456789012:mocked"
  }
}

mock_resource "aws_ecr_repository" {
  defaults = {
    arn            = "arn:aws:ecr:us-west-2:123456789012:repository/mocked"
    repository_url = "123456789012.dkr.ecr.us-west-2.amazonaws.com/mocked"
  }
}

mock_resource "aws_ecs_cluster" {
  defaults = {
    arn = "arn:aws:ecs:us-west-2:123456789012:cluster/mocked"
  }
}

mock_resource "aws_ecs_service" {
  defaults = {
    id = "arn:aws:ecs:us-west-2:123456789012:service/mocked/mocked"
  }
}

mock_resource "aws_ecs_task_definition" {
  defaults = {
    arn = "arn:aws:ecs:us-west-2:123456789012:task-definition/mocked:1"
  }
}

mock_resource "aws_iam_role" {
  defaults = {
    arn = "arn:aws:iam::123456789012:role/mocked"
  }
}

mock_resource "aws_lb" {
  defaults = {
    arn        = "arn:aws:elasticloadbalancing:us-west-2:123456789012:loadbalancer/app/mocked/50dc6c495c0c9188"
    arn_suffix = "app/mocked/50dc6c495c0c9188"
    dns_name   = "mocked.us-west-2.elb.amazonaws.com"
  }
}

mock_resource "aws_lb_listener" {
  defaults = {
    arn = "arn:aws:elasticloadbalancing:us-west-2:123456789012:listener/app/mocked/50dc6c495c0c9188/f2f7dc8efc522ab2"
  }
}

mock_resource "aws_lb_listener_rule" {
  defaults = {
    arn = "arn:aws:elasticloadbalancing:us-west-2:123456789012:listener-rule/app/mocked/50dc6c495c0c9188/f2f7dc8efc522ab2/9683b2d02a6cabee"
  }
}

mock_resource "aws_lb_target_group" {
  defaults = {
    arn        = "arn:aws:elasticloadbalancing:us-west-2:123456789012:targetgroup/mocked/50dc6c495c0c9188"
    arn_suffix = "targetgroup/mocked/50dc6c495c0c9188"
  }
}

mock_resource "aws_s3_bucket" {
  defaults = {
    arn = "arn:aws:s3:::mocked"
  }
}

mock_resource "aws_sns_topic" {
  defaults = {
    arn = "arn:aws:sns:us-west-2:123456789012:mocked"
  }
}
