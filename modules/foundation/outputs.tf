output "clusters" {
  description = "The ECS clusters, by environment (`staging`, `prod`): arn and name."
  value       = { for key, cluster in aws_ecs_cluster.this : key => { arn = cluster.arn, name = cluster.name } }
}

output "load_balancers" {
  description = "The load balancers, by environment: arn, arn_suffix, dns_name, listener_arn, name, port and security_group_id."
  value = {
    for key, balancer in aws_lb.this : key => {
      arn               = balancer.arn
      arn_suffix        = balancer.arn_suffix
      dns_name          = balancer.dns_name
      listener_arn      = aws_lb_listener.http[key].arn
      name              = balancer.name
      port              = aws_lb_listener.http[key].port
      security_group_id = aws_security_group.load_balancer[key].id
    }
  }

  # Usable once callers and targets are let through.
  depends_on = [
    aws_vpc_security_group_egress_rule.targets,
    aws_vpc_security_group_ingress_rule.http,
  ]
}

output "network" {
  description = "The network that tasks run in: subnet_ids and vpc_id."
  value = {
    subnet_ids = [for subnet in aws_subnet.public : subnet.id]
    vpc_id     = aws_vpc.this.id
  }

  # Usable once it reaches the internet, from where images come.
  depends_on = [aws_route.internet, aws_route_table_association.public]
}
