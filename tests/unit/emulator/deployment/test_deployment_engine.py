import pytest
from rehearsal import (
    GREEN,
    ORIGINAL,
    REPLACEMENT,
    TEST_LISTENER,
    rehearse,
)

from emulator.engines.deployment import Refused
from emulator.engines.deployment.events import (
    CreateTaskSet,
    DeleteTaskSet,
    MakePrimary,
    SetTraffic,
    WaitType,
)
from emulator.engines.deployment.model import (
    LifecycleName,
    ReadyAction,
    Route,
    Strategy,
    StrategyType,
    TerminationAction,
)

CANARY = Strategy(StrategyType.CANARY, 10, 5)
LINEAR = Strategy(StrategyType.LINEAR, 10, 1)
STOP_UNLESS_CONTINUED = {
    "ready_action": ReadyAction.STOP_DEPLOYMENT,
    "ready_wait_min": 10,
}


def installed(**changes):
    course = rehearse(**changes)
    course.look()
    course.stabilise()
    return course


# The course of a deployment.


def test_deployment_begins_with_the_first_look_at_its_service():
    course = rehearse()
    assert course.status == "Created"
    assert course.course.target_status == "Pending"
    course.look()
    assert course.status == "InProgress"
    assert course.lifecycle["BeforeInstall"] == "Succeeded"
    assert course.lifecycle["Install"] == "InProgress"
    assert course.announced == ["START"]


def test_replacement_is_made_behind_the_group_that_does_not_serve():
    course = rehearse()
    course.look()
    assert course.done[-1] == CreateTaskSet(GREEN)
    assert [(each.id, each.weight, str(each.label)) for each in course.course.task_sets] == [
        (ORIGINAL, 100, "Blue"),
        (REPLACEMENT, 0, "Green"),
    ]


def test_no_traffic_moves_before_the_replacement_is_steady():
    course = rehearse()
    course.look()
    course.pass_time(600, scale=1)
    course.look()
    assert course.shifts() == []
    assert course.lifecycle["Install"] == "InProgress"


def test_all_traffic_moves_at_once_and_then_the_replacement_is_primary():
    course = installed()
    assert course.done[-2:] == [
        SetTraffic(Route.PRODUCTION, {GREEN: 100, "prod-blue": 0}),
        MakePrimary(REPLACEMENT),
    ]
    assert course.sets[REPLACEMENT].status == "PRIMARY"


def test_lifecycle_events_have_all_succeeded_while_the_termination_wait_lasts():
    course = installed()
    assert list(course.lifecycle) == [str(name) for name in LifecycleName]
    assert set(course.lifecycle.values()) == {"Succeeded"}
    assert course.status == "InProgress"
    assert course.course.target_status == "Succeeded"
    assert course.course.termination_wait_started
    assert course.sets[ORIGINAL].status == "ACTIVE"


def test_lifecycle_events_follow_each_other_in_time():
    course = rehearse()
    course.look()
    course.pass_time(30, scale=1)
    course.stabilise()
    times = [(event.started_at, event.ended_at) for event in course.course.lifecycle]
    flat = [time for pair in times for time in pair]
    assert flat == sorted(flat)
    install = course.course.event(LifecycleName.INSTALL)
    assert (install.ended_at - install.started_at).total_seconds() == 30


def test_original_is_deleted_when_its_wait_is_over_and_not_before():
    course = installed()
    course.pass_time(299)
    assert DeleteTaskSet(ORIGINAL) not in course.done
    course.pass_time(1)
    assert course.done[-1] == DeleteTaskSet(ORIGINAL)
    assert course.status == "InProgress"


def test_deployment_succeeds_when_the_original_is_gone():
    course = installed()
    course.pass_time(300)
    course.look()
    assert course.status == "InProgress"
    course.drain()
    assert course.status == "Succeeded"
    assert course.course.completed_at == course.now
    assert course.announced == ["START", "SUCCESS"]
    assert [each.weight for each in course.course.task_sets] == [0, 100]


def test_termination_wait_is_real_time_at_any_clock():
    course = installed()
    course.pass_time(60, scale=3600)
    assert course.phase == "TerminationWait"


def test_termination_wait_ends_early_when_continued():
    course = installed()
    course.go_on(WaitType.TERMINATION_WAIT)
    course.drain()
    assert course.status == "Succeeded"


def test_no_termination_wait_deletes_the_original_at_once():
    course = installed(termination_wait_min=0)
    assert course.done[-1] == DeleteTaskSet(ORIGINAL)


def test_original_kept_alive_stays_and_the_deployment_succeeds():
    course = installed(termination_action=TerminationAction.KEEP_ALIVE)
    assert course.status == "Succeeded"
    assert not course.course.termination_wait_started
    assert course.sets[ORIGINAL].status == "ACTIVE"


def test_original_that_somebody_deleted_during_the_wait_is_not_waited_for():
    course = installed()
    del course.sets[ORIGINAL]
    course.look()
    course.go_on(WaitType.TERMINATION_WAIT)
    assert course.status == "Succeeded"


def test_slots_swap_back_in_the_next_deployment():
    first = installed(termination_wait_min=0)
    first.drain()
    second = rehearse()
    second.task_sets, second.rules, second.last_id = first.task_sets, first.rules, 3
    second.look()
    second.stabilise("ecs-svc/3")
    assert second.done[1] == CreateTaskSet("prod-blue")
    assert second.weights == {"prod-blue": 100, GREEN: 0}


# Traffic in steps.


def test_canary_shifts_a_share_and_the_rest_after_its_interval():
    course = installed(strategy=CANARY)
    assert course.weights[GREEN] == 10
    assert [each.weight for each in course.course.task_sets] == [90, 10]
    course.pass_time(4.9)
    assert course.shifts() == [10]
    course.pass_time(0.1)
    assert course.shifts() == [10, 100]
    assert course.lifecycle["AllowTraffic"] == "Succeeded"


def test_replacement_is_not_primary_before_it_has_all_traffic():
    course = installed(strategy=CANARY)
    assert course.lifecycle["AllowTraffic"] == "InProgress"
    assert course.sets[ORIGINAL].status == "PRIMARY"


def test_linear_shifts_equal_shares_at_equal_intervals():
    course = installed(strategy=LINEAR)
    for _ in range(9):
        course.pass_time(1)
    assert course.shifts() == [10, 20, 30, 40, 50, 60, 70, 80, 90, 100]
    assert course.phase == "TerminationWait"


@pytest.mark.parametrize(
    ("strategy", "steps"),
    [
        (Strategy(), (100,)),
        (Strategy(StrategyType.CANARY, 10, 15), (10, 100)),
        (Strategy(StrategyType.LINEAR, 25, 1), (25, 50, 75, 100)),
        (Strategy(StrategyType.LINEAR, 33, 1), (33, 66, 99, 100)),
        (Strategy(StrategyType.LINEAR, 99, 1), (99, 100)),
    ],
)
def test_shifts_end_with_all_traffic(strategy, steps):
    assert strategy.steps == steps


def test_every_rule_of_a_listener_that_forwards_to_the_pair_moves():
    course = rehearse()
    course.rules["arn:listener/80"].append({"prod-blue": 1})
    course.look()
    course.stabilise()
    assert course.rules["arn:listener/80"] == [{GREEN: 100, "prod-blue": 0}] * 2


# Test traffic and the ready wait.


def test_test_traffic_moves_before_production_traffic():
    course = installed(test_listeners=(TEST_LISTENER,), **STOP_UNLESS_CONTINUED)
    assert course.shifts(Route.TEST) == [100]
    assert course.shifts() == []
    assert course.lifecycle["AfterAllowTestTraffic"] == "Succeeded"
    assert course.lifecycle["BeforeAllowTraffic"] == "Pending"


def test_deployment_is_ready_until_it_is_continued():
    course = installed(**STOP_UNLESS_CONTINUED)
    assert (course.status, course.announced) == ("Ready", ["START", "READY"])
    assert course.course.target_status == "Ready"
    course.pass_time(599)
    assert course.shifts() == []
    course.go_on()
    assert course.status == "InProgress"
    assert course.shifts() == [100]


def test_ready_wait_that_runs_out_stops_the_deployment_and_rolls_back():
    course = installed(**STOP_UNLESS_CONTINUED)
    course.pass_time(600)
    assert course.status == "Stopped"
    assert course.course.error.code == "TIMEOUT"
    assert course.course.error.message == (
        "The deployment timed out while waiting for a notification to continue. This time out "
        "period is 10 minutes."
    )
    assert course.wants_rollback


def test_ready_wait_that_runs_out_leaves_everything_where_no_rollback_is_wanted():
    course = installed(**STOP_UNLESS_CONTINUED, rollback_events=frozenset())
    course.pass_time(600)
    assert (course.status, course.wants_rollback) == ("Stopped", False)


def test_continue_deployment_never_waits_whatever_its_wait_time():
    course = installed(ready_wait_min=10)
    assert course.shifts() == [100]


# ContinueDeployment where nothing waits.


@pytest.mark.parametrize("wait_type", list(WaitType))
def test_continue_is_refused_where_nothing_waits(wait_type):
    course = rehearse()
    course.look()
    with pytest.raises(Refused) as refused:
        course.go_on(wait_type)
    assert refused.value.code == "DeploymentIsNotInReadyStateException"
    assert "d-000000001" in refused.value.message


def test_each_wait_is_ended_by_its_own_type_only():
    with pytest.raises(Refused, match="TERMINATION_WAIT"):
        installed(**STOP_UNLESS_CONTINUED).go_on(WaitType.TERMINATION_WAIT)
    with pytest.raises(Refused, match="READY_WAIT"):
        installed().go_on(WaitType.READY_WAIT)


@pytest.mark.parametrize("request_", ["go_on", "stop"])
def test_deployment_that_is_over_takes_no_requests(request_):
    course = installed(termination_wait_min=0)
    course.drain()
    with pytest.raises(Refused) as refused:
        getattr(course, request_)()
    assert refused.value.code == "DeploymentAlreadyCompletedException"


def test_nothing_that_is_seen_later_changes_a_deployment_that_is_over():
    course = installed(termination_wait_min=0)
    course.drain()
    before = course.course
    course.task_sets = None
    course.look()
    course.pass_time(1000)
    assert course.course == before
