locals {
  azs          = slice(sort(data.aws_availability_zones.available.names), 0, 2)
  environments = toset(["prod", "staging"])
  tags         = { step = var.step }
}

data "aws_availability_zones" "available" {
  # Zones that no Fargate task runs in, so ECS could place none in their subnet.
  exclude_zone_ids = ["apne1-az3", "cac1-az3", "cac1-az4", "cnn1-az3", "use1-az3", "usw1-az2"]
  state            = "available"

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
