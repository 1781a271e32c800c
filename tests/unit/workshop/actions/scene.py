"""A participant whose acts change what AWS records: one record after the other."""

from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

from tests.unit.workshop.checks.blue_green_record import EXECUTION, HEAD, Recorded

RESTARTED = "99999999-2222-3333-4444-555555555555"


@dataclass(frozen=True)
class Seen(Recorded):
    """A record of an execution with an id of its own."""

    execution_id: str = EXECUTION

    def execution_of(self, commit: str) -> Any:
        found = super().execution_of(commit)
        return found and {**found, "pipelineExecutionId": self.execution_id}


@dataclass(frozen=True)
class Gone(Seen):
    """What is left of a record whose AWS has ended: nobody answers."""

    def deployments(self, limit: int = 20) -> Any:
        raise ConnectionRefusedError("Connection refused")

    each_deployment = running_deployment = deployments


def record(**changes: Any) -> Seen:
    urls = {"prod": "http://127.0.0.1:1", "staging": "http://127.0.0.1:2"}
    return Seen(**({"urls": urls} | changes))


class Scene:
    """One participant: AWS's record, one after the other as acts change it, and what was done."""

    def __init__(self, *records: Seen, is_ahead: bool = False) -> None:
        self.records = list(records)
        self.done: list[str] = []
        self.told: list[str] = []
        self.serves_head = False
        self.clone: Any = SimpleNamespace(
            head=lambda: HEAD,
            is_ahead_of=lambda _commit: is_ahead,
            push=lambda: self.does("push"),
        )
        start = {"pipelineExecutionId": RESTARTED}
        client = SimpleNamespace(
            start_pipeline_execution=lambda **_any: self.does("start") or start
        )
        self.aws = SimpleNamespace(client=lambda _name: client)
        self.target = SimpleNamespace(poll_s=0, loss=lambda: None)

    @property
    def view(self) -> Seen:
        return self.records[0]

    def progress(self, event: Any) -> None:
        self.told.append(event.text)

    def does(self, what: str) -> None:
        """Note an act; AWS's record is the next one from now on."""
        self.done.append(what)
        if len(self.records) > 1:
            self.records.pop(0)
