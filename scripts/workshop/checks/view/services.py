"""ECS's record of services, the load balancer's of targets, and the application by HTTP."""

from typing import Any
from urllib.parse import quote

from workshop.aws import ClientError, error_code
from workshop.checks.view.standing import NotStanding, Standing
from workshop.checks.web import Answer, ask
from workshop.deployed_revision import image_tag

STAGING = "staging"
"""The key of the staging service, and the name of its one slot."""

PRODUCTION = "prod"
"""The key of the production service, whose slots are `blue` and `green`."""

TEST = "test"
"""The key of the address at which a new version of production can be tried before users do."""


class ServicesView(Standing):
    """What runs, and what answers."""

    def service_record(self, key: str) -> dict[str, Any] | None:
        """Return what ECS says of a service, or None where it is not active."""
        service = self.service(key)
        found = self.aws.client("ecs").describe_services(
            cluster=service.cluster, services=[service.name]
        )["services"]
        return next((one for one in found if one["status"] == "ACTIVE"), None)

    def running_tasks(self, key: str) -> set[str]:
        """Return the ids of a service's running tasks."""
        service = self.service(key)
        arns = self.aws.client("ecs").list_tasks(
            cluster=service.cluster, serviceName=service.name, desiredStatus="RUNNING"
        )["taskArns"]
        return {arn.rsplit("/", 1)[-1] for arn in arns}

    def running_tag(self, key: str, record: dict[str, Any]) -> str:
        """Return the tag of the image that a service's task definition names."""
        definition = self.aws.client("ecs").describe_task_definition(
            taskDefinition=record["taskDefinition"]
        )["taskDefinition"]
        container = self.service(key).container
        image: str = next(
            one["image"] for one in definition["containerDefinitions"] if one["name"] == container
        )
        return image_tag(image)

    def target_states(self, key: str, slot: str = STAGING) -> list[str]:
        """Return the state of each target that is registered in a slot, such as `healthy`."""
        found = self.aws.client("elbv2").describe_target_health(
            TargetGroupArn=self.service(key).target_groups[slot]
        )["TargetHealthDescriptions"]
        return sorted(one["TargetHealth"]["State"] for one in found)

    def task_definition(self, key: str) -> dict[str, Any] | None:
        """Return the task definition that a service's traffic belongs to, None without one."""
        record = self.service_record(key)
        if record is None:
            return None
        current = self.primary_task_set(record) or record
        found = self.aws.client("ecs").describe_task_definition(
            taskDefinition=current["taskDefinition"]
        )
        return dict(found["taskDefinition"])

    def version(self, key: str) -> str:
        """Return the tag of the image that a service's traffic belongs to, '' where none runs."""
        definition = self.task_definition(key)
        containers = definition["containerDefinitions"] if definition else []
        names = {one["name"]: str(one["image"]) for one in containers}
        image = names.get(self.service(key).container, "")
        return image_tag(image)

    def primary_task_set(self, record: dict[str, Any]) -> dict[str, Any] | None:
        """Return the task set that a service's traffic belongs to, or None before there is one."""
        sets: list[dict[str, Any]] = record.get("taskSets", [])
        return next((one for one in sets if one["status"] == "PRIMARY"), None)

    def slot_of(self, task_set: dict[str, Any]) -> str:
        """Return the slot that a task set of production fills, '' where it fills none."""
        groups = {arn: slot for slot, arn in self.service(PRODUCTION).target_groups.items()}
        filled = [one.get("targetGroupArn", "") for one in task_set.get("loadBalancers", [])]
        return next((groups[arn] for arn in filled if arn in groups), "")

    def production_rule(self) -> dict[str, Any] | None:
        """Return the rule that brings users to production, or None where it is gone."""
        return self._rule(self.production.rule_arn)

    def test_rule(self) -> dict[str, Any] | None:
        """Return the rule of the test port, or None where it is gone."""
        return self._rule(self.canary.test_listener.rule_arn)

    def _rule(self, arn: str) -> dict[str, Any] | None:
        try:
            found = self.aws.client("elbv2").describe_rules(RuleArns=[arn])
        except ClientError as error:
            if error_code(error) != "RuleNotFound":
                raise
            return None
        return next(iter(found["Rules"]), None)

    def rules_before(self, rule: dict[str, Any]) -> list[dict[str, Any]]:
        """Return the rules that production's listener tries before this one."""
        found = self.aws.client("elbv2").describe_rules(ListenerArn=self.production.listener_arn)
        return [
            one
            for one in found["Rules"]
            if not one["IsDefault"] and int(one["Priority"]) < int(rule["Priority"])
        ]

    def weights_of(self, rule: dict[str, Any]) -> dict[str, int]:
        """Return which slot of production a rule gives how much. Shape: slot (or ARN) -> weight."""
        slots = {arn: slot for slot, arn in self.service(PRODUCTION).target_groups.items()}
        return {
            slots.get(group["TargetGroupArn"], group["TargetGroupArn"]): group.get("Weight", 1)
            for action in rule["Actions"]
            for group in action.get("ForwardConfig", {}).get("TargetGroups", [])
        }

    def alarms(self) -> dict[str, dict[str, Any]]:
        """Return CloudWatch's record of the slots' alarms, by name; those that are gone left out.

        Source: CloudWatch API, DescribeAlarms.
        """
        names = sorted(self.canary.alarms.values())
        if not names:
            return {}
        found = self.aws.client("cloudwatch").describe_alarms(AlarmNames=names)
        return {one["AlarmName"]: one for one in found["MetricAlarms"]}

    def hello(self, key: str, name: str = "workshop") -> Answer:
        """Ask the application for a greeting, as its users do; at the key `test`, on the test port.

        Raises: NotStanding where nothing has been made yet that answers there.
        """
        if key not in self.urls:
            raise NotStanding(f"The environment stands at step {self.environment.step}.")
        return ask(f"{self.urls[key]}/hello/{quote(name)}")
