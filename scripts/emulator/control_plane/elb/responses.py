"""Tells the API versions apart: 2015-12-01 is elbv2, 2012-06-01 the classic one."""

from typing import Any

from moto.core.responses import BaseResponse

from emulator.control_plane.base import EmulatedResponse
from emulator.control_plane.elbv2.responses import Elbv2Response

CLASSIC_VERSION = "2012-06-01"


class ElbResponse(EmulatedResponse, BaseResponse):
    """Refuses every operation of classic load balancers by name."""

    validation_error_code = "ValidationError"

    def __init__(self) -> None:
        super().__init__(service_name="elb")


def answer_by_version(request: Any, full_url: str, headers: Any) -> Any:
    """Hand a request to the API that its `Version` parameter names."""
    classic = request.values.get("Version") == CLASSIC_VERSION
    response = ElbResponse if classic else Elbv2Response
    return response.dispatch(request, full_url, headers)
