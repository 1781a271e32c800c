# Where those who approve hear of it. Who wants to, subscribes an address of theirs.

locals {
  _approvals     = anytrue([for action in flatten(var.stages[*].actions) : action.provider == "Manual"]) ? 1 : 0
  _approvals_arn = "arn:${data.aws_partition.current.partition}:sns:${local._owner}:${var.name}-approvals"
}

# Without a key of KMS: a message says which execution waits and where to look, and with a key of
# the account's own each publish fails until key and pipeline's role have the permissions for it.
resource "aws_sns_topic" "approvals" {
  count = local._approvals

  name = "${var.name}-approvals"
  tags = { step = var.approval_step }
}
