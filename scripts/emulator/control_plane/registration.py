"""Puts our backends in the place of moto's: every touch of moto's internals stands here.

moto has no plug-in interface. Its `BackendDict` makes backends lazily from its `backend`
attribute, and each backend finds `urls.py` beside its own module; so one assignment a service,
before the first request, swaps both the model and the HTTP layer. moto's own internal callers get
ours as well. Read off moto 5.2.5; `tests/unit/emulator/test_registration.py` says so when a new
moto breaks it.
"""

import importlib
from typing import Any

from moto.core.base_backend import BackendDict
from moto.core.common_models import BaseModel

from emulator.control_plane import sns_delivery
from emulator.control_plane.base import Emulated
from emulator.runtime import Runtime

SERVICES: dict[str, str] = {
    "cloudwatch": "CloudWatchBackend",
    "codebuild": "CodeBuildBackend",
    "codecommit": "CodeCommitBackend",
    "codedeploy": "CodeDeployBackend",
    "codepipeline": "CodePipelineBackend",
    "ec2": "Ec2Backend",
    "ecr": "EcrBackend",
    "ecs": "EcsBackend",
    "elb": "ElbBackend",
    "elbv2": "Elbv2Backend",
    "events": "EventsBackend",
}
"""Service folder in `emulator.control_plane`, and in `moto`, to the name of our backend class."""


def register(runtime: Runtime) -> None:
    """Install every backend of ours, bound to `runtime`. Raises RuntimeError if one is in use."""
    _stop_tracking_instances()
    _allow_our_error_codes()
    sns_delivery.deliver_beside()
    Emulated.runtime = runtime
    for service, class_name in SERVICES.items():
        ours = importlib.import_module(f"emulator.control_plane.{service}.models")
        _backends_of(service).backend = getattr(ours, class_name)


def backend(service: str, account_id: str, region: str) -> Any:
    """Return one account's backend of a service in a region; used with the runtime's lock held."""
    return _backends_of(service, unused=False)[account_id][region]


def backends(service: str) -> list[Any]:
    """Return every backend of a service that has been used so far."""
    return [found for _, _, found in list(_backends_of(service, unused=False).iter_backends())]


def _backends_of(service: str, unused: bool = True) -> BackendDict[Any]:
    models = importlib.import_module(f"moto.{service}.models")
    found: BackendDict[Any] = getattr(models, f"{service}_backends")
    if unused and len(found):
        raise RuntimeError(f"moto's {service} is in use already: register before the first request")
    return found


def _stop_tracking_instances() -> None:
    """Keep moto from holding every model ever made, which would keep every log line for good.

    Version: moto 5.2.5, moto/core/common_models.py. Used only by moto's own dashboard.
    """

    def new(cls: type, *_args: Any, **_kwargs: Any) -> Any:
        return object.__new__(cls)

    BaseModel.__new__ = new


def _allow_our_error_codes() -> None:
    """Keep moto from warning of error codes that any service of ours may answer with.

    Version: moto 5.2.5, moto/core/errors.py: a code outside the service's model is a warning.
    """
    errors = importlib.import_module("moto.core.errors")
    for code in ("NotImplementedException", "InternalFailure"):
        if code not in errors.COMMON_ERROR_CODES:
            errors.COMMON_ERROR_CODES.append(code)
