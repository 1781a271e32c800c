"""Answers a repeated request as it was answered before, where a client lost the first answer.

An SDK that gets no answer sends its request again; seen once in about ten thousand requests of
Terraform's, on a busy machine, its cause not found. Most operations cannot be done twice: a second
`RevokeSecurityGroupEgress` of a new security group finds no rule to revoke, and the apply fails.
"""

import re
from collections import OrderedDict
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

Answer = tuple[str, list[tuple[str, str]], bytes]
"""Status, headers and body."""

KEPT = 128
LONGEST_BODY = 64 * 1024
"""Bytes. A longer answer lists or fetches, which can be done again."""

_ATTEMPT = re.compile(r"attempt=(\d+)")


class GivenAnswers:
    """The newest answers by the invocation that they answer; used with the runtime's lock held.

    Source: AWS SDKs and Tools reference guide, "Retry behavior": an operation's attempts share
    `amz-sdk-invocation-id`, and `amz-sdk-request` counts them.
    """

    def __init__(self) -> None:
        self._answers: OrderedDict[tuple[str, ...], Answer] = OrderedDict()

    def to_retry(self, environ: "WSGIEnvironment") -> Answer | None:
        """Return what an earlier attempt was answered; None for a first one, or an unknown one."""
        attempt = _ATTEMPT.search(environ.get("HTTP_AMZ_SDK_REQUEST", ""))
        if attempt is None or int(attempt[1]) < 2:
            return None
        return self._answers.get(_invocation(environ))

    def keep(self, environ: "WSGIEnvironment", answer: Answer) -> None:
        """Remember an answer, but for one that asks its client to try again."""
        status, _, body = answer
        if (
            "HTTP_AMZ_SDK_INVOCATION_ID" not in environ
            or status.startswith("5")
            or len(body) > LONGEST_BODY
        ):
            return
        self._answers[_invocation(environ)] = answer
        while len(self._answers) > KEPT:
            self._answers.popitem(last=False)


def _invocation(environ: "WSGIEnvironment") -> tuple[str, ...]:
    names = ("HTTP_AMZ_SDK_INVOCATION_ID", "REQUEST_METHOD", "PATH_INFO", "QUERY_STRING")
    return tuple(str(environ.get(name, "")) for name in names)
