output "service" {
  description = "The ECS service: arn, cluster, container, desired_count, log_group, name, role_arns (those its tasks run with), target_group_arn and task_family."
  value = {
    arn              = aws_ecs_service.this.id
    cluster          = var.cluster.name
    container        = var.application
    desired_count    = var.desired_count
    log_group        = module.tasks.log_group
    name             = aws_ecs_service.this.name
    role_arns        = values(module.tasks.role_arns)
    target_group_arn = aws_lb_target_group.this.arn
    task_family      = aws_ecs_task_definition.this.family
  }
}
