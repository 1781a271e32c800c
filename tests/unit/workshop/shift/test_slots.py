"""Which slot a task serves, as ECS tells it."""

from collections.abc import Iterator

import pytest
from botocore.stub import Stubber
from tests.unit.workshop.checks.blue_green_record import BLUE, ENVIRONMENT, GREEN

from workshop.aws import Aws
from workshop.checks.view import View
from workshop.shift.slots import SlotReader

BLUE_SET, GREEN_SET = "ecs-svc/1111111111111111111", "ecs-svc/2222222222222222222"
FIRST, SECOND, THIRD = ("1" * 32, "2" * 32, "3" * 32)


@pytest.fixture
def ecs(aws: Aws) -> Iterator[Stubber]:
    with Stubber(aws.client("ecs")) as stub:
        yield stub
        stub.assert_no_pending_responses()


@pytest.fixture
def reader(aws: Aws) -> SlotReader:
    return SlotReader(View(aws, ENVIRONMENT, {}))


def add_tasks(stub: Stubber, asked: list[str], **started_by: str) -> None:
    arn = "arn:aws:ecs:us-west-2:1:task/ana-prod/"
    tasks = [{"taskArn": arn + task[1:], "startedBy": one} for task, one in started_by.items()]
    stub.add_response("describe_tasks", {"tasks": tasks}, {"cluster": "ana-prod", "tasks": asked})


def add_task_sets(stub: Stubber, **groups: str) -> None:
    sets = [
        {
            "id": {"blue": BLUE_SET, "green": GREEN_SET}[name],
            "loadBalancers": [{"targetGroupArn": group}],
        }
        for name, group in groups.items()
    ]
    stub.add_response("describe_services", {"services": [{"status": "ACTIVE", "taskSets": sets}]})


def test_task_serves_the_slot_of_the_task_set_that_started_it(reader: SlotReader, ecs: Stubber):
    add_tasks(ecs, [FIRST, SECOND], **{f"t{FIRST}": BLUE_SET, f"t{SECOND}": GREEN_SET})
    add_task_sets(ecs, blue=BLUE, green=GREEN)
    reader.learn([SECOND, FIRST, SECOND])
    assert reader.slots == {FIRST: "blue", SECOND: "green"}


def test_what_is_known_is_not_asked_for_again(reader: SlotReader, ecs: Stubber):
    add_tasks(ecs, [FIRST], **{f"t{FIRST}": BLUE_SET})
    add_task_sets(ecs, blue=BLUE)
    reader.learn([FIRST])
    reader.learn([FIRST])
    add_tasks(ecs, [SECOND], **{f"t{SECOND}": BLUE_SET})
    reader.learn([FIRST, SECOND])
    assert reader.slots == {FIRST: "blue", SECOND: "blue"}


def test_slot_stays_known_when_its_task_set_is_gone(reader: SlotReader, ecs: Stubber):
    add_tasks(ecs, [FIRST], **{f"t{FIRST}": BLUE_SET})
    add_task_sets(ecs, blue=BLUE)
    reader.learn([FIRST])
    add_tasks(ecs, [SECOND, THIRD], **{f"t{SECOND}": BLUE_SET, f"t{THIRD}": GREEN_SET})
    add_task_sets(ecs, green=GREEN)
    reader.learn([SECOND, THIRD])
    assert reader.slots == {FIRST: "blue", SECOND: "blue", THIRD: "green"}


def test_task_that_ecs_does_not_know_is_asked_for_again(reader: SlotReader, ecs: Stubber):
    add_tasks(ecs, [FIRST])
    reader.learn([FIRST])
    assert reader.slots == {}
    add_tasks(ecs, [FIRST], **{f"t{FIRST}": BLUE_SET})
    add_task_sets(ecs, blue=BLUE)
    reader.learn([FIRST])
    assert reader.slots == {FIRST: "blue"}


def test_task_that_no_task_set_started_serves_no_slot(reader: SlotReader, ecs: Stubber):
    add_tasks(ecs, [FIRST], **{f"t{FIRST}": "somebody"})
    add_task_sets(ecs, blue=BLUE)
    reader.learn([FIRST])
    assert reader.slots == {}


def test_what_is_no_task_of_ecs_is_not_asked_for(reader: SlotReader, ecs: Stubber):
    reader.learn(["", "my-laptop", "arn:aws:ecs:x"])
    assert reader.slots == {}


def test_at_most_100_tasks_are_asked_for_at_once(reader: SlotReader, ecs: Stubber):
    tasks = [f"{number:032x}" for number in range(150)]
    add_tasks(ecs, tasks[:100], **{f"t{task}": BLUE_SET for task in tasks[:100]})
    add_task_sets(ecs, blue=BLUE)
    add_tasks(ecs, tasks[100:], **{f"t{task}": BLUE_SET for task in tasks[100:]})
    reader.learn(tasks)
    assert reader.slots == dict.fromkeys(tasks, "blue")
