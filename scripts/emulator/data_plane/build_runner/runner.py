"""Takes builds from the queue: two at once, each in a thread of its own."""

import shutil
import threading

from emulator.control_plane import registration
from emulator.control_plane.codebuild.builds import Build
from emulator.control_plane.codebuild.models import CodeBuildBackend
from emulator.data_plane.build_runner.folder import write_shims
from emulator.data_plane.build_runner.job import BuildJob
from emulator.data_plane.build_runner.shell import kill_processes_of
from emulator.engines.build import Status
from emulator.runtime import Runtime
from emulator.worker import Worker

MOST_AT_ONCE = 2
INTERVAL_S = 2.0


class BuildRunner:
    """Runs what CodeBuild has queued, in every account and region. `stop` leaves no process."""

    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime
        self._builds_dir = runtime.settings.data_dir / "builds"
        self._jobs: dict[BuildJob, threading.Thread] = {}
        self._jobs_lock = threading.Lock()
        self._worker = Worker("build runner", self._tick, INTERVAL_S)
        runtime.hints.subscribe("codebuild.build", lambda _hint: self._worker.wake())

    def start(self) -> None:
        """Clear what an emulator that was killed left in the same folder, and begin."""
        kill_processes_of(self._builds_dir)
        shutil.rmtree(self._builds_dir, ignore_errors=True)
        self._builds_dir.mkdir(mode=0o700, parents=True)
        write_shims(self._runtime.settings.data_dir / "shims")
        self._worker.start()

    def stop(self) -> None:
        """End every build that runs, and wait until nothing of it is left. Idempotent."""
        self._worker.stop()
        with self._jobs_lock:
            running = dict(self._jobs)
        for job, thread in running.items():
            job.abort()
            thread.join()

    def _tick(self) -> None:
        while len(self._jobs) < MOST_AT_ONCE:
            taken = self._take()
            if taken is None:
                return
            job = BuildJob(self._runtime, *taken)
            thread = threading.Thread(target=self._run, args=[job], name=taken[1].id, daemon=True)
            with self._jobs_lock:
                self._jobs[job] = thread
            thread.start()

    def _run(self, job: BuildJob) -> None:
        try:
            job.run()
        finally:  # whatever became of it, the next build needs its place
            with self._jobs_lock:
                del self._jobs[job]
            self._worker.wake()

    def _take(self) -> tuple[CodeBuildBackend, Build] | None:
        """Move the oldest queued build on to PROVISIONING, and return it."""
        with self._runtime.lock:
            queued = [
                (found, build)
                for found in registration.backends("codebuild")
                for build in found.queued_builds()
            ]
            if not queued:
                return None
            backend, build = min(queued, key=lambda entry: entry[1].started_at)
            backend.finish_phase(build, Status.SUCCEEDED)
            return backend, build
