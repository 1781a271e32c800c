"""What a person can do to a listener's rules so that requests go elsewhere; undone at the end."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any


@contextmanager
def weights_swapped(elb: Any, rule: dict[str, Any]) -> Iterator[None]:
    """Give each of a rule's two groups the other one's weight."""
    kept = rule["Actions"]
    groups = kept[0]["ForwardConfig"]["TargetGroups"]
    swapped = [{**one, "Weight": 100 - one["Weight"]} for one in groups]
    forward = {"Type": "forward", "ForwardConfig": {"TargetGroups": swapped}}
    elb.modify_rule(RuleArn=rule["RuleArn"], Actions=[forward])
    yield
    elb.modify_rule(RuleArn=rule["RuleArn"], Actions=kept)


@contextmanager
def requests_taken(elb: Any, listener_arn: str) -> Iterator[None]:
    """Let another rule answer the requests of `/hello/*` before the workshop's is tried."""
    rule = elb.create_rule(
        ListenerArn=listener_arn,
        Priority=1,
        Conditions=[{"Field": "path-pattern", "Values": ["/hello/*"]}],
        Actions=[{"Type": "fixed-response", "FixedResponseConfig": {"StatusCode": "503"}}],
    )["Rules"][0]
    yield
    elb.delete_rule(RuleArn=rule["RuleArn"])
