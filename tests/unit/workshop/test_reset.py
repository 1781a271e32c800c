"""`workshop reset N`: what goes, what stays, and in which order."""

from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest

from workshop.cli.reset import reset_to
from workshop.environment import Environment, environment_from_outputs
from workshop.errors import NotPrepared
from workshop.labs import lab_numbered
from workshop.progress import silent

BALANCER = {"name": "b", "arn": "arn", "dns_name": "localhost", "port": 80}
SOURCE = {"name": "app", "clone_url_http": "http://127.0.0.1/v1/repos/app", "branch": "main"}
SERVICE = {
    "cluster": "c",
    "name": "n",
    "container": "hello-server",
    "log_group": "/g",
    "target_groups": {},
    "desired_count": 2,
}


def environment(step: str, *services: str) -> Environment:
    return environment_from_outputs(
        {
            "region": "us-west-2",
            "prefix": "ana",
            "step": step,
            "clusters": {"staging": "s", "prod": "p"},
            "load_balancers": {"staging": BALANCER, "prod": BALANCER},
            "source_repository": SOURCE if services else None,
            "services": {
                key: {**SERVICE, "task_family": f"ana-hello-server-{key}"} for key in services
            },
        }
    )


@pytest.fixture
def done(monkeypatch: pytest.MonkeyPatch) -> list[tuple[Any, ...]]:
    """Replace everything that a reset does by a note of it, in order."""
    notes: list[tuple[Any, ...]] = []

    def note(name: str, *shown: int) -> None:
        monkeypatch.setattr(
            f"workshop.cli.reset.{name}",
            lambda *arguments: notes.append((name, *(arguments[index] for index in shown))),
        )

    note("quiesce")
    note("delete_revisions", 1)
    note("remember_standing", 1)
    note("restart_from_template", 2)
    note("wake")
    monkeypatch.setattr("workshop.cli.reset.session_of", lambda *_: None)
    monkeypatch.setattr("workshop.cli.reset.open_context", lambda *_: None)
    return notes


def reset(
    monkeypatch: pytest.MonkeyPatch,
    done: list[tuple[Any, ...]],
    number: int,
    before: Environment,
    after: Environment,
) -> None:
    looks = [before, after]
    monkeypatch.setattr("workshop.cli.reset.load_environment", lambda *_: looks.pop(0))
    context: Any = SimpleNamespace(
        aws=None,
        config=SimpleNamespace(participant="ana"),
        target=SimpleNamespace(ensure_ready=lambda _: None, child_environment=dict),
        terraform=SimpleNamespace(apply=lambda step, _: done.append(("apply", step))),
    )
    reset_to(context, lab_numbered(number), silent)


def test_reset_of_lab_2_keeps_staging_its_revisions_and_the_repository(monkeypatch, done):
    after = environment("1.4", "staging")
    reset(monkeypatch, done, 2, environment("2.4", "staging", "prod"), after)
    assert done == [
        ("quiesce",),
        ("apply", "1.4"),
        ("delete_revisions", ["ana-hello-server-prod"]),
        ("remember_standing", "1.4"),
        ("restart_from_template", after.source_repository),
        ("wake",),
    ]


def test_reset_of_lab_1_takes_the_revisions_of_both_services(monkeypatch, done):
    reset(monkeypatch, done, 1, environment("2.4", "staging", "prod"), environment("0"))
    assert ("apply", "0") in done
    assert ("delete_revisions", ["ana-hello-server-staging", "ana-hello-server-prod"]) in done
    assert ("restart_from_template", None) in done


def test_reset_of_lab_3_gives_the_clone_back_what_lab_2_added_to_it(monkeypatch, done):
    lab = lab_numbered(3)
    supplies = [one.__name__ for one in lab.equipment]
    assert supplies == ["write_deployment_files", "write_buildspec"]
    noted = tuple(
        (lambda _context, name=name: done.append(("supply", name)) or name) for name in supplies
    )
    monkeypatch.setattr("workshop.labs.LABS", (replace(lab, equipment=noted),))
    monkeypatch.setattr(
        "workshop.cli.reset.restart_from_template", lambda *_: done.append(("restart",)) or "tag"
    )
    standing = environment("3.4", "staging", "prod")
    reset(monkeypatch, done, 3, standing, environment("2.4", "staging", "prod"))
    assert ("apply", "2.4") in done
    assert ("delete_revisions", []) in done
    restarted = done.index(("restart",))
    assert done[restarted + 1 :] == [*(("supply", name) for name in supplies), ("wake",)]


def test_reset_where_the_lab_starts_mends_what_an_interrupted_one_left(monkeypatch, done):
    standing = environment("1.4", "staging")
    reset(monkeypatch, done, 2, standing, standing)
    assert ("apply", "1.4") in done
    assert ("delete_revisions", ["ana-hello-server-prod"]) in done
    assert done[-1] == ("wake",)


def test_reset_of_a_lab_that_was_not_reached_changes_nothing(monkeypatch, done):
    standing = environment("1.2", "staging")
    with pytest.raises(NotPrepared, match=r"at step 1\.2, and lab 2 starts from 1\.4") as it:
        reset(monkeypatch, done, 2, standing, standing)
    assert it.value.exit_code == 2
    assert done == []
