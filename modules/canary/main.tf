locals {
  tags = { step = var.step }

  # How much of production's traffic each slot has at this moment, by the ARN of its group. Not
  # known, like the ARNs, in a plan that makes the production rule too.
  _production_weights = merge([
    for action in module.production_rule.actions : {
      for group in action.forward.target_group : group.arn => group.weight
    } if action.type == "forward"
  ]...)
}

module "production_rule" {
  source = "./production-rule"

  arn = var.production_rule_arn
}
