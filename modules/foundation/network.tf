# Public subnets only: tasks get public addresses to pull their images, which saves the hourly
# price of a NAT gateway. `map_public_ip_on_launch` and DNS hostnames stay off: the service asks
# for its addresses itself, and each of the two settings costs a fixed wait of the provider.

resource "aws_vpc" "this" {
  cidr_block = var.vpc_cidr
  tags       = merge(local.tags, { Name = var.prefix })
}

resource "aws_internet_gateway" "this" {
  vpc_id = aws_vpc.this.id
  tags   = merge(local.tags, { Name = var.prefix })
}

resource "aws_route_table" "public" {
  vpc_id = aws_vpc.this.id
  tags   = merge(local.tags, { Name = "${var.prefix}-public" })
}

resource "aws_route" "internet" {
  destination_cidr_block = "0.0.0.0/0"
  gateway_id             = aws_internet_gateway.this.id
  route_table_id         = aws_route_table.public.id
}

resource "aws_subnet" "public" {
  for_each = toset(["a", "b"])

  availability_zone = local.azs[each.key == "a" ? 0 : 1]
  cidr_block        = cidrsubnet(var.vpc_cidr, 8, each.key == "a" ? 0 : 1)
  tags              = merge(local.tags, { Name = "${var.prefix}-public-${each.key}" })
  vpc_id            = aws_vpc.this.id
}

resource "aws_route_table_association" "public" {
  for_each = aws_subnet.public

  route_table_id = aws_route_table.public.id
  subnet_id      = each.value.id
}
