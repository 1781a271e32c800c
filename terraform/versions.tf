terraform {
  # The first version whose S3 backend locks by itself (`use_lockfile`).
  required_version = ">= 1.11, < 2.0"

  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = "= 5.100.0"
    }
  }

  # Bucket, key and region come from the command line: `workshop terraform` gives them.
  backend "s3" {}
}

provider "aws" {
  region            = var.region
  s3_use_path_style = var.s3_use_path_style

  default_tags {
    tags = {
      participant = var.prefix
      workshop    = "ecs-cicd-workshop"
    }
  }
}
