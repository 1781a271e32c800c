resource "aws_security_group" "task" {
  description = "Tasks of ${local.family}"
  name        = "${local.family}-task"
  tags        = local.tags
  vpc_id      = var.network.vpc_id
}

resource "aws_vpc_security_group_ingress_rule" "task" {
  description                  = "HTTP from the load balancer only"
  from_port                    = var.container_port
  ip_protocol                  = "tcp"
  referenced_security_group_id = var.load_balancer.security_group_id
  security_group_id            = aws_security_group.task.id
  tags                         = local.tags
  to_port                      = var.container_port
}

resource "aws_vpc_security_group_egress_rule" "task" {
  cidr_ipv4         = "0.0.0.0/0"
  description       = "HTTPS to ECR, S3 and CloudWatch Logs, whose addresses are not fixed"
  from_port         = 443
  ip_protocol       = "tcp"
  security_group_id = aws_security_group.task.id
  tags              = local.tags
  to_port           = 443
}
