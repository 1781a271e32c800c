"""Runs of lab 1 that are cut short, in an environment of their own; each is simply run again.

One test, as each foundation costs a fixed minute: only the last run of the first part pays it.

| What happens | Exit status | Named | Next |
|---|---|---|---|
| the emulator is killed under Terraform | 3 | the emulator, its log | the same command |
| Ctrl-C under Terraform | 130 | that the state is saved | the same command |
| the emulator is killed between two runs | 2 | the step that stood | `make lab1` |
| two runs at once | 2 | the command and process that holds it | wait |
"""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
import pytest

from tests.functional.participant import Participant
from tests.standing import Completed, Standing, copy_project, newcomer_env

pytestmark = pytest.mark.slow

CREATING = "aws_lb.this"
"""In the middle of the fixed minute that Terraform waits for load balancers."""


@pytest.fixture
def own(tmp_path: Path) -> Iterator[Standing]:
    """Return a copy with an emulator of its own, which the faults may take away."""
    home = tmp_path / "home"
    home.mkdir()
    clone = copy_project(tmp_path / "own")
    made = Standing(clone, newcomer_env(clone, home))
    yield made
    made.workshop("emulator", "stop")


@contextmanager
def begun(own: Standing, words: str, *arguments: str) -> Iterator["subprocess.Popen[str]"]:
    """Run `workshop` and hand it over as soon as it has said `words`."""
    with subprocess.Popen(
        [sys.executable, "-m", "workshop", *arguments],
        cwd=own.clone,
        env=dict(own.env),
        stdin=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        # a shell starts what runs in the background with Ctrl-C ignored
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    ) as run:
        assert run.stderr is not None
        for line in run.stderr:
            if words in line:
                yield run
                return
        raise AssertionError(f"the run ended with {run.wait()} and never said {words!r}")


def ended(run: "subprocess.Popen[str]") -> Completed:
    _, told = run.communicate()
    return Completed(run.args, run.returncode, "", told)


def kill_emulator(own: Standing) -> None:
    emulator = psutil.Process(int((own.clone / ".workshop" / "emulator.pid").read_text()))
    os.kill(emulator.pid, signal.SIGKILL)


def test_run_that_was_cut_short_is_run_again(own):
    with begun(own, CREATING, "lab", "1", "--to", "1.1") as run:
        second = own.workshop("lab", "1")
        kill_emulator(own)
        lost = ended(run)
    assert second.returncode == 2
    assert f"`workshop lab 1` (process {run.pid})" in second.stderr
    assert "Wait for it to end" in second.stderr
    assert lost.returncode == 3
    assert "The emulator ended while it was at work" in lost.stderr
    assert "emulator.log" in lost.stderr
    assert "Run the same command again" in lost.stderr
    assert not (own.clone / "terraform" / "errored.tfstate").exists()

    with begun(own, CREATING, "lab", "1", "--to", "1.1") as run:
        run.send_signal(signal.SIGINT)
        interrupted = ended(run)
    assert interrupted.returncode == 130
    assert "Terraform ended in order and saved its state" in interrupted.stderr
    assert "Run the same command again" in interrupted.stderr

    again = own.workshop("lab", "1", "--to", "1.2")
    assert again.returncode == 0, again.stderr
    assert "every check passed" in again.stderr
    assert_nothing_twice(own)

    kill_emulator(own)
    look = own.workshop("check", "1.1")
    assert look.returncode == 2
    assert "no emulator answers" in look.stderr
    assert "It ended without being stopped" in look.stderr
    assert "Run `make lab1`" in look.stderr

    with begun(own, "The emulator stopped while step 1.2 stood", "lab", "1") as run:
        run.send_signal(signal.SIGINT)
        assert ended(run).returncode == 130
    assert own.workshop("destroy").returncode == 0
    assert_nothing_runs(own)


def assert_nothing_twice(own: Standing) -> None:
    """Assert that what the interrupted run began is neither left over nor made a second time."""
    aws = Participant(own).aws
    balancers = aws("elbv2").describe_load_balancers()["LoadBalancers"]
    assert {one["LoadBalancerName"] for one in balancers} == {"workshop-staging", "workshop-prod"}
    ours = [{"Name": "tag:participant", "Values": ["workshop"]}]
    assert len(aws("ec2").describe_vpcs(Filters=ours)["Vpcs"]) == 1
    assert len(aws("ecs").list_clusters()["clusterArns"]) == 2
    plan = own.workshop("terraform", "--", "plan", "-detailed-exitcode", "-no-color")
    assert plan.returncode == 0, plan.stdout + plan.stderr


def assert_nothing_runs(own: Standing) -> None:
    commands = [process.info["cmdline"] or [] for process in psutil.process_iter(["cmdline"])]
    assert not [command for command in commands if str(own.clone) in " ".join(command)]
