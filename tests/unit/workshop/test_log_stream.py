"""Where a build's log is, also before there is one."""

from typing import Any

from tests.unit.workshop.checks.blue_green_record import ENVIRONMENT as LAB_2
from tests.unit.workshop.checks.blue_green_record import Recorded as Production
from tests.unit.workshop.checks.test_rolling_checks import ENVIRONMENT, Recorded

from workshop.log_stream import LogSource, log_groups_of


class Builds(Recorded):
    """A view whose newest build is the pipeline project's."""

    def latest_build(self, project: str) -> Any:
        return self.newest_build if project == "ana-hello-server" else None


def test_build_that_is_queued_is_followed_in_its_projects_group():
    """Source: CodeBuild StartBuild, sample answer: `logs` holds a `deepLink` and no names yet."""
    build = {"startTime": 1, "logs": {"deepLink": "#logEvent:group=null;stream=null"}}
    assert log_groups_of(Builds(newest_build=build), "build") == LogSource("/build", None)


def test_build_that_runs_is_followed_in_its_own_stream():
    build = {"startTime": 1, "logs": {"groupName": "/build", "streamName": "1234"}}
    assert log_groups_of(Builds(newest_build=build), "build") == LogSource("/build", "1234")


def test_application_is_followed_in_every_stream():
    service = ENVIRONMENT.services["staging"]
    assert log_groups_of(Recorded(), "app") == LogSource(service.log_group)


def test_production_is_followed_in_its_own_group():
    service = LAB_2.services["prod"]
    assert log_groups_of(Production(), "production") == LogSource(service.log_group)
