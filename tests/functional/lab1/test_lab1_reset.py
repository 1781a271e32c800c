"""What a reset keeps and what it leaves nothing of."""

import json

import pytest

from tests.functional.participant import Participant
from tests.functional.what_stands import what_labs_make
from tests.standing import PROJECT, Standing

pytestmark = pytest.mark.slow


@pytest.fixture
def participant(environment: object, standing: Standing) -> Participant:
    return Participant(standing)


def load_balancers(participant: Participant) -> list[str]:
    found = participant.aws("elbv2").describe_load_balancers()["LoadBalancers"]
    return sorted(one["LoadBalancerArn"] for one in found)


def test_reset_keeps_foundation_and_work_and_leaves_nothing_of_the_lab(participant):
    before = load_balancers(participant)
    head = participant.git("rev-parse", "HEAD")
    made = what_labs_make(participant)
    assert all(made.values()), made

    done = participant.workshop("reset", "1")

    assert done.returncode == 0, done.stderr
    assert load_balancers(participant) == before
    left = what_labs_make(participant)
    assert not any(left.values()), left
    status = json.loads(participant.workshop("status", "--json").stdout)
    assert (status["step"], status["pipeline"], status["services"]) == ("0", None, [])
    tag = participant.git("tag", "--list", "before-reset-*", "--points-at", head)
    assert tag in done.stderr
    template = PROJECT / "app" / "hello-server" / "server.py"
    assert (participant.clone / "server.py").read_text() == template.read_text()


def test_lab_passes_again_after_a_reset(participant):
    done = participant.workshop("lab", "1")
    assert done.returncode == 0, done.stderr
    assert "every check passed" in done.stderr
