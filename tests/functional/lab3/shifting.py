"""A participant at lab 3: tries versions on the test port, and watches shares while they shift."""

import json
from collections import Counter
from typing import Any

from tests.functional.lab2.production import APPLICATION, GROUP, RELEASE_S, SLOTS, Production
from tests.functional.waiting import wait_until
from workshop.checks.web import ask

SAMPLE = 200
"""Requests to measure a share with: at 10 % three standard deviations are six points and a half."""


class Shifting(Production):
    """One who works on an environment with a test port and time-based shifts."""

    @property
    def test_url(self) -> str:
        """Return the address of a greeting on the test port, which each step 3.1 makes anew."""
        urls = json.loads(self.workshop("status", "--json").stdout)["urls"]
        return f"{urls['test']}/hello/load"

    def test_version(self) -> str | None:
        return ask(self.test_url).version

    def evidence(self, name: str) -> list[dict[str, Any]]:
        """Return the deployments that a step's observation kept, oldest first."""
        folder = self._standing.clone / ".workshop" / "evidence" / "local" / "workshop"
        found = json.loads((folder / f"{name}.json").read_text(encoding="utf-8"))
        return list(found["deployments"])

    def group(self) -> dict[str, Any]:
        found: dict[str, Any] = self.aws("codedeploy").get_deployment_group(
            applicationName=APPLICATION, deploymentGroupName=GROUP
        )["deploymentGroupInfo"]
        return found

    def update_group(self, **settings: Any) -> None:
        self.aws("codedeploy").update_deployment_group(
            applicationName=APPLICATION, currentDeploymentGroupName=GROUP, **settings
        )

    def test_listener(self) -> str:
        """Return the ARN of the listener on the test port."""
        pair = self.group()["loadBalancerInfo"]["targetGroupPairInfoList"][0]
        return str(pair["testTrafficRoute"]["listenerArns"][0])

    def test_rule(self) -> dict[str, Any]:
        """Return the test port's rule, of `/hello/*`."""
        rules = self.aws("elbv2").describe_rules(ListenerArn=self.test_listener())["Rules"]
        found: dict[str, Any] = next(one for one in rules if not one["IsDefault"])
        return found

    def last_good(self) -> str:
        """Return the id of the newest deployment that succeeded and is no rollback."""
        for one in self.deployments():
            info = self.deployment(one)
            if info["status"] == "Succeeded" and info["creator"] != "codeDeployRollback":
                return one
        raise AssertionError("nothing was deployed")

    def wait_for_status(self, deployment_id: str, status: str) -> None:
        wait_until(lambda: self.deployment(deployment_id)["status"] == status, RELEASE_S)

    def slots_of_tasks(self) -> dict[str, str]:
        """Return task id -> slot of everything that runs in production's task sets."""
        ecs, service = self.aws("ecs"), self.service()
        groups = {
            one["id"]: SLOTS[one["loadBalancers"][0]["targetGroupArn"].split("/")[1]]
            for one in service["taskSets"]
        }
        arns = ecs.list_tasks(cluster=service["clusterArn"])["taskArns"]
        tasks = (
            ecs.describe_tasks(cluster=service["clusterArn"], tasks=arns)["tasks"] if arns else []
        )
        return {
            one["taskArn"].rsplit("/", 1)[-1]: groups[one["startedBy"]]
            for one in tasks
            if one.get("startedBy") in groups
        }

    def measured(self, requests: int = SAMPLE) -> Counter[str]:
        """Return slot -> answers of production; '' for tasks that run no more."""
        tasks = [ask(self.url).task_id for _ in range(requests)]
        slots = self.slots_of_tasks()
        return Counter(slots.get(str(one), "") for one in tasks)
