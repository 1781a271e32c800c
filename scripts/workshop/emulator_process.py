"""The embedded AWS as a process: started, asked, stopped. Its health answer is the truth."""

import contextlib
import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil

from workshop.config import Config
from workshop.errors import InfrastructureError, UsageError
from workshop.isolation import proxy_variables, without_aws
from workshop.progress import Note, Progress, Waiting, silent

_START_TIMEOUT_S = 60.0
_STOP_TIMEOUT_S = 20.0
_TERMINATE_TIMEOUT_S = 10.0
_ANSWER_TIMEOUT_S = 10.0
_STRANGER_TIMEOUT_S = 2.0
_LOG_LINES_SHOWN = 12

_NO_ANSWER = (OSError, ValueError, http.client.HTTPException)


class _RefusedError(Exception):
    """The management interface answered, and not with what was asked for."""


@dataclass(frozen=True)
class Health:
    """What a running emulator says of itself."""

    pid: int
    data_dir: Path
    clock_scale: float


class EmulatorProcess:
    """The emulator of one project folder on one port."""

    def __init__(self, config: Config) -> None:
        self._config = config
        self.url = f"http://127.0.0.1:{config.port}"
        self.data_dir = config.state_dir / "emulator"
        self.log_file = config.logs_dir / "emulator.log"
        self._pid_file = config.state_dir / "emulator.pid"

    def start(self, progress: Progress = silent) -> bool:
        """Start it and return when it answers; False if it already did.

        Raises: UsageError if the port is somebody else's, InfrastructureError if it dies.
        """
        health = self.health()
        if health is not None:
            self._record(health.pid)
            return False
        self._refuse_a_taken_port()
        if self.is_lost():
            progress(
                Note("The last emulator ended without being stopped; a new one holds nothing.")
            )
        progress(Waiting("The emulator starts"))
        child = self._spawn()
        health = self._wait_until_ready(child)
        progress(Note(f"The emulator answers on {self.url} (process {health.pid})."))
        return True

    def stop(self, progress: Progress = silent) -> bool:
        """Stop it and return when its process and port are gone; False if it was not running."""
        process = self._process()
        if process is None:
            self._pid_file.unlink(missing_ok=True)
            return False
        progress(Waiting("The emulator stops"))
        try:
            self._ask("POST", "/stop")
        except _NO_ANSWER:
            process.terminate()
        _end(process)
        self._wait_until_port_is_free()
        self._pid_file.unlink(missing_ok=True)
        progress(Note("The emulator stopped."))
        return True

    def health(self) -> Health | None:
        """Return what our emulator says of itself, or None if nobody answers.

        Raises: UsageError if an emulator of another folder answers on the port.
        """
        health = self._any_health()
        if health is not None and not _same_folder(health.data_dir, self.data_dir):
            raise UsageError(
                f"Port {self._config.port} belongs to the emulator of another folder: "
                f"`{health.data_dir.parent.parent}` (process {health.pid}).",
                "Stop that one with `workshop emulator stop` in its folder, or set "
                "`WORKSHOP_PORT` to another port here.",
            )
        return health

    def is_alive(self) -> bool:
        """Tell whether our emulator runs, also where it does not answer."""
        try:
            return self._recorded_process() is not None or self.health() is not None
        except UsageError:
            return False  # another folder's answers

    def is_lost(self) -> bool:
        """Tell whether an emulator was started here and its process ended without being stopped.

        One that does not answer, such as a suspended one, is not lost.
        """
        return self._pid_file.exists() and not self.is_alive()

    def identity(self) -> str | None:
        """Return what is new for each started emulator, or None if none runs."""
        health = self.health()
        if health is None:
            return None
        try:
            return f"{health.pid}-{psutil.Process(health.pid).create_time()}"
        except psutil.Error:
            return str(health.pid)

    def clock(self) -> float:
        """Return how many emulated seconds a real one has."""
        return float(self._answer("GET", "/clock")["scale"])

    def set_clock(self, scale: float) -> float:
        """Change how many emulated seconds a real one has, and return it."""
        return float(self._answer("PUT", "/clock", {"scale": scale})["scale"])

    def listeners(self) -> list[dict[str, Any]]:
        """Return where each listener is published on this machine."""
        found: list[dict[str, Any]] = self._answer("GET", "/listeners")["listeners"]
        return found

    def last_log_lines(self, count: int = _LOG_LINES_SHOWN) -> list[str]:
        """Return the newest lines of its log."""
        if not self.log_file.exists():
            return []
        return self.log_file.read_text(errors="replace").splitlines()[-count:]

    def _spawn(self) -> "subprocess.Popen[bytes]":
        self.log_file.parent.mkdir(parents=True, exist_ok=True)
        self.data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
        command = [sys.executable, "-m", "emulator", "--data", str(self.data_dir)]
        environment = without_aws(self._config.inherited or os.environ)
        with self.log_file.open("ab") as log:
            child = subprocess.Popen(
                [*command, "--port", str(self._config.port)],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd=self._config.root,
                env=environment | proxy_variables(environment) | {"PYTHONUNBUFFERED": "1"},
                start_new_session=True,  # Ctrl-C in the terminal is for the CLI alone
            )
        self._record(child.pid)
        return child

    def _record(self, pid: int) -> None:
        self._pid_file.write_text(f"{pid}\n")

    def _forget(self, pid: int) -> None:
        """Remove the record of a process, unless another has taken its place."""
        with contextlib.suppress(OSError):
            if self._pid_file.read_text().strip() == str(pid):
                self._pid_file.unlink()

    def _wait_until_ready(self, child: "subprocess.Popen[bytes]") -> Health:
        deadline = time.monotonic() + _START_TIMEOUT_S
        while time.monotonic() < deadline:
            health = self.health()
            if health is not None:
                self._record(health.pid)  # another command may have been quicker
                # ours to leave running: the handle must not complain that it was not waited for
                child.returncode = 0
                return health
            try:
                child.wait(timeout=0.05)
            except subprocess.TimeoutExpired:
                continue
            self._forget(child.pid)
            raise self._start_error(f"ended with status {child.returncode} before it answered")
        _end(psutil.Process(child.pid))
        child.wait()
        self._forget(child.pid)
        raise self._start_error(f"did not answer within {_START_TIMEOUT_S:.0f} s")

    def _start_error(self, what: str) -> InfrastructureError:
        lines = "\n".join(f"  {line}" for line in self.last_log_lines())
        return InfrastructureError(
            f"The emulator {what}. The end of `{self.log_file}`:\n{lines}\n",
            "Run `workshop doctor`, which looks for the usual causes.",
        )

    def _refuse_a_taken_port(self) -> None:
        port = self._config.port
        if is_free(port):
            return
        raise UsageError(
            f"Port {port} is taken by {listener_of(port)}.",
            "Stop that program, or set `WORKSHOP_PORT` to another port.",
        )

    def _process(self) -> psutil.Process | None:
        """Return the living process of our emulator, by its own word or by the pid file."""
        health = self.health()
        if health is None:
            return self._recorded_process()
        try:
            return psutil.Process(health.pid)
        except psutil.Error:
            return None

    def _recorded_process(self) -> psutil.Process | None:
        """Return the living process that the pid file names, if it is our emulator."""
        try:
            process = psutil.Process(int(self._pid_file.read_text()))
            command = process.cmdline()
        except (OSError, ValueError, psutil.Error):
            return None
        # a pid is used again after a while: only a process that works on our folder is ours
        return process if "emulator" in command and str(self.data_dir) in command else None

    def _wait_until_port_is_free(self) -> None:
        deadline = time.monotonic() + _STOP_TIMEOUT_S
        while not is_free(self._config.port):
            if time.monotonic() > deadline:
                raise InfrastructureError(
                    f"Port {self._config.port} is still taken by "
                    f"{listener_of(self._config.port)} after the emulator ended.",
                    "Stop that program.",
                )
            _pause()

    def _any_health(self) -> Health | None:
        try:
            answer = self._ask("GET", "/health")
            return Health(
                pid=int(answer["pid"]),
                data_dir=Path(answer["dataDir"]),
                clock_scale=float(answer["clockScale"]),
            )
        except (*_NO_ANSWER, _RefusedError, KeyError, TypeError):
            return None

    def _answer(self, method: str, path: str, body: dict[str, Any] | None = None) -> dict[str, Any]:
        if self.health() is None:
            raise InfrastructureError(
                f"No emulator answers on {self.url}.", "Run `workshop emulator start`."
            )
        try:
            return self._ask(method, path, body)
        except (*_NO_ANSWER, _RefusedError) as error:
            raise InfrastructureError(
                f"The emulator did not do `{method} {path}`: {error}.", "Run `workshop doctor`."
            ) from error

    def _ask(self, method: str, path: str, body: dict[str, Any] | None = None) -> dict[str, Any]:
        connection = http.client.HTTPConnection(  # knows no proxy, as loopback must not
            "127.0.0.1", self._config.port, timeout=self._answer_timeout_s()
        )
        payload = None if body is None else json.dumps(body)
        try:
            connection.request(method, f"/_emulator{path}", payload)
            answer = connection.getresponse()
            value = json.loads(answer.read())
        finally:
            connection.close()
        if answer.status != http.HTTPStatus.OK:
            raise _RefusedError(str(value))
        if not isinstance(value, dict):
            raise ValueError(f"expected an object, got {value!r}")
        return value

    def _answer_timeout_s(self) -> float:
        """Return how long to wait for an answer: a stranger on the port may never give one."""
        return _ANSWER_TIMEOUT_S if self._pid_file.exists() else _STRANGER_TIMEOUT_S


def listener_of(port: int) -> str:
    """Say in words who listens on a port, as far as this user may see."""
    try:
        connections = psutil.net_connections(kind="tcp")
    except psutil.Error:
        return "another program"
    for connection in connections:
        is_listener = connection.status == psutil.CONN_LISTEN
        if is_listener and getattr(connection.laddr, "port", 0) == port and connection.pid:
            try:
                return f"`{psutil.Process(connection.pid).name()}` (process {connection.pid})"
            except psutil.Error:
                return f"process {connection.pid}"
    return "another program"


def is_free(port: int) -> bool:
    """Tell whether a server may listen on a port of 127.0.0.1."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
        return True


def _end(process: psutil.Process) -> None:
    """Wait until a process is gone, asking more firmly each time."""
    for ask in (None, signal.SIGTERM, signal.SIGKILL):
        try:
            if ask is not None:
                process.send_signal(ask)
            process.wait(timeout=_STOP_TIMEOUT_S if ask is None else _TERMINATE_TIMEOUT_S)
        except psutil.TimeoutExpired:
            continue
        except psutil.NoSuchProcess:
            return
        return


def _same_folder(one: Path, other: Path) -> bool:
    return one.resolve() == other.resolve()


def _pause() -> None:
    time.sleep(0.02)
