locals {
  azs          = slice(sort(data.aws_availability_zones.available.names), 0, 2)
  environments = toset(["prod", "staging"])
  tags         = { step = var.step }
}

data "aws_availability_zones" "available" {
  state = "available"

  # Local zones are listed too, and hold no Fargate.
  filter {
    name   = "opt-in-status"
    values = ["opt-in-not-required"]
  }
}

resource "aws_ecs_cluster" "this" {
  for_each = local.environments

  name = "${var.prefix}-${each.key}"
  tags = local.tags
}
