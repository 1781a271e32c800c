"""How a call that AWS refuses ends."""

from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError


def refusal(call: Callable[..., Any], *args: Any, **given: Any) -> tuple[str, str]:
    """Return code and message of the error that a call ends with; fail if it ends with none."""
    with pytest.raises(ClientError) as caught:
        call(*args, **given)
    error = caught.value.response["Error"]
    return error["Code"], error["Message"]
