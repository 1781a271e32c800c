output "deployment_group" {
  description = "The CodeDeploy deployment group: application, application_arn, arn, name, and role_arns and task_family of the revisions that it deploys. Null unless `deployment` is given."
  value = one([
    for group in aws_codedeploy_deployment_group.this : {
      application     = group.app_name
      application_arn = aws_codedeploy_app.this[0].arn
      arn             = group.arn
      name            = group.deployment_group_name
      role_arns       = values(module.tasks.role_arns)
      task_family     = aws_ecs_task_definition.this.family
    }
  ])
}

output "rule" {
  description = "The listener rule whose weights say which slot serves: arn and listener_arn."
  value = {
    arn          = aws_lb_listener_rule.this.arn
    listener_arn = var.load_balancer.listener_arn
  }
}

output "service" {
  description = "The ECS service: arn, cluster, container, desired_count, log_group, name, role_arns (those its tasks run with), target_group_arns (by slot: `blue`, `green`) and task_family."
  value = {
    arn               = aws_ecs_service.this.id
    cluster           = var.cluster.name
    container         = var.application
    desired_count     = var.desired_count
    log_group         = module.tasks.log_group
    name              = aws_ecs_service.this.name
    role_arns         = values(module.tasks.role_arns)
    target_group_arns = { for slot, group in aws_lb_target_group.this : slot => group.arn }
    task_family       = aws_ecs_task_definition.this.family
  }
}

output "target_groups" {
  description = "The two target groups, by slot (`blue`, `green`): arn and arn_suffix. Known as soon as they are, since what watches or tries a slot needs no more."
  value       = { for slot, group in aws_lb_target_group.this : slot => { arn = group.arn, arn_suffix = group.arn_suffix } }
}
