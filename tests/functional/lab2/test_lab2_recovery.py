"""Runs of lab 2 that are cut short, in an environment of their own; each is simply run again.

| What happens | Exit status | Next |
|---|---|---|
| Ctrl-C under Terraform, while an approval waits, around the switch | 130 | the same command |
| the emulator is killed while CodeDeploy waits to end the old tasks | 3 | the same command |
"""

import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.functional.cut_short import begun, ended, interrupted_at, kill_emulator, own_environment
from tests.functional.environments import processes_of
from tests.functional.lab2.production import ENDED, Production
from tests.functional.waiting import wait_until
from tests.functional.what_stands import what_labs_make
from tests.standing import Standing

pytestmark = pytest.mark.slow


@pytest.fixture
def own(tmp_path: Path) -> Iterator[Standing]:
    with own_environment(tmp_path) as made:
        yield made


def test_lab_2_that_was_cut_short_is_run_again(own):
    for words in ("aws_codedeploy_deployment_group", "Step 2.4"):
        interrupted = interrupted_at(own, words, "lab", "2")
        assert interrupted.returncode == 130, interrupted.stderr
        assert "Run the same command again" in interrupted.stderr

    production = Production(own)
    with begun(own, "Step 2.4", "lab", "2") as run:
        wait_until(lambda: bool(production.deployments()), 300)
        run.send_signal(signal.SIGINT)
        assert ended(run).returncode == 130

    with begun(own, "Step 2.4", "lab", "2") as run:
        wait_until(lambda: has_switched(production), 300)
        kill_emulator(own)
        lost = ended(run)
    assert lost.returncode == 3
    assert "The emulator ended while it was at work" in lost.stderr
    assert "Run the same command again" in lost.stderr

    again = own.workshop("lab", "2")
    assert again.returncode == 0, again.stderr
    assert "The emulator stopped while step 2.4 stood" in again.stderr
    assert "every check passed" in again.stderr
    rebuilt = Production(own)
    rebuilt.plan()

    reset = own.workshop("reset", "1")
    assert reset.returncode == 0, reset.stderr
    left = what_labs_make(rebuilt)
    assert not any(left.values()), left
    codedeploy, sns = rebuilt.aws("codedeploy"), rebuilt.aws("sns")
    assert codedeploy.list_applications()["applications"] == sns.list_topics()["Topics"] == []

    assert own.workshop("destroy").returncode == 0
    assert processes_of(own) == []


def has_switched(production: Production) -> bool:
    """Tell whether a deployment is between its beginning and its end, with traffic moved."""
    newest = next(iter(production.deployments()), None)
    if newest is None or production.deployment(newest)["status"] in ENDED:
        return False
    return production.events(newest).get("AllowTraffic") == "Succeeded"
