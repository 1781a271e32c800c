output "approval_topic" {
  description = "The SNS topic that waiting approvals are told to: arn. Null where no stage has a Manual action."
  value       = one([for topic in aws_sns_topic.approvals : { arn = topic.arn }])
}

output "artifact_bucket" {
  description = "The bucket that stages exchange artifacts in: arn and name. Known before the pipeline is, since build projects need it."
  value = {
    arn  = aws_s3_bucket.artifacts.arn
    name = aws_s3_bucket.artifacts.bucket
  }
}

output "pipeline" {
  description = "The pipeline: arn and name."
  value = {
    arn  = aws_codepipeline.this.arn
    name = aws_codepipeline.this.name
  }

  # Usable once a push starts it.
  depends_on = [aws_cloudwatch_event_target.pipeline]
}
