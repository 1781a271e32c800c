"""Look, at AWS itself, for what an environment left behind.

State, tags and names are looked at together: the tagging API may still tell of what is gone, so
what it names is confirmed by a describe call of the service itself.
"""

import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

from workshop.aws import Aws

Lister = Callable[[Aws, str], Iterator[str]]

_SECOND_PARTS = ("artifacts", "canary", "hello-server", "linear", "prod", "staging")
"""What follows the prefix in each name that Terraform gives. An account holds other things whose
names begin with a participant's, and these are none of ours."""


def leftovers(aws: Aws, prefix: str, others: list[str]) -> list[str]:
    """Return what still stands of the environment `prefix`, each as kind and name.

    `others` are the participants whose environments stand: `ana` must not be told of what belongs
    to `ana-b`.
    """
    nested = [other for other in others if other.startswith(f"{prefix}-")]
    return [
        f"{kind} `{name}`"
        for kind, names in _LISTERS.items()
        for name in names(aws, prefix)
        if not any(is_of(other, name) for other in nested)
    ]


def lasting_leftovers(
    aws: Aws, prefix: str, others: list[str], within_s: float, poll_s: float
) -> list[str]:
    """Return what still stands after `within_s`: AWS lists for a while what it has deleted.

    Source: S3 user guide, "Amazon S3 data consistency model": a bucket that was deleted might
    still appear in the list; IAM user guide, "Changes that I make are not always immediately
    visible".
    """
    deadline = time.monotonic() + within_s
    wait = threading.Event().wait
    while True:
        found = leftovers(aws, prefix, others)
        if not found or time.monotonic() >= deadline:
            return found
        wait(poll_s)


def is_of(prefix: str, name: str) -> bool:
    """Tell whether a name is one that Terraform gives in an environment."""
    return name.startswith(tuple(f"{prefix}-{part}" for part in _SECOND_PARTS))


def _named(service: str, operation: str, field: str, key: str, **arguments: Any) -> Lister:
    """Return a lister of the items whose `key` (or which themselves) start with the prefix."""

    def names(aws: Aws, prefix: str) -> Iterator[str]:
        for item in _items(aws.client(service), operation, field, arguments):
            name = item[key] if key else str(item).rpartition("/")[2]
            if is_of(prefix, name):
                yield name

    return names


def _log_groups(aws: Aws, prefix: str) -> Iterator[str]:
    arguments = {"logGroupNamePrefix": f"/ecs-workshop/{prefix}/"}
    for group in _items(aws.client("logs"), "describe_log_groups", "logGroups", arguments):
        yield str(group["logGroupName"])


def _clusters(aws: Aws, prefix: str) -> Iterator[str]:
    """Yield active clusters: a deleted one stays describable as INACTIVE for a while."""
    ecs = aws.client("ecs")
    arns = list(_items(ecs, "list_clusters", "clusterArns", {}))
    for start in range(0, len(arns), 100):
        for cluster in ecs.describe_clusters(clusters=arns[start : start + 100])["clusters"]:
            if is_of(prefix, cluster["clusterName"]) and cluster["status"] != "INACTIVE":
                yield str(cluster["clusterName"])


def _families(aws: Aws, prefix: str) -> Iterator[str]:
    """Yield families with a revision that nobody has deleted; AWS knows a family's name for ever.

    What is DELETE_IN_PROGRESS is AWS's to end: `revisions_in_deletion` tells of it.
    """
    ecs = aws.client("ecs")
    arguments = {"familyPrefix": f"{prefix}-", "status": "ALL"}
    for family in _items(ecs, "list_task_definition_families", "families", arguments):
        if is_of(prefix, family) and _has_revisions(ecs, family):
            yield str(family)


def _has_revisions(ecs: Any, family: str) -> bool:
    for status in ("ACTIVE", "INACTIVE"):
        arguments = {"familyPrefix": family, "status": status}
        if any(_items(ecs, "list_task_definitions", "taskDefinitionArns", arguments)):
            return True
    return False


def _topics(aws: Aws, prefix: str) -> Iterator[str]:
    for topic in _items(aws.client("sns"), "list_topics", "Topics", {}):
        name = str(topic["TopicArn"]).rpartition(":")[2]
        if is_of(prefix, name):
            yield name


def _networks(aws: Aws, prefix: str) -> Iterator[str]:
    """Yield VPCs and security groups by the tag that every resource of the workshop carries."""
    ec2 = aws.client("ec2")
    filters = {"Filters": [{"Name": "tag:participant", "Values": [prefix]}]}
    for vpc in _items(ec2, "describe_vpcs", "Vpcs", filters):
        yield str(vpc["VpcId"])
    for group in _items(ec2, "describe_security_groups", "SecurityGroups", filters):
        yield str(group["GroupId"])


def _items(client: Any, operation: str, field: str, arguments: dict[str, Any]) -> Iterator[Any]:
    if not client.can_paginate(operation):
        yield from getattr(client, operation)(**arguments).get(field, [])
        return
    for page in client.get_paginator(operation).paginate(**arguments):
        yield from page.get(field, [])


_LISTERS: dict[str, Lister] = {
    "load balancer": _named(
        "elbv2", "describe_load_balancers", "LoadBalancers", "LoadBalancerName"
    ),
    "target group": _named("elbv2", "describe_target_groups", "TargetGroups", "TargetGroupName"),
    "cluster": _clusters,
    "task definition": _families,
    "network": _networks,
    "image repository": _named("ecr", "describe_repositories", "repositories", "repositoryName"),
    "source repository": _named(
        "codecommit", "list_repositories", "repositories", "repositoryName"
    ),
    "build project": _named("codebuild", "list_projects", "projects", ""),
    "pipeline": _named("codepipeline", "list_pipelines", "pipelines", "name"),
    "trigger": _named("events", "list_rules", "Rules", "Name"),
    "CodeDeploy application": _named("codedeploy", "list_applications", "applications", ""),
    "deployment configuration": _named(
        "codedeploy", "list_deployment_configs", "deploymentConfigsList", ""
    ),
    "alarm": _named("cloudwatch", "describe_alarms", "MetricAlarms", "AlarmName"),
    "topic": _topics,
    "bucket": _named("s3", "list_buckets", "Buckets", "Name"),
    "role": _named("iam", "list_roles", "Roles", "RoleName"),
    "log group": _log_groups,
}
