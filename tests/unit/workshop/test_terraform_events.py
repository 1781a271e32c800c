"""Terraform's stream becomes events, changes and errors with a remedy."""

import json

import pytest

from workshop.errors import InfrastructureError
from workshop.progress import (
    Note,
    ResourceCompleted,
    ResourceErrored,
    ResourceProgress,
    ResourceStarted,
)
from workshop.terraform_events import Stream, remedy_for


def line(kind: str, **fields) -> str:
    return json.dumps({"@message": "said", "type": kind, **fields})


def hook(kind: str, action: str = "create", resource: str = "aws_lb.this", **fields) -> str:
    of = {"addr": f"module.foundation[0].{resource}", "resource_type": resource.split(".")[0]}
    return line(kind, hook={"resource": of, "action": action, **fields})


BALANCER = "module.foundation[0].aws_lb.this"


@pytest.mark.parametrize(
    ("given", "event"),
    [
        (hook("apply_start"), ResourceStarted(BALANCER, "create", 60)),
        (hook("apply_start", "delete"), ResourceStarted(BALANCER, "delete", None)),
        (hook("apply_progress", elapsed_seconds=10), ResourceProgress(BALANCER, "create", 10)),
        (hook("apply_complete", elapsed_seconds=62), ResourceCompleted(BALANCER, "create", 62)),
        (hook("apply_errored", elapsed_seconds=3), ResourceErrored(BALANCER, "create", 3)),
        (line("change_summary"), Note("Terraform: said")),
        (hook("apply_start", "read"), None),
        (line("version"), None),
        ("not json", None),
        ("[1]", None),
    ],
)
def test_each_line_means_one_event(given, event):
    assert Stream().read(given) == event


def test_plan_lists_what_would_change_by_address():
    stream = Stream()
    for address, action in [("a.b", "create"), ("c.d", "read"), ("e.f", "noop"), ("g.h", "update")]:
        stream.read(
            line("planned_change", change={"resource": {"addr": address}, "action": action})
        )
    assert [(change.address, change.action) for change in stream.changes] == [
        ("a.b", "create"),
        ("g.h", "update"),
    ]


def test_error_tells_summary_address_place_and_detail_once():
    stream = Stream()
    diagnostic = {
        "severity": "error",
        "summary": "creating ECS Service",
        "detail": "AccessDenied: no",
        "address": "module.rolling[0].aws_ecs_service.this",
        "range": {"filename": "../modules/rolling/main.tf", "start": {"line": 7}},
    }
    stream.read(line("diagnostic", diagnostic=diagnostic))
    stream.read(line("diagnostic", diagnostic=diagnostic))
    stream.read(line("diagnostic", diagnostic={"severity": "warning", "summary": "old"}))
    error = stream.error("apply", 1)
    assert isinstance(error, InfrastructureError)
    assert error.message == (
        "`terraform apply` failed with status 1:\n"
        "creating ECS Service at `module.rolling[0].aws_ecs_service.this` "
        "(../modules/rolling/main.tf:7).\n"
        "  AccessDenied: no"
    )
    assert "Give the role" in error.remedy
    assert error.exit_code == 3


def test_crash_without_a_diagnostic_tells_its_last_words():
    stream = Stream()
    stream.read("panic: out of luck")
    assert "panic: out of luck" in stream.error("plan", 2).message


@pytest.mark.parametrize(
    ("said", "remedy"),
    [
        ("Failed to query available provider packages", "make setup"),
        ("Error acquiring the state lock", "other run"),
        ("dial tcp 127.0.0.1:4566: connect: connection refused", "emulator logs"),
        ("api error ExpiredToken", "aws sso login"),
        ("anything else", "goes on where it stopped"),
    ],
)
def test_every_error_has_a_remedy(said, remedy):
    assert remedy in remedy_for(said)
