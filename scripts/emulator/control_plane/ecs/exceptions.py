"""The errors of Amazon ECS, in AWS's words."""

from emulator.control_plane.base import AwsError


class EcsError(AwsError):
    """Base of this service's errors: the message alone is the argument."""

    code = "ClientException"

    def __init__(self, message: str) -> None:
        super().__init__(message)


class ClientError(EcsError):
    code = "ClientException"


class InvalidParameter(EcsError):
    code = "InvalidParameterException"


class ClusterNotFound(EcsError):
    code = "ClusterNotFoundException"

    def __init__(self) -> None:
        super().__init__("Cluster not found.")


class ClusterContainsServices(EcsError):
    code = "ClusterContainsServicesException"

    def __init__(self) -> None:
        super().__init__("The Cluster cannot be deleted while Services are active.")


class ClusterContainsTasks(EcsError):
    code = "ClusterContainsTasksException"

    def __init__(self) -> None:
        super().__init__("The Cluster cannot be deleted while Tasks are active.")


class ServiceNotFound(EcsError):
    code = "ServiceNotFoundException"

    def __init__(self) -> None:
        super().__init__("Service not found.")


class ServiceNotActive(EcsError):
    code = "ServiceNotActiveException"

    def __init__(self) -> None:
        super().__init__("Service was not ACTIVE.")


class TaskSetNotFound(EcsError):
    code = "TaskSetNotFoundException"

    def __init__(self) -> None:
        super().__init__("The specified task set wasn't found.")
