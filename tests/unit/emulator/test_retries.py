"""A request that an SDK repeats, since it lost the answer, is carried out once."""

import uuid
from typing import Any

import pytest
from botocore.exceptions import ClientError

from emulator.retries import KEPT, GivenAnswers

ANSWER = ("200 OK", [("Content-Type", "text/plain")], b"done")


def environ(invocation: str, attempt: int = 1, path: str = "/") -> dict[str, Any]:
    return {
        "REQUEST_METHOD": "POST",
        "PATH_INFO": path,
        "HTTP_AMZ_SDK_INVOCATION_ID": invocation,
        "HTTP_AMZ_SDK_REQUEST": f"attempt={attempt}; max=25",
    }


@pytest.fixture
def ec2(emulator, aws):
    """Return a client of its own, whose requests a test may mark as attempts."""
    runtime = type(emulator.runtime)(emulator.settings, emulator.runtime.clock)
    client = runtime.client("ec2", "123456789012", "us-west-2")
    yield client
    client.close()


def attempts(client: Any, *numbers: int) -> None:
    """Make the next requests attempts of one invocation."""
    invocation, left = str(uuid.uuid4()), iter(numbers)

    def mark(request: Any, **_: Any) -> None:
        request.headers["amz-sdk-invocation-id"] = invocation
        request.headers["amz-sdk-request"] = f"attempt={next(left)}; max=25"

    client.meta.events.register("before-send.ec2", mark)


def revoke(ec2: Any, group: str) -> None:
    everywhere = {"IpProtocol": "-1", "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}
    ec2.revoke_security_group_egress(GroupId=group, IpPermissions=[everywhere])


def new_group(ec2: Any, name: str) -> str:
    vpc = ec2.create_vpc(CidrBlock="10.77.0.0/16")["Vpc"]["VpcId"]
    answer = ec2.create_security_group(GroupName=name, Description="d", VpcId=vpc)
    return str(answer["GroupId"])


def test_a_repeated_request_gets_the_answer_that_was_lost(ec2, unique):
    group = new_group(ec2, unique())
    attempts(ec2, 1, 2)
    revoke(ec2, group)
    revoke(ec2, group)


def test_the_same_request_made_anew_is_carried_out_again(ec2, unique):
    group = new_group(ec2, unique())
    revoke(ec2, group)
    with pytest.raises(ClientError, match=r"InvalidPermission\.NotFound"):
        revoke(ec2, group)


def test_a_retry_of_what_never_arrived_is_carried_out(ec2, unique):
    group = new_group(ec2, unique())
    attempts(ec2, 2)
    revoke(ec2, group)


def test_an_answer_that_asks_for_a_retry_is_not_repeated():
    given = GivenAnswers()
    given.keep(environ("a"), ("500 Internal Server Error", [], b""))
    assert given.to_retry(environ("a", attempt=2)) is None


def test_only_the_newest_answers_are_kept():
    given = GivenAnswers()
    for number in range(KEPT + 1):
        given.keep(environ(str(number)), ANSWER)
    assert given.to_retry(environ("0", attempt=2)) is None
    assert given.to_retry(environ("1", attempt=2)) == ANSWER


def test_a_first_attempt_is_never_answered_from_memory():
    given = GivenAnswers()
    given.keep(environ("a"), ANSWER)
    assert given.to_retry(environ("a")) is None
    assert given.to_retry(environ("a", attempt=2, path="/other")) is None
