"""Takes an event to the targets of every rule that it matches.

A delivery that fails is logged and never reaches whoever published the event: on AWS the push
that caused it is long over. Delivery only hands over: a pipeline's work is its own engine's.
"""

import copy
import json
import logging
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from moto.core.exceptions import ServiceException
from moto.events.models import Rule

from emulator import ids
from emulator.control_plane import registration
from emulator.control_plane.events.matching import matches
from emulator.control_plane.events.transform import InvalidInput, RuleContext, input_for
from emulator.runtime import Runtime

if TYPE_CHECKING:
    from emulator.control_plane.events.models import EventsBackend

logger = logging.getLogger(__name__)

Event = dict[str, Any]
DEFAULT_BUS = "default"
_FAILED = "Rule `%s` could not deliver event `%s` to `%s`"


def publish_event(
    runtime: Runtime,
    account: str,
    region: str,
    source: str,
    detail_type: str,
    resources: list[str],
    detail: Mapping[str, Any],
) -> str:
    """Publish one of our services' events on the account's default bus; return the event's id."""
    with runtime.lock:
        backend = registration.backend("events", account, region)
        event = new_event(backend, source, detail_type, resources, detail)
        deliver(backend, DEFAULT_BUS, event)
    event_id: str = event["id"]
    return event_id


def new_event(
    backend: "EventsBackend",
    source: str,
    detail_type: str,
    resources: list[str],
    detail: Any,
    time: str | None = None,
) -> Event:
    """Return an event in the form that targets see. `time` is ISO 8601, in UTC; default now."""
    return {
        "version": "0",
        "id": ids.new_uuid(),
        "detail-type": detail_type,
        "source": source,
        "account": backend.account_id,
        "time": time or _now(backend),
        "region": backend.region_name,
        "resources": resources,
        "detail": detail,
    }


def deliver(backend: "EventsBackend", bus_name: str, event: Event) -> None:
    """Hand an event to each target of each enabled rule of a bus whose pattern it matches."""
    bus = backend.describe_event_bus(bus_name)
    for rule in list(bus.rules.values()):
        if rule.state == "DISABLED" or not matches(rule.event_pattern, event):
            continue
        for target in list(rule.targets):
            _deliver_to(backend, rule, target, copy.deepcopy(event))


def _deliver_to(backend: "EventsBackend", rule: Rule, target: dict[str, Any], event: Event) -> None:
    service = target["Arn"].split(":")[2]
    hand_over = _HANDOVERS.get(service, _hand_to_moto)
    try:
        hand_over(backend, rule, target, event)
    except (ServiceException, InvalidInput) as refusal:
        logger.warning(_FAILED + ": %s", rule.name, event["id"], target["Arn"], refusal)
    except Exception:
        logger.exception(_FAILED, rule.name, event["id"], target["Arn"])
    else:
        logger.info("Rule `%s` delivered `%s` to `%s`", rule.name, event["id"], target["Arn"])


def _start_pipeline(
    backend: "EventsBackend", rule: Rule, target: dict[str, Any], event: Event
) -> None:
    """Start an execution, with the `sourceRevisions` and `variables` that the input may carry.

    Source: CodePipeline User Guide, "Create an EventBridge rule for a CodeCommit source", the
    optional input transformer; an untransformed event carries none, and the branch head is taken.
    """
    _, _, _, region, account, name = target["Arn"].split(":")
    payload = _input(backend, rule, target, event)
    wanted = payload if isinstance(payload, dict) else {}
    registration.backend("codepipeline", account, region).start_pipeline_execution_from_event(
        name,
        source_revisions=wanted.get("sourceRevisions") or [],
        variables=wanted.get("variables") or [],
        trigger_detail=rule.arn,
    )


def _send_to_queue(
    backend: "EventsBackend", rule: Rule, target: dict[str, Any], event: Event
) -> None:
    _, _, _, region, account, name = target["Arn"].split(":")
    registration.backend("sqs", account, region).send_message(
        queue_name=name,
        message_body=json.dumps(_input(backend, rule, target, event)),
        group_id=target.get("SqsParameters", {}).get("MessageGroupId"),
    )


def _write_to_log_group(
    backend: "EventsBackend", rule: Rule, target: dict[str, Any], event: Event
) -> None:
    _, _, _, region, account, _, group = target["Arn"].split(":")[:7]
    logs = registration.backend("logs", account, region)
    stream = ids.new_uuid()
    logs.create_log_stream(group, stream)
    timestamp = int(backend.runtime.clock.now().timestamp() * 1000)
    message = json.dumps(_input(backend, rule, target, event))
    logs.put_log_events(group, stream, [{"timestamp": timestamp, "message": message}])


def _hand_to_moto(
    backend: "EventsBackend", rule: Rule, target: dict[str, Any], event: Event
) -> None:
    """Use moto's own delivery, to other buses, archives and API destinations.

    It sends to all targets of a rule, so it gets a copy of the rule with this one; and it wants
    times as numbers.
    """
    alone = copy.copy(rule)
    alone.targets = [target]
    now = backend.runtime.clock.now().timestamp()
    alone.send_to_targets({**event, "time": now, "ingestion-time": now})


_HANDOVERS: dict[str, Callable[["EventsBackend", Rule, dict[str, Any], Event], None]] = {
    "codepipeline": _start_pipeline,
    "logs": _write_to_log_group,
    "sqs": _send_to_queue,
}


def _input(backend: "EventsBackend", rule: Rule, target: dict[str, Any], event: Event) -> Any:
    return input_for(target, event, RuleContext(rule.arn, rule.name, _now(backend)))


def _now(backend: "EventsBackend") -> str:
    return backend.runtime.clock.now().strftime("%Y-%m-%dT%H:%M:%SZ")
