"""A shift in the shape in which it is kept: what the checks of a step read afterwards."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from workshop.checks.view import PRODUCTION, TEST
from workshop.deployments import Deployment
from workshop.shift.recorder import Recorder
from workshop.shift.sampler import Sample
from workshop.shift.stretches import Stretch, between, count_answers, find_stretches

_KEPT = 20


def shift_evidence(recorder: Recorder, deployments: Iterable[Deployment]) -> dict[str, Any]:
    """Return what was seen of deployments, oldest first.

    Shape: `deployments`, each with `id`, `configuration`, `version`, `creator`, `status`, `error`
    (AWS's code, or ''), `rollback_of` and `rolled_back_by` (ids, or None), `created_at`;
    `stretches` (see `stretch_as_json`), none where it was over too soon; and, where it was seen to
    wait in status Ready, `ready`: `began`, `ended`, and under `prod` and `test` (where something
    was asked there) the `requests`, `versions` and `failures` of that time.
    """
    ordered = sorted(deployments, key=lambda one: one.created_at)
    return {"deployments": [_deployment(recorder, one) for one in ordered]}


def merge(kept: dict[str, Any], found: dict[str, Any]) -> dict[str, Any]:
    """Return what was kept before with what was found now, oldest first, of the newest `_KEPT`.

    A deployment that two runs of a step saw has the stretches of both.
    """
    merged = {one["id"]: one for one in kept.get("deployments", [])}
    for one in found["deployments"]:
        before = merged.pop(one["id"], {})
        stretches = [*before.get("stretches", []), *one["stretches"]]
        merged[one["id"]] = before | one | {"stretches": stretches}
    return {"deployments": list(merged.values())[-_KEPT:]}


def stretch_as_json(stretch: Stretch) -> dict[str, Any]:
    """Return a stretch for programs.

    Shape: `began` and `ended`; `requests`, `versions` and `failures` (reason -> how many);
    `slots`, each with `weight_percent` as AWS reported it, `answers`, `failed`, `share_percent`
    and `tolerance_points`, which are None where no task of a known slot answered.
    """
    answers = stretch.answers
    slots = sorted(stretch.weights.keys() | answers.by_slot.keys())
    return {
        **_span(stretch.began, stretch.ended),
        "requests": answers.requests,
        "versions": dict(answers.versions),
        "failures": dict(answers.failures),
        "slots": {slot: _slot(stretch, slot) for slot in slots},
    }


def _slot(stretch: Stretch, slot: str) -> dict[str, Any]:
    weight, answers = stretch.weights.get(slot, 0.0), stretch.answers
    return {
        "weight_percent": weight,
        "answers": answers.by_slot.get(slot, 0),
        "failed": answers.failed.get(slot, 0),
        "share_percent": _rounded(answers.share_percent(slot)),
        "tolerance_points": _rounded(answers.tolerance_points(weight)),
    }


def _deployment(recorder: Recorder, deployment: Deployment) -> dict[str, Any]:
    looks = [look for look in recorder.looks if look.deployment.id == deployment.id]
    found: dict[str, Any] = {
        "id": deployment.id,
        "configuration": deployment.configuration,
        "version": deployment.version,
        "creator": deployment.creator,
        "status": deployment.status,
        "error": deployment.error_code,
        "rollback_of": deployment.rollback_of,
        "rolled_back_by": deployment.rolled_back_by,
        "created_at": deployment.created_at.isoformat(timespec="milliseconds"),
        "stretches": [
            stretch_as_json(one)
            for one in find_stretches(looks, recorder.samples(), recorder.slots)
        ],
    }
    ready = [look for look in looks if look.is_ready]
    if ready:
        found["ready"] = _ready(recorder, ready[0].ended, ready[-1].began)
    return found


def _ready(recorder: Recorder, began: datetime, ended: datetime) -> dict[str, Any]:
    seen = {
        key: _versions(list(between(samples, began, ended)), recorder.slots)
        for key in (PRODUCTION, TEST)
        if (samples := recorder.samples(key))
    }
    return {**_span(began, ended), **seen}


def _versions(samples: Sequence[Sample], slots: Mapping[str, str]) -> dict[str, Any]:
    answers = count_answers(samples, slots)
    return {
        "requests": answers.requests,
        "versions": dict(answers.versions),
        "failures": dict(answers.failures),
    }


def _span(began: datetime, ended: datetime) -> dict[str, str]:
    return {
        "began": began.isoformat(timespec="milliseconds"),
        "ended": ended.isoformat(timespec="milliseconds"),
    }


def _rounded(number: float | None) -> float | None:
    return None if number is None else round(number, 2)
