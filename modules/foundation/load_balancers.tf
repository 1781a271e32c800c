resource "aws_security_group" "load_balancer" {
  for_each = local.environments

  description = "Load balancer of ${var.prefix}-${each.key}"
  name        = "${var.prefix}-${each.key}-load-balancer"
  tags        = local.tags
  vpc_id      = aws_vpc.this.id
}

resource "aws_vpc_security_group_ingress_rule" "http" {
  for_each = {
    for pair in setproduct(local.environments, var.allowed_cidrs) :
    "${pair[0]} ${pair[1]}" => { environment = pair[0], cidr = pair[1] }
  }

  cidr_ipv4         = each.value.cidr
  description       = "HTTP from those who may call"
  from_port         = 80
  ip_protocol       = "tcp"
  security_group_id = aws_security_group.load_balancer[each.value.environment].id
  tags              = local.tags
  to_port           = 80
}

resource "aws_vpc_security_group_egress_rule" "targets" {
  for_each = local.environments

  cidr_ipv4         = var.vpc_cidr
  description       = "HTTP to the tasks"
  from_port         = 80
  ip_protocol       = "tcp"
  security_group_id = aws_security_group.load_balancer[each.key].id
  tags              = local.tags
  to_port           = 80
}

resource "aws_lb" "this" {
  for_each = local.environments

  internal           = false
  load_balancer_type = "application"
  name               = "${var.prefix}-${each.key}"
  security_groups    = [aws_security_group.load_balancer[each.key].id]
  subnets            = [for subnet in aws_subnet.public : subnet.id]
  tags               = local.tags

  # An internet-facing balancer is refused until its network has a gateway, and unreachable
  # until its subnets have the route.
  depends_on = [aws_route.internet, aws_route_table_association.public]
}

resource "aws_lb_listener" "http" {
  for_each = local.environments

  load_balancer_arn = aws_lb.this[each.key].arn
  port              = 80
  protocol          = "HTTP"
  tags              = local.tags

  # What no service's rule claims. Services bring rules of their own.
  default_action {
    type = "fixed-response"

    fixed_response {
      content_type = "text/plain"
      message_body = "No service answers here."
      status_code  = "404"
    }
  }
}
