# What replaces the service's tasks: there once `deployment` is given, one step after the service.

locals {
  # Zero or one of everything in this file, and the tag of the step that brings it.
  _deployments     = var.deployment == null ? 0 : 1
  _deployment_tags = { step = one(var.deployment[*].step) }

  _balancer = dirname(var.load_balancer.listener_arn)
}

resource "aws_codedeploy_app" "this" {
  count = local._deployments

  compute_platform = "ECS"
  name             = "${var.prefix}-${var.application}"
  tags             = local._deployment_tags
}

resource "aws_codedeploy_deployment_group" "this" {
  count = local._deployments

  app_name               = aws_codedeploy_app.this[0].name
  deployment_config_name = var.strategy.configuration
  deployment_group_name  = module.tasks.family
  service_role_arn       = aws_iam_role.codedeploy[0].arn
  tags                   = local._deployment_tags

  # CodeDeploy asks for their state while it deploys, and stops once one of them is in alarm.
  dynamic "alarm_configuration" {
    for_each = length(var.strategy.alarms) == 0 ? [] : [var.strategy.alarms]

    content {
      alarms  = alarm_configuration.value
      enabled = true
    }
  }

  # All three, or a deployment that ends otherwise leaves things as they are: the first covers a
  # failure, the second an alarm, the third a person's stop and a ready wait that ran out.
  auto_rollback_configuration {
    enabled = true
    events  = ["DEPLOYMENT_FAILURE", "DEPLOYMENT_STOP_ON_ALARM", "DEPLOYMENT_STOP_ON_REQUEST"]
  }

  blue_green_deployment_config {
    # Either a person sends production on while the new tasks are ready, or nobody is waited for:
    # AWS refuses a time to wait where the deployment goes on by itself.
    deployment_ready_option {
      action_on_timeout    = var.strategy.ready_wait_min == 0 ? "CONTINUE_DEPLOYMENT" : "STOP_DEPLOYMENT"
      wait_time_in_minutes = var.strategy.ready_wait_min == 0 ? null : var.strategy.ready_wait_min
    }

    # As long as the old tasks run, going back takes a moment.
    terminate_blue_instances_on_deployment_success {
      action                           = "TERMINATE"
      termination_wait_time_in_minutes = var.strategy.termination_wait_min
    }
  }

  deployment_style {
    deployment_option = "WITH_TRAFFIC_CONTROL"
    deployment_type   = "BLUE_GREEN"
  }

  ecs_service {
    cluster_name = var.cluster.name
    service_name = aws_ecs_service.this.name
  }

  load_balancer_info {
    target_group_pair_info {
      # CodeDeploy finds by itself which of the listener's rules forwards to the groups.
      prod_traffic_route {
        listener_arns = [var.load_balancer.listener_arn]
      }

      # Where they answer before production's callers meet them.
      dynamic "test_traffic_route" {
        for_each = var.strategy.test_listener[*]

        content {
          listener_arns = [test_traffic_route.value.listener_arn]
        }
      }

      target_group {
        name = aws_lb_target_group.this["blue"].name
      }

      target_group {
        name = aws_lb_target_group.this["green"].name
      }
    }
  }

  # A deployment must be allowed to do its work until its group is gone.
  depends_on = [aws_iam_role_policy.codedeploy]
}

data "aws_iam_policy_document" "codedeploy_trust" {
  count = local._deployments

  statement {
    actions = ["sts:AssumeRole"]

    principals {
      type        = "Service"
      identifiers = ["codedeploy.amazonaws.com"]
    }
  }
}

# In place of AWS's own policies: the wide one allows this on every service of the account, and the
# narrow one, AWSCodeDeployRoleForECSLimited, passes roles of some names only.
data "aws_iam_policy_document" "codedeploy" {
  count = local._deployments

  statement {
    sid       = "ChooseTaskSet"
    actions   = ["ecs:DescribeServices", "ecs:UpdateServicePrimaryTaskSet"]
    resources = [aws_ecs_service.this.id]
  }

  statement {
    sid       = "ReplaceTaskSets"
    actions   = ["ecs:CreateTaskSet", "ecs:DeleteTaskSet"]
    resources = ["${replace(aws_ecs_service.this.id, ":service/", ":task-set/")}/*"]
  }

  # Elastic Load Balancing knows no resource for these three.
  statement {
    sid = "FindTraffic"
    actions = [
      "elasticloadbalancing:DescribeListeners",
      "elasticloadbalancing:DescribeRules",
      "elasticloadbalancing:DescribeTargetGroups",
    ]
    resources = ["*"]
  }

  statement {
    sid     = "ShiftTraffic"
    actions = ["elasticloadbalancing:ModifyListener", "elasticloadbalancing:ModifyRule"]
    resources = [
      "${local._balancer}/*",
      "${replace(local._balancer, ":listener/", ":listener-rule/")}/*",
    ]
  }

  statement {
    sid       = "WatchAlarms"
    actions   = ["cloudwatch:DescribeAlarms"]
    resources = ["*"]
  }

  statement {
    sid       = "ReadArtifacts"
    actions   = ["s3:GetObject", "s3:GetObjectVersion"]
    resources = ["${var.deployment.artifact_bucket_arn}/*"]
  }

  statement {
    sid       = "PassTaskRoles"
    actions   = ["iam:PassRole"]
    resources = values(module.tasks.role_arns)

    condition {
      test     = "StringEquals"
      variable = "iam:PassedToService"
      values   = ["ecs-tasks.amazonaws.com"]
    }
  }
}

resource "aws_iam_role" "codedeploy" {
  count = local._deployments

  assume_role_policy = data.aws_iam_policy_document.codedeploy_trust[0].json
  description        = "CodeDeploy of ${module.tasks.family}"
  name               = "${module.tasks.family}-codedeploy"
  tags               = local._deployment_tags
}

resource "aws_iam_role_policy" "codedeploy" {
  count = local._deployments

  name   = "codedeploy"
  policy = data.aws_iam_policy_document.codedeploy[0].json
  role   = aws_iam_role.codedeploy[0].name
}
