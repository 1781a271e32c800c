"""What the plan of each step of lab 3 changes, over the state that the step before left."""

import json
import shutil
from pathlib import Path
from typing import Any

import hcl2
import pytest

from .conftest import ROOT, Terraform

GROUP = "module.blue_green[0].aws_codedeploy_deployment_group.this[0]"
PLANS = {
    ("2.4", "3.1"): {
        GROUP: "update",
        "module.canary[0].aws_lb_listener.test": "create",
        "module.canary[0].aws_lb_listener_rule.test": "create",
        'module.canary[0].aws_vpc_security_group_ingress_rule.test["203.0.113.7/32"]': "create",
    },
    ("3.1", "3.2"): {},
    ("3.1", "3.3"): {
        GROUP: "update",
        "module.canary[0].aws_codedeploy_deployment_config.canary[0]": "create",
    },
    ("3.3", "3.4"): {
        GROUP: "update",
        'module.canary[0].aws_cloudwatch_metric_alarm.errors["blue"]': "create",
        'module.canary[0].aws_cloudwatch_metric_alarm.errors["green"]': "create",
        "module.canary[0].aws_codedeploy_deployment_config.linear[0]": "create",
    },
    ("3.4", "2.4"): {
        GROUP: "update",
        'module.canary[0].aws_cloudwatch_metric_alarm.errors["blue"]': "delete",
        'module.canary[0].aws_cloudwatch_metric_alarm.errors["green"]': "delete",
        "module.canary[0].aws_codedeploy_deployment_config.canary[0]": "delete",
        "module.canary[0].aws_codedeploy_deployment_config.linear[0]": "delete",
        "module.canary[0].aws_lb_listener.test": "delete",
        "module.canary[0].aws_lb_listener_rule.test": "delete",
        'module.canary[0].aws_vpc_security_group_ingress_rule.test["203.0.113.7/32"]': "delete",
    },
}
# The mocks give both listeners of production's balancer one ARN.
TESTS = """
mock_provider "aws" {
  source = "./mocks"
}

override_resource {
  target = module.canary[0].aws_lb_listener.test
  values = { arn = "arn:aws:elasticloadbalancing:us-west-2:123456789012:listener/app/mocked/50dc6c495c0c9188/0467ef3c8400ae65" }
}

variables {
  allowed_cidrs = ["203.0.113.7/32"]
  prefix        = "ana"
  region        = "us-west-2"
}
"""  # noqa: E501 (an ARN cannot be broken)


@pytest.mark.slow
def test_each_step_changes_what_it_brings_and_replaces_nothing(
    tree: Path, attached_terraform: Terraform
) -> None:
    folder = _root_alone(tree)
    (folder / "ladder.tftest.hcl").write_text(TESTS + "".join(_runs()))
    made = attached_terraform(folder, "init", "-backend=false", "-input=false", "-no-color")
    assert made.returncode == 0, made.stderr

    tested = attached_terraform(folder, "test", "-json", "-verbose")

    assert tested.returncode == 0, tested.stdout
    assert _planned(tested.stdout) == {_run(*steps): changes for steps, changes in PLANS.items()}


@pytest.mark.parametrize(
    ("file", "kinds", "is_told"),
    [
        ("alarms", {"aws_cloudwatch_metric_alarm"}, False),
        ("configurations", {"aws_codedeploy_deployment_config"}, True),
        ("listener", {"aws_lb_listener", "aws_lb_listener_rule"}, False),
    ],
)
def test_only_what_depends_on_no_balancer_comes_before_what_it_replaces(
    file: str, kinds: set[str], is_told: bool
) -> None:
    """A balancer would inherit it, and one left half-made could not be replaced under its name."""
    with (ROOT / f"modules/canary/{file}.tf").open() as opened:
        blocks = hcl2.load(opened)["resource"]

    resources = [body for block in blocks for body in _of_kinds(block, kinds)]

    assert len(resources) >= len(kinds)
    for body in resources:
        told = body.get("lifecycle", [{}])[0].get("create_before_destroy", False)
        assert bool(told) is is_told


def _root_alone(tree: Path) -> Path:
    """Return a copy of the root without the tests that stand beside it."""
    folder = tree / "ladder"
    shutil.copytree(
        tree / "terraform", folder, ignore=shutil.ignore_patterns(".terraform*", "*.tftest.hcl")
    )
    return folder


def _runs() -> list[str]:
    """Return a plan for each row of PLANS, after an apply wherever the row starts higher."""
    runs, standing = [], ""
    for before, after in PLANS:
        if before != standing:
            runs.append(_written(f"at_{before}", "apply", before))
            standing = before
        runs.append(_written(_run(before, after), "plan", after))
    return runs


def _run(before: str, after: str) -> str:
    return f"from_{before}_to_{after}".replace(".", "_")


def _written(name: str, command: str, step: str) -> str:
    name = name.replace(".", "_")
    return (
        f'run "{name}" {{\n  command = {command}\n  variables {{\n    step = "{step}"\n  }}\n}}\n'
    )


def _planned(output: str) -> dict[str, dict[str, str]]:
    """Return each planned run's changes: the address of a resource to what is done to it."""
    return {
        line["@testrun"]: {
            change["address"]: ", then ".join(change["change"]["actions"])
            for change in line["test_plan"].get("resource_changes", [])
            if change["mode"] == "managed" and change["change"]["actions"] != ["no-op"]
        }
        for line in map(json.loads, output.splitlines())
        if "test_plan" in line
    }


def _of_kinds(block: dict[str, Any], kinds: set[str]) -> list[dict[str, Any]]:
    return [
        body for kind, named in block.items() if kind.strip('"') in kinds for body in named.values()
    ]
