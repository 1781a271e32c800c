# A push to the branch starts the pipeline for the pushed commit. Without the commit the source
# action would read the branch's head, and of two pushes close together one would get no execution.
resource "aws_cloudwatch_event_rule" "push" {
  description = "A push to ${var.source_repository.branch} of ${var.source_repository.name}"
  name        = "${var.name}-push"
  state       = "ENABLED" # said, so that one which an interrupted reset has left disabled is drift
  tags        = local.tags

  event_pattern = jsonencode({
    source      = ["aws.codecommit"]
    detail-type = ["CodeCommit Repository State Change"]
    resources   = [var.source_repository.arn]
    detail = {
      event         = ["referenceCreated", "referenceUpdated"]
      referenceName = [var.source_repository.branch]
      referenceType = ["branch"]
    }
  })
}

resource "aws_cloudwatch_event_target" "pipeline" {
  arn      = aws_codepipeline.this.arn
  role_arn = aws_iam_role.events.arn
  rule     = aws_cloudwatch_event_rule.push.name

  input_transformer {
    input_paths = { commit = "$.detail.commitId" }

    # Not by jsonencode, which would escape the angle brackets.
    input_template = <<-JSON
      {"sourceRevisions": [{"actionName": "${local.source_action}", "revisionType": "COMMIT_ID", "revisionValue": <commit>}]}
    JSON
  }

  depends_on = [aws_iam_role_policy.events]
}
