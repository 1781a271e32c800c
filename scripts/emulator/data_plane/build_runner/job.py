"""One build from its first phase to its last."""

import getpass
import logging
import threading
from collections.abc import Callable

from emulator.awake import AwakeClock
from emulator.control_plane.codebuild.builds import Build
from emulator.control_plane.codebuild.models import CodeBuildBackend
from emulator.data_plane.build_runner.environment import codebuild_variables, machine_variables
from emulator.data_plane.build_runner.folder import BuildFolder
from emulator.data_plane.build_runner.log import BuildLog
from emulator.data_plane.build_runner.output import Uploader
from emulator.data_plane.build_runner.shell import BuildShell, Interrupted, kill_processes_of
from emulator.data_plane.build_runner.source import PhaseFailed, fetch_sources
from emulator.data_plane.build_runner.spec import read_buildspec, resolve_parameters
from emulator.engines.build import COMMAND_PHASES, Context, OnFailure, Phase, Status
from emulator.engines.buildspec import Buildspec, PhaseSpec
from emulator.runtime import Runtime

logger = logging.getLogger(__name__)

LEAST_TIMEOUT_S = 300.0
"""Real seconds that a timeout leaves a build, if it is that long on AWS: compilers and downloads
are not scaled by the clock, so a timeout scaled alone would end a sound build."""

_LOGGED = {Phase.DOWNLOAD_SOURCE, *COMMAND_PHASES, Phase.UPLOAD_ARTIFACTS}


class BuildJob:
    """Carries out one build that a runner has taken from the queue."""

    def __init__(self, runtime: Runtime, backend: CodeBuildBackend, build: Build) -> None:
        self._runtime = runtime
        self._backend = backend
        self._build = build
        self._folder = BuildFolder(runtime.settings.data_dir / "builds" / build.uuid)
        self._log = BuildLog(runtime, build)
        self._shell: BuildShell | None = None
        self._buildspec: Buildspec | None = None
        self._awake = AwakeClock()
        self._aborted = threading.Event()

    def abort(self) -> None:
        """Make `run` end soon: the emulator is going down."""
        self._aborted.set()

    def run(self) -> None:
        """Carry the build out; every ending is recorded, and nothing is left of it."""
        try:
            while not self._is_over() and not self._aborted.is_set():
                self._step(self._build.progress.current)
        except Interrupted:
            logger.info("%s was interrupted", self._build.id)
        except Exception:
            logger.exception("%s: the build runner failed", self._build.id)
            context = Context("INTERNAL_SERVICE_ERROR", "The emulator's build runner failed.")
            self._end(Status.FAULT, context)
        finally:
            self._clean_up()

    def _step(self, phase: Phase) -> None:
        """Carry one phase out and record how it ended."""
        is_logged = phase in _LOGGED
        if phase in COMMAND_PHASES:
            self._log.line(f"Entering phase {phase}")
        context: Context | None = None
        try:
            self._actions()[phase]()
        except PhaseFailed as failure:
            context = failure.context
        if self._is_over():
            return
        status = Status.FAILED if context else Status.SUCCEEDED
        if is_logged:
            code, message = (context.status_code, context.message) if context else ("", "")
            self._log.line(f"Phase complete: {phase} State: {status}")
            self._log.line(f"Phase context status code: {code} Message: {message}")
        with self._runtime.lock:
            self._backend.finish_phase(self._build, status, context, self._on_failure(phase))

    def _actions(self) -> dict[Phase, Callable[[], None]]:
        return {
            Phase.QUEUED: lambda: None,
            Phase.PROVISIONING: self._provision,
            Phase.DOWNLOAD_SOURCE: self._download_source,
            **{phase: self._commands_of(phase) for phase in COMMAND_PHASES},
            Phase.UPLOAD_ARTIFACTS: self._upload_artifacts,
            Phase.FINALIZING: self._finalize,
        }

    def _provision(self) -> None:
        self._folder.create()
        self._log.start()

    def _download_source(self) -> None:
        self._log.line("Running on the workshop's emulator")
        self._log.line("Waiting for DOWNLOAD_SOURCE")
        self._log.line("Phase is DOWNLOAD_SOURCE")
        secondary = fetch_sources(self._runtime, self._build, self._folder)
        self._log.line(f"CODEBUILD_SRC_DIR={self._folder.source}")
        for name, path in secondary.items():
            self._log.line(f"CODEBUILD_SRC_DIR_{name}={path}")
        spec = read_buildspec(
            self._runtime, self._build, self._folder, user=getpass.getuser(), say=self._log.line
        )
        self._log.line("Processing environment variables")
        for note in spec.notes:
            self._log.line(note)
        stored = resolve_parameters(self._runtime, self._build, spec)
        variables = {
            **machine_variables(self._build, self._folder, self._runtime.settings),
            **spec.variables,
            **stored,
            **self._plain_variables(),
            **codebuild_variables(self._build, self._folder, secondary),
        }
        self._log.line(f"Moving to directory {self._folder.source}")
        self._shell = BuildShell(self._folder, variables, self._log.fd, self._is_interrupted)
        self._buildspec = spec

    def _plain_variables(self) -> dict[str, str]:
        return {
            variable["name"]: variable["value"]
            for variable in self._build.settings["environment"]["environmentVariables"]
            if variable["type"] == "PLAINTEXT"
        }

    def _commands_of(self, phase: Phase) -> Callable[[], None]:
        def run() -> None:
            spec = self._phase_spec(phase)
            failure: PhaseFailed | None = None
            for commands in (spec.commands, spec.finally_commands):
                try:
                    self._run_commands(commands, is_failing=failure is not None)
                except PhaseFailed as found:
                    failure = failure or found
            if failure:
                raise failure

        return run

    def _run_commands(self, commands: tuple[str, ...], *, is_failing: bool) -> None:
        assert self._shell is not None  # noqa: S101 (made when the source was downloaded)
        assert self._buildspec is not None  # noqa: S101 (likewise)
        for command in commands:
            self._log.command(f"Running command {command}")
            code = self._shell.run(
                command,
                program=self._buildspec.shell,
                is_succeeding=self._build.progress.is_succeeding and not is_failing,
                shares_shell=self._buildspec.shares_shell,
            )
            if code:
                reason = f"exit status {code}" if code > 0 else f"signal: {-code}"
                self._log.command(f"Command did not exit successfully {command} {reason}")
                raise PhaseFailed(
                    "COMMAND_EXECUTION_ERROR",
                    f"Error while executing command: {command}. Reason: {reason}",
                )

    def _upload_artifacts(self) -> None:
        assert self._buildspec is not None  # noqa: S101 (made when the source was downloaded)
        Uploader(self._runtime, self._build, self._folder, self._log.line, self._expand).upload(
            self._buildspec
        )

    def _expand(self, text: str) -> str:
        assert self._shell is not None  # noqa: S101 (made when the source was downloaded)
        assert self._buildspec is not None  # noqa: S101 (likewise)
        return self._shell.expand(text, self._buildspec.shell)

    def _finalize(self) -> None:
        """End every process and write the log out, so that a complete build has all of its log."""
        if self._shell is not None and self._buildspec is not None:
            self._export(self._shell, self._buildspec)
            self._shell.kill()
        self._log.stop()

    def _export(self, shell: BuildShell, spec: Buildspec) -> None:
        if spec.exported_variables:
            variables = shell.variables(spec.shell)
            with self._runtime.lock:
                self._build.exported = {
                    name: variables.get(name, "") for name in spec.exported_variables
                }

    def _phase_spec(self, phase: Phase) -> PhaseSpec:
        phases = self._buildspec.phases if self._buildspec else {}
        return phases.get(phase, PhaseSpec())

    def _on_failure(self, phase: Phase) -> OnFailure | None:
        return self._phase_spec(phase).on_failure

    def _is_over(self) -> bool:
        return self._build.progress.is_complete

    def _is_interrupted(self) -> bool:
        """Tell whether the current command must go: stopped, out of time, or the emulator ends."""
        timeout_s = self._build.settings["timeoutInMinutes"] * 60
        least_s = min(LEAST_TIMEOUT_S, timeout_s)
        self._awake.advance()
        if self._awake.seconds > max(self._runtime.clock.real_seconds(timeout_s), least_s):
            self._end(Status.TIMED_OUT, Context("BUILD_TIMED_OUT", "Build has timed out. "))
        return self._is_over() or self._aborted.is_set()

    def _end(self, status: Status, context: Context) -> None:
        with self._runtime.lock:
            self._backend.end_build(self._build, status, context)

    def _clean_up(self) -> None:
        if self._shell is not None:
            self._shell.kill()
        kill_processes_of(self._folder.root)
        self._log.stop()
        self._folder.remove()
