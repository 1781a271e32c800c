"""The instructions that only change an image's configuration."""

import re
from collections.abc import Callable
from pathlib import PurePosixPath

from emulator.data_plane.image_builder.dockerfile import Instruction
from emulator.data_plane.image_builder.errors import ENGINE, DockerError
from emulator.data_plane.image_builder.stage import Stage
from emulator.data_plane.image_builder.words import expand, pairs, split_words

_PORT = re.compile(r"(?P<first>\d+)(?:-(?P<last>\d+))?(?:/(?P<protocol>tcp|udp|sctp))?")
_DURATION = re.compile(r"(?P<number>\d+(?:\.\d+)?)(?P<unit>ms|s|m|h)")
_SECONDS = {"ms": 0.001, "s": 1, "m": 60, "h": 3600}

Handler = Callable[[Stage, Instruction, str], None]


def env(stage: Stage, instruction: Instruction, escape: str) -> None:
    stage.set_env(pairs(instruction.value, stage.variables, escape))


def label(stage: Stage, instruction: Instruction, escape: str) -> None:
    stage.labels.update(pairs(instruction.value, stage.variables, escape))


def maintainer(stage: Stage, instruction: Instruction, _escape: str) -> None:
    stage.labels["maintainer"] = instruction.value
    stage.say("[Warning] MAINTAINER is deprecated; use LABEL")


def workdir(stage: Stage, instruction: Instruction, escape: str) -> None:
    wanted = stage.working_dir / expand(instruction.value, stage.variables, escape)
    parts: list[str] = []
    for part in wanted.parts[1:]:
        parts = parts[:-1] if part == ".." else [*parts, part]
    path = PurePosixPath("/", *parts)
    stage.place(path).mkdir(mode=0o755, parents=True, exist_ok=True)
    stage.config["WorkingDir"] = str(path)


def expose(stage: Stage, instruction: Instruction, escape: str) -> None:
    ports = stage.config.setdefault("ExposedPorts", {})
    expanded = expand(instruction.value, stage.variables, escape)
    for word in expanded.split():
        match = _PORT.fullmatch(word)
        if not match or not 0 < int(match["first"]) < 65536:
            raise DockerError(f"invalid containerPort: {word}")
        for number in range(int(match["first"]), int(match["last"] or match["first"]) + 1):
            ports[f"{number}/{match['protocol'] or 'tcp'}"] = {}


def cmd(stage: Stage, instruction: Instruction, _escape: str) -> None:
    stage.config["Cmd"] = _command(stage, instruction)
    stage.is_cmd_own = True


def entrypoint(stage: Stage, instruction: Instruction, _escape: str) -> None:
    stage.config["Entrypoint"] = _command(stage, instruction)
    if not stage.is_cmd_own:
        stage.config.pop("Cmd", None)  # a base image's command is not an argument of this one


def _command(stage: Stage, instruction: Instruction) -> list[str]:
    words = instruction.as_list()
    return [*stage.shell, instruction.value] if words is None else words


def user(stage: Stage, instruction: Instruction, escape: str) -> None:
    stage.config["User"] = expand(instruction.value, stage.variables, escape)
    stage.say("[Note] USER is recorded in the image; local tasks run as the current user")


def stopsignal(stage: Stage, instruction: Instruction, escape: str) -> None:
    found = expand(instruction.value, stage.variables, escape)
    if not re.fullmatch(r"\d+|(?:SIG)?[A-Z0-9+-]+", found):
        raise DockerError(f"invalid signal: {found}")
    stage.config["StopSignal"] = found


def shell(stage: Stage, instruction: Instruction, _escape: str) -> None:
    words = instruction.as_list()
    if not words:
        raise DockerError("SHELL requires the arguments to be in JSON form")
    stage.shell = words
    stage.config["Shell"] = words


def volume(stage: Stage, instruction: Instruction, escape: str) -> None:
    words = instruction.as_list() or split_words(instruction.value, stage.variables, escape)
    stage.config.setdefault("Volumes", {}).update({word: {} for word in words})


def healthcheck(stage: Stage, instruction: Instruction, _escape: str) -> None:
    """Record a health check. Source: OCI has none; Docker's image specification 1.2."""
    if instruction.value.upper() == "NONE":
        stage.config["Healthcheck"] = {"Test": ["NONE"]}
        return
    kind, _, rest = instruction.value.partition(" ")
    if kind.upper() != "CMD" or not rest.strip():
        raise DockerError(f"unknown type {kind!r} in HEALTHCHECK (try CMD)")
    words = Instruction(instruction.line, "CMD", rest.strip()).as_list()
    test = ["CMD-SHELL", rest.strip()] if words is None else ["CMD", *words]
    stage.config["Healthcheck"] = {"Test": test, **_health_options(instruction.flags)}


def _health_options(flags: dict[str, str]) -> dict[str, int]:
    names = {
        "interval": "Interval",
        "timeout": "Timeout",
        "start-period": "StartPeriod",
        "start-interval": "StartInterval",
    }
    found: dict[str, int] = {}
    for flag, value in flags.items():
        if flag == "retries" and value.isdecimal():
            found["Retries"] = int(value)
        elif flag in names:
            found[names[flag]] = _nanoseconds(value)
        else:
            raise DockerError(f"`--{flag}={value}` is no option of HEALTHCHECK")
    return found


def _nanoseconds(text: str) -> int:
    parts = list(_DURATION.finditer(text))
    if not parts or "".join(part[0] for part in parts) != text:
        raise DockerError(f"invalid duration `{text}`; such as 30s or 1m30s")
    return round(sum(float(part["number"]) * _SECONDS[part["unit"]] for part in parts) * 10**9)


def onbuild(_stage: Stage, _instruction: Instruction, _escape: str) -> None:
    raise DockerError(f"ONBUILD is not supported here; to use it, {ENGINE}")


HANDLERS: dict[str, Handler] = {
    "ENV": env,
    "LABEL": label,
    "MAINTAINER": maintainer,
    "EXPOSE": expose,
    "CMD": cmd,
    "ENTRYPOINT": entrypoint,
    "USER": user,
    "STOPSIGNAL": stopsignal,
    "SHELL": shell,
    "VOLUME": volume,
    "HEALTHCHECK": healthcheck,
    "ONBUILD": onbuild,
}
