output "image_repository" {
  description = "The ECR repository: arn, name and url."
  value = {
    arn  = aws_ecr_repository.this.arn
    name = aws_ecr_repository.this.name
    url  = aws_ecr_repository.this.repository_url
  }
}

output "source_repository" {
  description = "The CodeCommit repository: arn, branch, clone_url_http and name."
  value = {
    arn            = aws_codecommit_repository.this.arn
    branch         = var.branch
    clone_url_http = aws_codecommit_repository.this.clone_url_http
    name           = aws_codecommit_repository.this.repository_name
  }
}
