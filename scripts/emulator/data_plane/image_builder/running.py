"""RUN: a command on this machine, as the current user, in the image's folder.

There is no other root and no other user. So absolute paths in the command are rewritten to the
image's folder, and what only the system's own tools could do in a container is refused.
"""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path, PurePosixPath

from emulator.data_plane.image_builder.dockerfile import Instruction
from emulator.data_plane.image_builder.errors import ENGINE, DockerError
from emulator.data_plane.image_builder.stage import Stage
from emulator.data_plane.registry.image import BASE_LABEL, VENV_LABEL

VENV = PurePosixPath("/opt/venv")
"""Where an image has the packages that its RUN installs."""

_START = r"(?:^|[\n;&|(]|\b(?:then|do|else|sudo)\s)\s*(?:\w+=\S*\s+)*(?:\S*/)?"
_PACKAGE_MANAGERS = re.compile(
    _START + r"(?P<tool>apt-get|apt|apk|dpkg|dnf|microdnf|yum|rpm|zypper|pacman)\b"
)
_USER_TOOLS = re.compile(
    _START + r"(?P<tool>useradd|adduser|usermod|groupadd|addgroup|chroot|mount|su)\b"
)
_USES_PIP = re.compile(r"\bpip3?\b")
_PATH = re.compile(r"(?<![\w.$}/~-])/(?!/)(?P<first>[A-Za-z0-9_][\w.+@-]*)")
_MACHINES_OWN = {
    *("bin", "sbin", "lib", "lib64", "usr", "proc", "sys", "dev"),
    *("System", "Library", "nix", "Applications"),
}
_PASSED_ON = re.compile(
    r"(?:https?|no|all|ftp)_proxy|pip_\w+|ssl_cert_(?:file|dir)|requests_ca_bundle", re.IGNORECASE
)


def run(stage: Stage, instruction: Instruction) -> None:
    """Carry out one RUN, and add what it changed as a layer. Raises DockerError."""
    if instruction.flags:
        flag = next(iter(instruction.flags))
        raise DockerError(f"the flag `--{flag}` is not supported here; to use it, {ENGINE}")
    words = instruction.as_list()
    script = _script(instruction)
    text = script if words is None else " ".join(words)
    _refuse_system_tools(text)
    uses_pip = _USES_PIP.search(text) is not None and stage.labels.get(BASE_LABEL) == "python"
    for folder in ("root", "tmp"):
        (stage.root / folder).mkdir(exist_ok=True)
    if uses_pip:
        _make_venv(stage)
    command = (
        [*stage.shell, map_paths(script, stage.root)]
        if words is None
        else [map_paths(word, stage.root) for word in words]
    )

    def change() -> None:
        _execute(stage, command, text)
        if uses_pip:
            _make_relocatable(stage)

    stage.commit(instruction.text, change, _is_left_out)
    for folder in ("root", "tmp"):
        _remove_if_empty(stage.root / folder)
    if uses_pip:
        _note_venv(stage)


def map_paths(text: str, root: Path) -> str:
    """Rewrite the absolute paths of a command to the image's folder.

    Left alone: folders of the machine's own tools, unless the image has that very folder.
    """

    def mapped(match: re.Match[str]) -> str:
        first = match["first"]
        if not (root / first).exists() and (first in _MACHINES_OWN or _in_quotes(text, match)):
            return match[0]
        return f"{root}{match[0]}"

    return _PATH.sub(mapped, text)


def _in_quotes(text: str, match: re.Match[str]) -> bool:
    """Tell what is rather a pattern, as in `sed '/x/d'`, than a path."""
    return text[match.start() - 1 : match.start()] == "'"


def _script(instruction: Instruction) -> str:
    if not instruction.heredocs:
        return instruction.value
    first = instruction.heredocs[0]
    if re.fullmatch(r"<<-?[\"']?\w+[\"']?", instruction.value):
        return first.body
    ends = "".join(f"{found.body}{found.name}\n" for found in instruction.heredocs)
    return f"{instruction.value}\n{ends}"


def _refuse_system_tools(text: str) -> None:
    found = _PACKAGE_MANAGERS.search(text)
    if found:
        raise DockerError(
            f"`{found['tool']}` is a system's package manager, and there is no system to install "
            f"into: images are made on this machine's own. For an image that needs it, {ENGINE}."
        )
    found = _USER_TOOLS.search(text)
    if found:
        raise DockerError(
            f"`{found['tool']}` needs root in a system of the image's own; here RUN and tasks are "
            f"the current user. Leave it out, or {ENGINE}."
        )


def _execute(stage: Stage, command: list[str], text: str) -> None:
    folder = stage.place(stage.working_dir)
    try:
        finished = subprocess.run(
            command, cwd=folder, env=_environment(stage), stdin=subprocess.DEVNULL, check=False
        )
    except OSError as error:
        raise DockerError(f"`{text}` cannot be started: {error}") from error
    if finished.returncode:
        raise DockerError(
            f"The command '{text.strip()}' returned a non-zero code: {finished.returncode}"
        )


def _environment(stage: Stage) -> dict[str, str]:
    passed_on = {name: value for name, value in os.environ.items() if _PASSED_ON.fullmatch(name)}
    temporary = stage.work / "tmp"
    temporary.mkdir(exist_ok=True)
    own = {name: _map_value(value, stage.root) for name, value in stage.variables.items()}
    venv = stage.root / str(VENV).lstrip("/") / "bin"
    path = [str(_interpreters(stage)), str(venv), own["PATH"], os.environ.get("PATH", "")]
    return {
        **passed_on,
        "LANG": os.environ.get("LANG", "C.UTF-8"),
        **own,
        "PATH": os.pathsep.join(path),
        "HOME": str(stage.root / "root"),
        "TMPDIR": str(temporary),
        "PIP_NO_CACHE_DIR": "1",
        "PIP_NO_COMPILE": "1",
        "PIP_DISABLE_PIP_VERSION_CHECK": "1",
        "PIP_ROOT_USER_ACTION": "ignore",
        "PYTHONDONTWRITEBYTECODE": "1",
        "PYTHONNOUSERSITE": "1",
    }


def _map_value(value: str, root: Path) -> str:
    """Map a variable that is a path of the image, or a list of such."""
    parts = value.split(":")
    return ":".join(
        f"{root}{part}" if part.startswith("/") and (root / part.lstrip("/")).exists() else part
        for part in parts
    )


def base_interpreter() -> str:
    """Return the machine's Python, outside the virtual environment that the emulator runs in."""
    return str(getattr(sys, "_base_executable", None) or sys.executable)


def _interpreters(stage: Stage) -> Path:
    """Return a folder of commands that come before the machine's: `python` and `pip`.

    `python` is the image's virtual environment where it has one, else the machine's own. `pip` is
    the emulator's, working on that environment: making one with a pip of its own takes many
    seconds, and `python3-venv` on Debian.
    """
    folder = stage.work / "bin"
    if folder.is_dir():
        return folder
    folder.mkdir()
    version = sys.version_info
    for name in ("python", f"python{version.major}", f"python{version.major}.{version.minor}"):
        _write_command(folder / name, _PYTHON_COMMAND, stage)
    for name in ("pip", f"pip{version.major}", f"pip{version.major}.{version.minor}"):
        _write_command(folder / name, _PIP_COMMAND, stage)
    return folder


_PIP_COMMAND = 'exec "{own}" -m pip --python "{venv}/bin/python" "$@"'
_PYTHON_COMMAND = (
    f'if [ "$1" = -m ] && [ "$2" = pip ]; then shift 2; {_PIP_COMMAND}; fi\n'
    'if [ -x "{venv}/bin/python" ]; then exec "{venv}/bin/python" "$@"; fi\n'
    'exec "{base}" "$@"'
)


def _write_command(path: Path, script: str, stage: Stage) -> None:
    venv = stage.root / str(VENV).lstrip("/")
    filled = script.format(own=sys.executable, base=base_interpreter(), venv=venv)
    path.write_text(f"#!/bin/sh\n{filled}\n")
    path.chmod(0o755)


def _make_venv(stage: Stage) -> None:
    folder = stage.root / str(VENV).lstrip("/")
    if (folder / "pyvenv.cfg").is_file():
        return
    made = subprocess.run(
        [base_interpreter(), "-m", "venv", "--without-pip", str(folder)],
        capture_output=True,
        text=True,
        check=False,
        stdin=subprocess.DEVNULL,
    )
    if made.returncode:
        shutil.rmtree(folder, ignore_errors=True)
        said = (made.stdout + made.stderr).strip()
        raise DockerError(f"the image's virtual environment cannot be made: {said}")


def _make_relocatable(stage: Stage) -> None:
    """Let scripts that pip wrote start with whatever `python3` a task has."""
    scripts = stage.root / str(VENV).lstrip("/") / "bin"
    for script in scripts.iterdir():
        if (
            script.is_symlink()
            or not script.is_file()
            or _is_left_out(f"opt/venv/bin/{script.name}")
        ):
            continue
        first, newline, rest = script.read_bytes().partition(b"\n")
        if first.startswith(b"#!") and bytes(scripts) in first:
            script.write_bytes(b"#!/usr/bin/env python3" + newline + rest)


_LEFT_OUT = re.compile(
    r"(?:.*/)?__pycache__(?:/.*)?|root/\.cache(?:/.*)?"
    r"|opt/venv/(?:pyvenv\.cfg|\.gitignore|lib64|include(?:/.*)?|bin/(?:python|pip|[Aa]ctivate)[^/]*)"
    r"|opt/venv/lib/[^/]+/site-packages/(?:pip|setuptools|_distutils_hack|pkg_resources)(?:-[^/]*)?(?:/.*)?"
    r"|opt/venv/lib/[^/]+/site-packages/distutils-precedence\.pth"
)


def _is_left_out(name: str) -> bool:
    """Tell what is the build's and not the image's: the interpreter, pip itself, caches."""
    return _LEFT_OUT.fullmatch(name) is not None


def _note_venv(stage: Stage) -> None:
    version = sys.version_info
    packages = str(VENV / f"lib/python{version.major}.{version.minor}/site-packages")
    found = [part for part in stage.env.get("PYTHONPATH", "").split(":") if part]
    if packages not in found:
        stage.set_env({"PYTHONPATH": ":".join([packages, *found])})
    stage.labels[VENV_LABEL] = str(VENV)


def _remove_if_empty(folder: Path) -> None:
    if not any(folder.iterdir()):
        folder.rmdir()
