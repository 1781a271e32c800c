"""What can go wrong, each with what to do next and the exit status that says whose turn it is."""


class WorkshopError(Exception):
    """Something a person must know: `message` names what was found, `remedy` what to do next."""

    exit_code = 3

    def __init__(self, message: str, remedy: str = "", exit_code: int | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.remedy = remedy
        if exit_code is not None:
            self.exit_code = exit_code

    def __str__(self) -> str:
        return f"{self.message} {self.remedy}".strip()


class CheckNotPassed(WorkshopError):
    """A check failed, or what it looks for has not come yet."""

    exit_code = 1


class UsageError(WorkshopError):
    """Wrong use, or a configuration that cannot work."""

    exit_code = 2


class NotPrepared(UsageError):
    """The environment does not exist, or stands below the step that was asked for."""


class InfrastructureError(WorkshopError):
    """Terraform, AWS or the emulator failed, or could not be asked."""

    exit_code = 3


class Interrupted(WorkshopError):
    """A person ended the run; what was done stays, and the same command goes on from there."""

    exit_code = 130
