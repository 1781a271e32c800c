"""Terraform, as the CLI drives it: the only module that imports python_terraform.

python-terraform 0.10.1 needs care (`docs/decisions`): every command goes through `cmd` with
`synchronous=None`, which hands back the running process before the library reads its output,
logs it, or raises on a status.
"""

import contextlib
import hashlib
import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping
from types import FrameType
from typing import IO, Any

from python_terraform import IsFlagged
from python_terraform import Terraform as _PythonTerraform

from workshop.aws import Aws, EndpointConnectionError
from workshop.config import Config
from workshop.errors import InfrastructureError, Interrupted, WorkshopError
from workshop.isolation import without_terraform_choices
from workshop.progress import Note, Progress, Waiting, silent
from workshop.state import StateStore
from workshop.state_lock import release_stale_lock
from workshop.targets import Target
from workshop.terraform_events import Change, PlanSummary, Stream
from workshop.terraform_installation import Installation

__all__ = ["FOUNDATION", "Change", "PlanSummary", "Terraform"]

FOUNDATION = "0"
"""The ladder's lowest step: network, clusters and load balancers, kept by a reset."""

_WATCH_INTERVAL_S = 0.5
_MARKER = "workshop-init.json"
_OWN_GROUP = "import os, sys; os.setpgid(0, 0); os.execv(sys.argv[1], sys.argv[1:])"


class _Driver(_PythonTerraform):  # type: ignore[misc] # published without types
    """python-terraform, whose child gets a process group of its own.

    In the terminal's group Terraform would get Ctrl-C from the terminal and again from us, and a
    second interrupt makes it leave at once, losing what it knows of unfinished resources.
    """

    def generate_cmd_string(self, cmd: str, *args: Any, **kwargs: Any) -> list[str]:
        command: list[str] = super().generate_cmd_string(cmd, *args, **kwargs)
        return [sys.executable, "-I", "-S", "-c", _OWN_GROUP, *command]


class Terraform:
    """The one root, for one participant on one target."""

    def __init__(
        self,
        config: Config,
        target: Target,
        aws: Aws,
        installation: Installation | None = None,
    ) -> None:
        self._config = config
        self._target = target
        self._store = StateStore(config, aws)
        self._installation = installation or Installation(config)

    def look_for_itself(self) -> None:
        """Raise UsageError if there is no Terraform on this machine, or one of a wrong version."""
        self._installation.terraform()

    def environment(self, step: str | None = None) -> dict[str, str]:
        """Return the whole environment of a Terraform process; `step` defaults to the state's."""
        return (
            without_terraform_choices(self._target.child_environment())
            | self.variables(step)
            | {"TF_IN_AUTOMATION": "1"}
        )

    def variables(self, step: str | None = None) -> dict[str, str]:
        """Return what makes a plain `terraform` mean this participant and target."""
        return {
            "TF_VAR_prefix": self._config.participant,
            "TF_VAR_step": step or self.current_step() or FOUNDATION,
            "TF_VAR_region": self._config.region,
            "TF_VAR_s3_use_path_style": str(self._config.target == "local").lower(),
            "TF_DATA_DIR": str(self._config.terraform_data_dir),
            "CHECKPOINT_DISABLE": "1",
        } | self._installation.variables()

    def current_step(self) -> str | None:
        """Return the step that the state stands at, or None where there is no state."""
        try:
            state = self._store.read() or {}
        except EndpointConnectionError:
            return None  # an emulator that does not run holds no state
        value = state.get("outputs", {}).get("step", {}).get("value")
        return str(value) if value and state.get("resources") else None

    def init(self, progress: Progress = silent) -> bool:
        """Get or create the state's bucket, and initialise if anything changed since. True if so.

        Raises: WorkshopError if Terraform or its provider is missing, or init fails.
        """
        self._store.ensure_bucket()
        key = self._init_key()
        marker = self._config.terraform_data_dir / _MARKER
        if marker.exists() and marker.read_text() == key and self._has_provider():
            return False
        progress(Waiting("Terraform gets ready"))
        marker.unlink(missing_ok=True)
        self._stream(
            "init",
            progress,
            json=IsFlagged,
            reconfigure=IsFlagged,
            backend_config=self._store.backend_config,
        )
        marker.write_text(key)
        return True

    def apply(self, step: str, progress: Progress = silent) -> None:
        """Bring the environment to `step`, up or down the ladder."""
        self._prepare(progress)
        progress(Waiting(f"Terraform plans step {step}"))
        self._stream("apply", progress, step, json=IsFlagged, auto_approve=IsFlagged)

    def plan(self, step: str, progress: Progress = silent) -> PlanSummary:
        """Return what an apply of `step` would change."""
        self._prepare(progress)
        progress(Waiting(f"Terraform plans step {step}"))
        stream = self._stream("plan", progress, step, json=IsFlagged)
        return PlanSummary(tuple(stream.changes))

    def destroy(self, progress: Progress = silent) -> None:
        """Remove everything that the state holds."""
        self._prepare(progress)
        progress(Waiting("Terraform plans what to destroy"))
        self._stream("destroy", progress, json=IsFlagged, auto_approve=IsFlagged)

    def run(self, args: list[str]) -> int:
        """Run Terraform with these arguments in the root, on our own terminal; return its status.

        It shares the terminal's process group: it may ask, and Ctrl-C reaches it directly.
        """
        binary = str(self._installation.terraform())
        child = subprocess.Popen(
            [binary, *args], cwd=self._config.terraform_dir, env=self.environment()
        )
        with _interrupts_left_to_child():
            return child.wait()

    def _prepare(self, progress: Progress) -> None:
        self.init(progress)
        lock = self._store.lock()
        if lock is not None:
            release_stale_lock(lock, self._config)
            progress(Note("The run that held the state's lock is dead; the lock is removed."))
            self._stream("force-unlock", progress, None, lock.lock_id, force=IsFlagged)

    def _stream(
        self, command: str, progress: Progress, step: str | None = None, *args: str, **options: Any
    ) -> Stream:
        """Run a command, tell what it does as it does it, and return what it said.

        Raises: InfrastructureError with its diagnostics or because the emulator has ended,
        Interrupted after Ctrl-C.
        """
        if command != "force-unlock":
            options["input"] = False
        with _InterruptsForwarded() as interrupts:
            process = self._launch(command, step, args, options)
            interrupts.child = process
            complaints = _Drain(process.stderr)
            stream = Stream()
            with _EndedWithItsTarget(process, self._target) as watch:
                _read_to_end(process, stream, progress, interrupts)
        stream.noise += complaints.lines()
        if watch.loss is not None:
            raise watch.loss
        if interrupts.count:
            raise Interrupted(
                "Interrupted; Terraform ended in order and saved its state.",
                "Run the same command again: it goes on where it stopped.",
            )
        if process.returncode != 0:
            raise stream.error(command, process.returncode)
        return stream

    def _launch(
        self, command: str, step: str | None, args: tuple[str, ...], options: dict[str, Any]
    ) -> "subprocess.Popen[bytes]":
        driver = _Driver(
            working_dir=str(self._config.terraform_dir),
            terraform_bin_path=str(self._installation.terraform()),
        )
        with _as_own_environment(self.environment(step)):
            process, _, _ = driver.cmd(command, *args, synchronous=None, **options)
        if not isinstance(process, subprocess.Popen):
            raise InfrastructureError("python-terraform gave no process.", "Run `make setup`.")
        return process

    def _init_key(self) -> str:
        """Return what, when it changes, makes another init necessary."""
        sources = hashlib.sha256()
        folders = (self._config.terraform_dir, self._config.root / "modules")
        for path in sorted(path for folder in folders for path in folder.rglob("*.tf")):
            sources.update(path.read_bytes())
        return json.dumps(
            {
                "backend": self._store.backend_config,
                "endpoint": self._config.endpoint_url,
                "terraform": self._installation.version(),
                "providers": self._installation.variables(),
                "mirrors": [str(mirror) for mirror in self._installation.mirrors()],
                "sources": sources.hexdigest(),
            },
            sort_keys=True,
        )

    def _has_provider(self) -> bool:
        """Tell whether the provider is still there: an unpacked mirror is linked, not copied."""
        folder = self._config.terraform_data_dir / "providers"
        return any(path.exists() for path in folder.glob("*/hashicorp/aws/*/*"))


class _Drain:
    """Reads a pipe to its end in the background, so that the child never waits for us."""

    def __init__(self, pipe: IO[bytes] | None) -> None:
        self._pipe = pipe
        self._text = b""
        self._thread = threading.Thread(target=self._read, name="terraform-stderr", daemon=True)
        self._thread.start()

    def lines(self) -> list[str]:
        """Return what came, once the child has closed the pipe."""
        self._thread.join()
        return self._text.decode(errors="replace").splitlines()

    def _read(self) -> None:
        if self._pipe is not None:
            with self._pipe:
                self._text = self._pipe.read()


class _EndedWithItsTarget:
    """While it is entered, a child whose target is lost is killed.

    Terraform would ask for minutes, again and again, and then write down a state whose resources
    and whose place are gone alike.
    """

    def __init__(self, child: "subprocess.Popen[bytes]", target: Target) -> None:
        self.loss: WorkshopError | None = None
        self._child = child
        self._target = target
        self._is_over = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="terraform-watch", daemon=True)

    def __enter__(self) -> "_EndedWithItsTarget":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._is_over.set()
        self._thread.join()

    def _watch(self) -> None:
        while not self._is_over.wait(_WATCH_INTERVAL_S):
            self.loss = self._target.loss()
            if self.loss is not None:
                with contextlib.suppress(ProcessLookupError):
                    os.killpg(self._child.pid, signal.SIGKILL)  # its provider is in its group
                return


class _InterruptsForwarded:
    """While it is entered, Ctrl-C and SIGTERM reach the child, once, as an interrupt.

    Not as an exception, which could come at any line: the child is waited for whatever happens,
    and later ones are not forwarded, as Terraform would then leave its state behind.
    """

    def __init__(self) -> None:
        self.count = 0
        self._child: subprocess.Popen[bytes] | None = None
        self._before: dict[signal.Signals, Any] = {}

    def __enter__(self) -> "_InterruptsForwarded":
        if threading.current_thread() is threading.main_thread():
            for number in (signal.SIGINT, signal.SIGTERM):
                self._before[number] = signal.signal(number, self._forward)
        return self

    def __exit__(self, *_: object) -> None:
        for number, before in self._before.items():
            signal.signal(number, before)

    @property
    def child(self) -> "subprocess.Popen[bytes] | None":
        return self._child

    @child.setter
    def child(self, process: "subprocess.Popen[bytes]") -> None:
        self._child = process
        if self.count:
            process.send_signal(signal.SIGINT)

    def _forward(self, _number: int, _frame: FrameType | None) -> None:
        self.count += 1
        if self.count == 1 and self._child is not None:
            self._child.send_signal(signal.SIGINT)


def _read_to_end(
    process: "subprocess.Popen[bytes]",
    stream: Stream,
    progress: Progress,
    interrupts: _InterruptsForwarded,
) -> None:
    """Read the child's output until it ends, telling what it does."""
    if process.stdout is None:
        raise InfrastructureError("Terraform has no output to read.", "Run `make setup`.")
    was_told = False
    with process.stdout as output:
        for line in output:
            if interrupts.count and not was_told:
                was_told = True
                progress(Note("Interrupted: waiting for Terraform to end in order."))
            event = stream.read(line.decode(errors="replace"))
            if event is not None:
                progress(event)
    process.wait()


@contextlib.contextmanager
def _as_own_environment(environment: Mapping[str, str]) -> Iterator[None]:
    """Make `environment` this process's own for a moment: python-terraform hands on no other."""
    kept = dict(os.environ)
    os.environ.clear()
    os.environ.update(environment)
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(kept)


@contextlib.contextmanager
def _interrupts_left_to_child() -> Iterator[None]:
    """Leave Ctrl-C to the child that shares our terminal, and wait for it instead."""
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
