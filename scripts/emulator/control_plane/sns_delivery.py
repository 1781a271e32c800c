"""Sends SNS messages to HTTP subscribers beside the request that publishes them.

moto posts within the call, for as long as the subscriber takes: with the runtime's lock held, one
that never answers (`nc -l`) would stop the whole emulator, and one that asks us back would too.
"""

import importlib
import logging
import threading
from typing import Any

import requests

logger = logging.getLogger(__name__)

ANSWER_WITHIN_S = 15.0
"""Source: "HTTP/HTTPS notification JSON format", SNS developer guide: a delivery attempt ends
after 15 seconds."""


def deliver_beside() -> None:
    """Let moto's SNS post through us.

    Version: moto 5.2.5, moto/sns/models.py: `requests.post` in Subscription.publish is its only
    use of `requests`.
    """
    models: Any = importlib.import_module("moto.sns.models")
    models.requests = _Beside


class _Beside:
    """What moto uses of `requests`."""

    @staticmethod
    def post(url: str, **given: Any) -> None:
        threading.Thread(target=_post, args=(url, given), name="sns-delivery", daemon=True).start()


def _post(url: str, given: dict[str, Any]) -> None:
    try:
        requests.post(url, **given, timeout=ANSWER_WITHIN_S)
    except (requests.RequestException, ValueError) as error:
        logger.warning("The subscriber `%s` did not take an SNS message: %s", url, error)
