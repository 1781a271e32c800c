"""Where a deployment can be when something happens to it."""

from typing import Any

from rehearsal import TEST_LISTENER, Rehearsal, rehearse

from emulator.engines.deployment.events import CreateTaskSet, MakePrimary, SetTraffic
from emulator.engines.deployment.model import ReadyAction, Strategy, StrategyType


def created(_course: Rehearsal) -> None:
    pass


def asking_for_the_replacement(course: Rehearsal) -> None:
    course.held = (CreateTaskSet,)
    course.look()


def installing(course: Rehearsal) -> None:
    course.look()


def shifting_test_traffic(course: Rehearsal) -> None:
    course.look()
    course.held = (SetTraffic,)
    course.stabilise()


def ready(course: Rehearsal) -> None:
    course.look()
    course.stabilise()


def shifting(course: Rehearsal) -> None:
    ready(course)
    course.go_on()


def shifted_but_not_primary(course: Rehearsal) -> None:
    ready(course)
    course.held = (MakePrimary,)
    course.go_on()
    course.pass_time(300)


def waiting_to_terminate(course: Rehearsal) -> None:
    shifting(course)
    course.pass_time(5)


PLACES = {
    "Created": created,
    "Install, before the task set": asking_for_the_replacement,
    "Install": installing,
    "AllowTestTraffic": shifting_test_traffic,
    "ready wait": ready,
    "AllowTraffic": shifting,
    "AllowTraffic, before the primary": shifted_but_not_primary,
    "termination wait": waiting_to_terminate,
}


def at(place: str, **changes: Any) -> Rehearsal:
    """Return a deployment with test traffic, a ready wait and a canary, brought to a place."""
    course = rehearse(
        test_listeners=(TEST_LISTENER,),
        ready_action=ReadyAction.STOP_DEPLOYMENT,
        ready_wait_min=10,
        strategy=Strategy(StrategyType.CANARY, 10, 5),
        **changes,
    )
    PLACES[place](course)
    return course
