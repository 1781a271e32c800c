"""Runs a build's commands below one guardian, each as CodeBuild does.

CodeBuild runs every command of a 0.2 buildspec in a shell of its own that first takes over the
directory and the variables which the command before it left, and finally leaves its own. A command
can therefore `exit`, `set -e` or break off without ending the build's shell.
Source: errors in CodeBuild's logs name line 4 of a `/codebuild/output/tmp/script.sh` for a one-line
command (acantril/learn-cantrill-io-labs#155); the rest of the script is inferred, not observed.
"""

import json
import os
import selectors
import shlex
import signal
import subprocess
import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import psutil

from emulator.data_plane.build_runner import guardian
from emulator.data_plane.build_runner.folder import BuildFolder

POLL_S = 0.1


class Interrupted(Exception):
    """The build was stopped, or ran out of time, while a command ran."""


class BuildShell:
    """The commands' surroundings. `is_interrupted` is asked several times a second."""

    def __init__(
        self,
        folder: BuildFolder,
        variables: dict[str, str],
        output_fd: int,
        is_interrupted: Callable[[], bool],
    ) -> None:
        self._folder = folder
        self._is_interrupted = is_interrupted
        self._directory_file = folder.state / "dir.txt"
        self._variables_file = folder.state / "env.sh"
        self._directory_file.write_text(f"{folder.source}\n", encoding="utf-8")
        self._variables_file.write_text("", encoding="utf-8")
        self._status_fd, status_fd = os.pipe()
        try:
            self._process = subprocess.Popen(
                [sys.executable, "-I", guardian.__file__, str(status_fd)],
                stdin=subprocess.PIPE,
                stdout=output_fd,
                stderr=output_fd,
                cwd=folder.source,
                env=variables,
                pass_fds=[status_fd],
                start_new_session=True,
            )
        finally:
            os.close(status_fd)

    def run(self, command: str, *, program: str, is_succeeding: bool, shares_shell: bool) -> int:
        """Run one command by `sh` or `bash`; return its exit code, or minus the signal's number.

        Raises: Interrupted, the command still running.
        """
        flag = f"CODEBUILD_BUILD_SUCCEEDING={int(is_succeeding)}"
        script = self._sharing(command, flag) if shares_shell else f"export {flag}\n{command}\n"
        return self._execute(program, script)

    def variables(self, program: str) -> dict[str, str]:
        """Return the variables that the last command left."""
        dump = "import json, os; json.dump(dict(os.environ), open(os.environ['_DUMP'], 'w'))"
        target = self._folder.state / "variables.json"
        python = shlex.quote(sys.executable)
        code = self._execute(
            program,
            f"set -a\n. {_quoted(self._variables_file)}\n"
            f"_DUMP={_quoted(target)} {python} -I -S -c {shlex.quote(dump)}\n",
        )
        if code or not target.exists():
            return {}
        found: dict[str, str] = json.loads(target.read_text(encoding="utf-8"))
        return found

    def expand(self, text: str, program: str) -> str:
        """Return text with the shell's variables and command substitutions carried out."""
        target = self._folder.state / "expanded.txt"
        escaped = text.replace("\\", "\\\\").replace('"', '\\"')
        script = f'printf %s "{escaped}" > {_quoted(target)}'
        self.run(script, program=program, is_succeeding=True, shares_shell=True)
        return target.read_text(encoding="utf-8") if target.exists() else text

    def kill(self) -> None:
        """End every process of the build, at once. Idempotent."""
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(self._process.pid, signal.SIGKILL)
        if self._process.stdin and not self._process.stdin.closed:
            with suppress(BrokenPipeError):
                self._process.stdin.close()
            os.close(self._status_fd)
        self._process.wait()

    def _sharing(self, command: str, flag: str) -> str:
        variables, directory = _quoted(self._variables_file), _quoted(self._directory_file)
        return (
            f'cd "$(cat {directory})"\n'
            "set -a\n"
            f". {variables}; {flag}\n"
            f"{command}\n"
            "CODEBUILD_LAST_EXIT=$?\n"
            f"export -p > {variables}; pwd > {directory}; exit $CODEBUILD_LAST_EXIT\n"
        )

    def _execute(self, program: str, script: str) -> int:
        file = self._folder.state / "script.sh"
        file.write_text(script, encoding="utf-8")
        assert self._process.stdin is not None  # noqa: S101 (opened as a pipe)
        request = json.dumps([f"/bin/{program}", str(file)]) + "\n"
        with suppress(BrokenPipeError):
            self._process.stdin.write(request.encode())
            self._process.stdin.flush()
        return self._wait()

    def _wait(self) -> int:
        with selectors.DefaultSelector() as selector:
            selector.register(self._status_fd, selectors.EVENT_READ)
            while not selector.select(POLL_S):
                if self._is_interrupted():
                    raise Interrupted
        answer = os.read(self._status_fd, 64).decode().strip()
        return int(answer) if answer else -signal.SIGKILL  # the guardian itself was killed


def kill_processes_of(build_root: Path) -> None:
    """Kill every process that a build below `build_root` left, whatever session it moved to.

    Known by CODEBUILD_SRC_DIR in its environment; where the system does not show that, nothing.
    """
    prefix = f"{build_root}{os.sep}"
    for process in psutil.process_iter():
        with suppress(psutil.Error, OSError):
            if process.environ().get("CODEBUILD_SRC_DIR", "").startswith(prefix):
                process.kill()


def _quoted(path: Path) -> str:
    return shlex.quote(str(path))
