"""The checks of lab 3: the test port, and the three ways in which its versions came, or went back.

Deployments of this lab are those that name the test listener that stands: a reset takes that
away, and the next one has another ARN.
"""

from collections.abc import Callable, Iterator
from itertools import takewhile
from typing import Any

from workshop.checks.deployment import STOPPED_BY_ALARM, progress_of
from workshop.checks.model import Check, Ending, Finding, could_not_look, failed, not_yet, passed
from workshop.checks.routing import look_at_test_routing
from workshop.checks.strategy import (
    CANARY,
    look_at_alarms,
    look_at_strategy,
    look_at_test_listener,
)
from workshop.checks.view import PRODUCTION, TEST, View
from workshop.deployments import Deployment, slot_serving

_SHIFT = "AllowTraffic"
_SERVER_ERROR = 500
_NEXT = {
    "3.2": "Push a change, approve it, and run `workshop promote` when the test port has it.",
    "3.3": "Run `workshop lab 3 --to 3.3`, which deploys the change anew.",
    "3.4": "Run `workshop lab 3 --to 3.4`.",
}

Proof = Callable[[View, Deployment], str]
"""Returns what a deployment proves, in words, or '' where it does not."""


def look_at_test_answer(view: View) -> Finding:
    """Ask the test port as a person does who tries a new version."""
    answer = view.hello(TEST)
    url = view.urls[TEST]
    if answer.status == 200:
        return passed(f"task {answer.task_id} answers at {url}: {answer.text.strip()}")
    for name, look in (
        ("test_listener", look_at_test_listener),
        ("test_routing", look_at_test_routing),
    ):
        if look(view).ending is not Ending.PASSED:
            return could_not_look(f"{url} answers {answer.status}; see the check `{name}`")
    return failed(
        f"{url}/hello/workshop answers {answer.status}: {answer.text.strip()[:80]}",
        cause="The tasks of the slot that the test port shows do not answer.",
        remedy="Run `workshop check 2.1`, which looks at the same slot.",
    )


def look_at_validation(view: View) -> Finding:
    """Look for a deployment that waited on the test port until a person sent traffic on."""
    return _look_for(view, "3.2", _validated)


def look_at_return(view: View) -> Finding:
    """Look for a validated deployment that had production's traffic, and lost it by a rollback."""
    return _look_for(view, "3.2", _rolled_back_by_hand)


def look_at_canary(view: View) -> Finding:
    """Look for a deployment by AWS's own canary configuration."""
    return _look_for(view, "3.3", lambda _view, one: _shifted_by(one, CANARY))


def look_at_own_canary(view: View) -> Finding:
    """Look for a deployment by the canary configuration that Terraform made."""
    return _look_for(view, "3.3", lambda view, one: _shifted_by(one, own(view, "canary")))


def look_at_alarm(view: View) -> Finding:
    """Look for a deployment that an alarm stopped while traffic was being shifted."""
    found = _look_for(view, "3.4", _caught)
    if found.ending is Ending.PASSED or view.running_deployment() is not None:
        return found
    newest = next(deployments_of_lab(view), None)
    if newest is not None and newest.error_code == STOPPED_BY_ALARM:
        return found  # its rollback begins a moment after its end
    answer = view.hello(PRODUCTION)
    if answer.status < _SERVER_ERROR:
        return found
    return failed(
        f"production answers {answer.status}, and no alarm has stopped that",
        cause="Alarms see what users see: nobody called production while its traffic was shifted.",
        remedy="Run `workshop rollback`. Then have `workshop watch` send requests while you deploy "
        "it again.",
    )


def look_at_linear(view: View) -> Finding:
    """Look for a deployment in equal steps that came to its end."""
    return _look_for(view, "3.4", lambda view, one: _shifted_by(one, own(view, "linear")))


def own(view: View, kind: str) -> str:
    """Return the name of a deployment configuration of the workshop's own, '' below its step."""
    return view.canary.configurations.get(kind, "")


def deployments_of_lab(view: View) -> Iterator[Deployment]:
    """Yield the deployments that used the test port that stands, newest first; no rollbacks."""
    listener = view.canary.test_listener.listener_arn
    since = takewhile(lambda one: listener in one.test_listeners, view.each_deployment())
    return (one for one in since if not one.is_rollback)


def _look_for(view: View, step: str, proof: Proof) -> Finding:
    """Pass if any deployment of the lab proves it; else tell how far the newest one is."""
    newest = None
    for one in deployments_of_lab(view):
        newest = newest or one
        proved = proof(view, one)
        if proved:
            return passed(f"{one.id} {proved}")
    if newest is None:
        return not_yet("no deployment has used the test port yet", remedy=_NEXT[step])
    return not_yet(_latest(newest), remedy=_remedy(newest, step))


def _latest(one: Deployment) -> str:
    if one.is_running:
        return f"{one.id}: {progress_of(one)}"
    code = f" ({one.error_code})" if one.error_code else ""
    return f"the newest deployment, {one.id}, {one.status.lower()}{code} by {one.configuration}"


def _remedy(one: Deployment, step: str) -> str:
    if one.is_ready:
        return "Call the test port and production, then run `workshop promote`."
    if one.is_waiting_to_terminate and step == "3.2":
        return "Run `workshop rollback`, as if the new version had disappointed."
    if one.is_waiting_to_terminate:
        return "Run `workshop promote`, which ends the wait."
    return "Watch it with `workshop watch`." if one.is_running else _NEXT[step]


def _validated(_view: View, one: Deployment) -> str:
    if not (one.waits_for_reroute and one.has_passed(_SHIFT)):
        return ""
    return f"showed {one.version[:8]} on the test port until it was re-routed"


def _rolled_back_by_hand(view: View, one: Deployment) -> str:
    if not _validated(view, one) or one.status != "Stopped":
        return ""
    return _undone(view, one, f"gave {one.version[:8]} all of production's traffic")


def _caught(view: View, one: Deployment) -> str:
    if one.error_code != STOPPED_BY_ALARM or one.has_passed(_SHIFT):
        return ""
    if one.configuration != own(view, "linear"):
        return ""
    return _undone(view, one, f"was stopped by an alarm while it shifted to {one.version[:8]}")


def _undone(view: View, one: Deployment, what: str) -> str:
    """Return what happened to a deployment, '' where its rollback has not brought traffic back."""
    if one.rolled_back_by is None:
        return ""
    rollback = view.deployment_by_id(one.rolled_back_by)
    if rollback.status != "Succeeded":
        return ""
    return f"{what}, and {rollback.id} brought it back to slot `{slot_serving(rollback)}`"


def _shifted_by(one: Deployment, configuration: str) -> str:
    if not configuration or one.configuration != configuration or one.status != "Succeeded":
        return ""
    shift: Any = next((event for event in one.events if event.name == _SHIFT), None)
    if shift is None or shift.started_at is None or shift.ended_at is None:
        return ""
    seconds = (shift.ended_at - shift.started_at).total_seconds()
    return f"shifted to {one.version[:8]} by {configuration} within {seconds:.0f} s"


CHECKS = (
    Check(
        "3.1",
        "test_listener",
        "CodeDeploy shows new versions on the test port, on a listener of its own",
        look_at_test_listener,
        60,
    ),
    Check(
        "3.1", "test_routing", "the test port shows what production serves", look_at_test_routing
    ),
    Check("3.1", "test_answer", "the test port answers", look_at_test_answer, 60),
    Check(
        "3.2",
        "validation",
        "a version was on the test port before it was in production",
        look_at_validation,
        1800,
    ),
    Check(
        "3.2",
        "return",
        "production was brought back to the version before",
        look_at_return,
        1800,
    ),
    Check("3.3", "strategy", "traffic is shifted in steps, and nobody is asked", look_at_strategy),
    Check("3.3", "canary", "a version came by AWS's canary of 10 %", look_at_canary, 3600),
    Check("3.3", "own_canary", "it came by a canary of our own too", look_at_own_canary, 3600),
    Check("3.4", "alarms", "an alarm watches each slot for the deployment group", look_at_alarms),
    Check("3.4", "caught", "an alarm stopped a bad version in mid-shift", look_at_alarm, 3600),
    Check("3.4", "linear", "a version came in equal steps", look_at_linear, 3600),
)
