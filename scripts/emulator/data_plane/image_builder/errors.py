"""What ends a `docker` command: a message for stderr, and exit status 1."""


class DockerError(Exception):
    """The command cannot be done; the message says why, and what to do instead."""


class DockerfileError(DockerError):
    """An instruction is wrong, or cannot be honoured without a container engine."""

    def __init__(self, line: int, instruction: str, message: str) -> None:
        super().__init__(f"Dockerfile line {line}: `{instruction}`: {message}")
        self.line = line
        self.instruction = instruction


ENGINE = "build it with a container engine (Docker, Podman) and push it to the registry instead"
"""The way that is left for what is refused."""
