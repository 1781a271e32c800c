"""Weights of target groups, read and set in every rule of a listener at once: CodeDeploy's view."""

from collections.abc import Iterable, Mapping
from typing import Any

from moto.elbv2.models import FakeAction

from emulator.control_plane.elbv2.target_groups import TargetGroups


class Weights(TargetGroups):
    """What a deployment looks at and changes, with the runtime's lock held."""

    def group_arns_by_name(self) -> dict[str, str]:
        return {group.name: arn for arn, group in self.target_groups.items()}

    def forwarded_weights(
        self, listener_arn: str, group_arns: Iterable[str]
    ) -> list[dict[str, int]] | None:
        """Return each rule's weights of these groups, by ARN; None if there is no such listener.

        Shape: one mapping a rule, the default one included, that forwards to any of the groups.
        """
        wanted = set(group_arns)
        for _, listener in self._listeners():
            if listener.arn == listener_arn:
                found = [_weights(rule) for rule in listener.rules.values()]
                mine = [{a: w for a, w in each.items() if a in wanted} for each in found]
                return [weights for weights in mine if weights]
        return None

    def set_weights(self, listener_arns: Iterable[str], weights: Mapping[str, int]) -> None:
        """Give groups these weights in each rule that forwards to one of them, all in one moment.

        A group that a rule has not had yet is added to it; default actions are changed like rules.
        Source: traveloka/terraform-aws-alb-single-listener #47 quotes the CodeDeploy team: the
        group that is not in use stays in the rule with weight 0.
        """
        wanted = set(listener_arns)
        changed = [listener for _, listener in self._listeners() if listener.arn in wanted]
        for listener in changed:
            for rule in listener.rules.values():
                if weights.keys() & _weights(rule).keys():
                    rule.actions = [_reweighted(action, weights) for action in rule.actions]
                    if rule.is_default:
                        listener.default_actions = rule.actions
                        self._requests.pop(listener.arn, None)
        for listener in changed[:1]:
            self._changed("elbv2.rule", listener.arn)


def _weights(rule: Any) -> dict[str, int]:
    return {
        group["TargetGroupArn"]: int(group["Weight"])
        for action in rule.actions
        for group in action.data.get("ForwardConfig", {}).get("TargetGroups", [])
    }


def _reweighted(action: Any, weights: Mapping[str, int]) -> FakeAction:
    """Return a forward action with the weights; its stickiness and further groups stay."""
    config = action.data["ForwardConfig"]
    known = {group["TargetGroupArn"]: group["Weight"] for group in config["TargetGroups"]}
    groups = [
        {"TargetGroupArn": arn, "Weight": weight} for arn, weight in {**known, **weights}.items()
    ]
    kept = {name: value for name, value in action.data.items() if name != "TargetGroupArn"}
    return FakeAction({**kept, "ForwardConfig": {**config, "TargetGroups": groups}})
