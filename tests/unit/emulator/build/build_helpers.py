"""Helpers to run builds on the emulator and to read what they did."""

import threading
import time
from collections.abc import Callable
from typing import Any

import pytest

ROLE = "arn:aws:iam::123456789012:role/build"
ENVIRONMENT = {
    "type": "LINUX_CONTAINER",
    "image": "aws/codebuild/amazonlinux-x86_64-standard:5.0",
    "computeType": "BUILD_GENERAL1_SMALL",
}
LIMIT_S = 30


def wait_until(ask: Callable[[], Any], what: str) -> Any:
    """Ask again and again until the answer is true, and return it."""
    give_up_at = time.monotonic() + LIMIT_S
    pause = threading.Event()
    while time.monotonic() < give_up_at:
        found = ask()
        if found:
            return found
        pause.wait(0.03)
    pytest.fail(f"{what} did not happen in {LIMIT_S} s")


class Builds:
    """Starts builds of projects of its own, waits for them, and reads their logs."""

    def __init__(self, aws: Callable[[str], Any], unique: Callable[[], str]) -> None:
        self.codebuild = aws("codebuild")
        self.logs = aws("logs")
        self._unique = unique

    def project(self, buildspec: str | None = None, **settings: Any) -> str:
        """Create a project with no source unless told otherwise, and return its name."""
        name = settings.pop("name", f"build-{self._unique()}")
        source = settings.pop("source", {"type": "NO_SOURCE"})
        if buildspec is not None:
            source = {**source, "buildspec": buildspec}
        self.codebuild.create_project(
            name=name,
            source=source,
            artifacts=settings.pop("artifacts", {"type": "NO_ARTIFACTS"}),
            environment={**ENVIRONMENT, **settings.pop("environment", {})},
            serviceRole=ROLE,
            **settings,
        )
        return str(name)

    def start(self, project: str, **overrides: Any) -> str:
        return str(self.codebuild.start_build(projectName=project, **overrides)["build"]["id"])

    def get(self, build_id: str) -> dict[str, Any]:
        found: dict[str, Any] = self.codebuild.batch_get_builds(ids=[build_id])["builds"][0]
        return found

    def ended(self, build_id: str) -> dict[str, Any]:
        """Wait until a build is complete, and return it."""

        def complete() -> dict[str, Any] | None:
            build = self.get(build_id)
            return build if build["buildComplete"] else None

        ended: dict[str, Any] = wait_until(complete, f"the end of {build_id}")
        return ended

    def run(self, buildspec: str, **settings: Any) -> dict[str, Any]:
        """Run a build of a new project to its end."""
        return self.ended(self.start(self.project(buildspec, **settings)))

    def log(self, build: dict[str, Any]) -> list[str]:
        """Return the lines that a build has written so far, without their times."""
        place = build["logs"]
        if "groupName" not in place:
            return []
        events = self.logs.get_log_events(
            logGroupName=place["groupName"], logStreamName=place["streamName"], startFromHead=True
        )["events"]
        lines = [str(event["message"]).removesuffix("\n") for event in events]
        return [
            line.split(" ", 3)[3] if line.startswith("[Container] ") else line for line in lines
        ]

    def wait_for_line(self, build_id: str, line: str) -> None:
        wait_until(lambda: line in self.log(self.get(build_id)), f"the line `{line}`")


def outcomes(build: dict[str, Any]) -> dict[str, str | None]:
    """Return each phase of a build with its status."""
    return {phase["phaseType"]: phase.get("phaseStatus") for phase in build["phases"]}


def context(build: dict[str, Any], phase_type: str) -> tuple[str, str]:
    """Return status code and message of one phase."""
    phase = next(one for one in build["phases"] if one["phaseType"] == phase_type)
    return phase["contexts"][0]["statusCode"], phase["contexts"][0]["message"]
