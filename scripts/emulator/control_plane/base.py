"""What every emulated service adds to moto's own: validated input, and a clear "not emulated"."""

import logging
from typing import Any, ClassVar

from botocore.validate import ParamValidator
from moto.core.exceptions import ServiceException
from moto.core.responses import ActionResult, BaseResponse
from moto.core.utils import camelcase_to_underscores, get_service_model, method_names_from_class

from emulator.runtime import Runtime

logger = logging.getLogger(__name__)


class AwsError(ServiceException):
    """An error that a client sees as AWS's: `AwsError(code, message)`, or a subclass with a `code`.

    Subclasses must live outside the `moto` packages: moto looks the service model up from the
    module of the exception's class (moto/core/errors.py).
    """


class NotEmulated(AwsError):
    """The operation exists on AWS, and is not emulated here."""

    code = "NotImplementedException"


class Emulated:
    """Mixin of every backend class of ours: the running emulator, set once at registration."""

    runtime: ClassVar[Runtime]


class EmulatedResponse(BaseResponse):
    """Mixin that stands first in the bases of a service's Response class.

    It parses input by botocore's model, refuses what the model does not allow, and answers an
    operation that nobody wrote with a modelled error instead of an HTML page that SDKs retry.
    """

    validation_error_code: ClassVar[str] = "ValidationException"
    _operations: ClassVar[frozenset[str]]

    def __init_subclass__(cls, **options: Any) -> None:
        super().__init_subclass__(**options)
        cls._operations = frozenset(method_names_from_class(cls))

    def setup_class(self, *args: Any, **kwargs: Any) -> None:
        self.automated_parameter_parsing = True
        super().setup_class(*args, **kwargs)

    def call_action(self) -> Any:
        operation = self._get_action()
        try:
            self._refuse_unless_emulated(operation)
            self._refuse_invalid_input(operation)
            return super().call_action()
        except ServiceException as error:
            return self._error_response(error)
        except Exception as error:  # moto raises bare exceptions in places
            logger.exception("%s:%s failed", self.service_name, operation)
            return self._error_response(
                AwsError("InternalFailure", f"{type(error).__name__}: {error}")
            )

    def _refuse_unless_emulated(self, operation: str) -> None:
        if camelcase_to_underscores(operation) not in self._operations:
            raise NotEmulated(f"{self.service_name}:{operation} is not emulated.")

    def _refuse_invalid_input(self, operation: str) -> None:
        model = get_service_model(self.boto3_service_name).operation_model(operation)
        if model.input_shape is None:
            return
        report = ParamValidator().validate(self.params, model.input_shape)
        if report.has_errors():
            raise AwsError(self.validation_error_code, report.generate_report())

    def serialized(self, action_result: ActionResult) -> Any:
        status, headers, body = super().serialized(action_result)
        if isinstance(action_result.result, NotEmulated):
            status = 501  # as the front answers for services that are moto's alone
        return status, headers, body

    def _error_response(self, error: ServiceException) -> Any:
        status, headers, body = self.serialized(ActionResult(error))
        return status, {**headers, "status": str(status)}, body
