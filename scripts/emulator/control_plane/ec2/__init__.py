"""EC2: networks and security groups are moto's, but for what Terraform reads back otherwise."""
