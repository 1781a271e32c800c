"""Runs of lab 1 that are cut short, each simply run again, on the environment that the rest leaves.

One test, as each foundation costs a fixed minute: only the last run pays it whole.

| What happens | Exit status | Named | Next |
|---|---|---|---|
| the emulator is killed between two runs | 2 | the step that stood | `make lab1` |
| the emulator is killed under Terraform | 3 | the emulator, its log | the same command |
| two runs at once | 2 | the command and process that holds it | wait |
| Ctrl-C under Terraform | 130 | that the state is saved | the same command |
| the terminal is closed under Terraform | 130 | | the same command |
| the run is killed under Terraform | | that Terraform goes on to its end | the same command |
"""

import pytest

from tests.functional.cut_short import (
    assert_interrupted,
    assert_loss_is_told_afterwards,
    assert_lost,
    begun,
    ended,
    interrupted_at,
    kill_emulator,
    terminal_closed_at,
)
from tests.functional.participant import Participant
from tests.standing import Standing

pytestmark = pytest.mark.slow

CREATING = "aws_lb.this"
"""In the middle of the fixed minute that Terraform waits for load balancers."""


def test_run_that_was_cut_short_is_run_again(environment, standing):
    kill_emulator(standing)
    assert_loss_is_told_afterwards(standing, "1.4", "1")

    with begun(standing, CREATING, "lab", "1", "--to", "1.1") as run:
        second = standing.workshop("lab", "1")
        kill_emulator(standing)
        lost = ended(run)
    assert second.returncode == 2
    assert f"`workshop lab 1` (process {run.pid})" in second.stderr
    assert "Wait for it to end" in second.stderr
    assert_lost(lost)
    assert not (standing.clone / "terraform" / "errored.tfstate").exists()

    interrupted = interrupted_at(standing, CREATING, "lab", "1", "--to", "1.1")
    assert_interrupted(interrupted)
    assert "Terraform ended in order and saved its state" in interrupted.stderr

    assert terminal_closed_at(standing, "creating", "lab", "1", "--to", "1.1") == 130

    with begun(standing, CREATING, "lab", "1", "--to", "1.1") as run:
        run.kill()
    again = standing.workshop("lab", "1", "--to", "1.2")
    assert again.returncode == 0, again.stderr
    assert "Terraform of a run that was killed ends (process " in again.stderr
    assert "every check passed" in again.stderr
    assert_nothing_twice(standing)


def assert_nothing_twice(standing: Standing) -> None:
    """Assert that what the interrupted run began is neither left over nor made a second time."""
    aws = Participant(standing).aws
    balancers = aws("elbv2").describe_load_balancers()["LoadBalancers"]
    assert {one["LoadBalancerName"] for one in balancers} == {"workshop-staging", "workshop-prod"}
    ours = [{"Name": "tag:participant", "Values": ["workshop"]}]
    assert len(aws("ec2").describe_vpcs(Filters=ours)["Vpcs"]) == 1
    assert len(aws("ecs").list_clusters()["clusterArns"]) == 2
    plan = standing.workshop("terraform", "--", "plan", "-detailed-exitcode", "-no-color")
    assert plan.returncode == 0, plan.stdout + plan.stderr
