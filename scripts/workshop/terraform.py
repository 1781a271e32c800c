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
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

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
from workshop.terraform_output import OutputFile
from workshop.terraform_process import Minder, read_to_end
from workshop.terraform_provider import ServedProvider

__all__ = ["FOUNDATION", "Change", "PlanSummary", "Terraform"]

FOUNDATION = "0"
"""The ladder's lowest step: network, clusters and load balancers, kept by a reset."""

_WITH_PROVIDER = {"apply", "destroy", "plan"}
_MARKER = "workshop-init.json"
_INTERVAL_S = 0.5


class _Driver(_PythonTerraform):  # type: ignore[misc] # published without types
    """python-terraform, whose child writes to a file and gets a process group of its own.

    In the terminal's group Terraform would get Ctrl-C from the terminal and again from us, and a
    second interrupt makes it leave at once, losing what it knows of unfinished resources.
    """

    def __init__(self, output: OutputFile, **settings: Any) -> None:
        super().__init__(**settings)
        self._output = output

    def generate_cmd_string(self, cmd: str, *args: Any, **kwargs: Any) -> list[str]:
        return self._output.writer(super().generate_cmd_string(cmd, *args, **kwargs))


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
        self._output = OutputFile(config.terraform_data_dir / "terraform.log")
        self._provider = ServedProvider(config.terraform_data_dir / "provider.log", self._output)

    def close(self) -> None:
        """End the provider, if this run has needed it."""
        self._provider.close()

    def wait_for_orphan(self, progress: Progress = silent) -> None:
        """Return when no Terraform is at work any more whose run has ended before it.

        It goes on to its end and saves its state, unless what it works on is gone.
        """
        while (orphan := self._output.living_writer()) is not None:
            progress(Waiting(f"Terraform of a run that was killed ends (process {orphan})"))
            if not self._target.is_there():
                with contextlib.suppress(ProcessLookupError):
                    os.killpg(orphan, signal.SIGKILL)
            time.sleep(_INTERVAL_S)

    def is_initialised(self) -> bool:
        """Tell whether `init` has nothing to do."""
        marker = self._config.terraform_data_dir / _MARKER
        return marker.exists() and marker.read_text() == self._init_key() and self._has_provider()

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
        if self.is_initialised():
            return False
        progress(Waiting("Terraform gets ready"))
        key = self._init_key()  # of what it begins with: whoever edits meanwhile needs another
        marker = self._config.terraform_data_dir / _MARKER
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

    def apply(self, step: str, progress: Progress = silent, *, refresh: bool = True) -> None:
        """Bring the environment to `step`, up or down the ladder.

        Without `refresh` the state is believed, not compared with what stands: for a run that has
        just made an apply of its own (`docs/decisions`).
        """
        self._prepare(progress)
        progress(Waiting(f"Terraform plans step {step}"))
        self._stream(
            "apply", progress, step, json=IsFlagged, auto_approve=IsFlagged, refresh=refresh
        )

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
        Interrupted after Ctrl-C. The provider has ended then, too.
        """
        try:
            return self._run_to_end(command, progress, step, args, options)
        except WorkshopError:
            self._provider.close()
            raise

    def _run_to_end(
        self,
        command: str,
        progress: Progress,
        step: str | None,
        args: tuple[str, ...],
        options: dict[str, Any],
    ) -> Stream:
        if command != "force-unlock":
            options["input"] = False
        environment = self.environment(step)
        if command in _WITH_PROVIDER:
            environment |= self._served_provider(environment)
        with Minder(self._target) as minder:
            process = self._launch(command, environment, args, options)
            minder.mind(process)
            stream = Stream()
            try:
                read_to_end(self._output.lines(process), stream, progress, minder)
            finally:
                process.wait()  # whatever keeps us from hearing it
        if minder.loss is not None:
            raise minder.loss
        if minder.is_interrupted:
            raise Interrupted(
                "Interrupted; Terraform ended in order and saved its state.",
                "Run the same command again: it goes on where it stopped.",
            )
        if process.returncode != 0:
            raise stream.error(command, process.returncode)
        return stream

    def _launch(
        self,
        command: str,
        environment: Mapping[str, str],
        args: tuple[str, ...],
        options: dict[str, Any],
    ) -> "subprocess.Popen[bytes]":
        self._output.clear()
        driver = _Driver(
            self._output,
            working_dir=str(self._config.terraform_dir),
            terraform_bin_path=str(self._installation.terraform()),
        )
        with _as_own_environment(environment):
            process, _, _ = driver.cmd(command, *args, synchronous=None, **options)
        if not isinstance(process, subprocess.Popen):
            raise InfrastructureError("python-terraform gave no process.", "Run `make setup`.")
        for pipe in filter(None, (process.stdout, process.stderr)):
            pipe.close()  # it writes to the file
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

    def _served_provider(self, environment: Mapping[str, str]) -> dict[str, str]:
        """Return what makes Terraform use this run's provider: the one that `init` chose."""
        version = self._installation.provider_version() or "*"
        binaries = self._taken(f"{version}/*/terraform-provider-aws_*")
        return self._provider.variables(binaries[0], environment) if binaries else {}

    def _has_provider(self) -> bool:
        """Tell whether the provider is still there: an unpacked mirror is linked, not copied."""
        return any(path.exists() for path in self._taken("*/*"))

    def _taken(self, pattern: str) -> list[Path]:
        """Return what `init` has taken of the provider, by version and machine."""
        folder = self._config.terraform_data_dir / "providers"
        return list(folder.glob(f"*/hashicorp/aws/{pattern}"))


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
