output "project" {
  description = "The CodeBuild project: arn, log_group and name."
  value = {
    arn       = aws_codebuild_project.this.arn
    log_group = aws_cloudwatch_log_group.this.name
    name      = aws_codebuild_project.this.name
  }

  # Usable once its role may do what a build does.
  depends_on = [aws_iam_role_policy.this]
}
