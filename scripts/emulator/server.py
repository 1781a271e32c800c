"""The composition root: builds the parts, starts them in order, stops them in reverse."""

import argparse
import gc
import logging
import signal
import sys
import threading
from pathlib import Path
from typing import Protocol

from werkzeug.serving import BaseWSGIServer, make_server

from emulator import management
from emulator.clock import Clock
from emulator.config import DEFAULT_CLOCK_SCALE, DEFAULT_PORT, Settings
from emulator.control_plane.registration import register
from emulator.data_folder import DataFolder
from emulator.data_plane import git_server
from emulator.data_plane.build_runner import BuildRunner
from emulator.data_plane.deployment_runner.driver import DeploymentDriver
from emulator.data_plane.load_balancer import LoadBalancers
from emulator.data_plane.monitoring import Monitoring
from emulator.data_plane.pipeline_actions.driver import PipelineDriver
from emulator.data_plane.registry import app as registry
from emulator.data_plane.task_runner.driver import TaskRunner
from emulator.data_plane.task_runner.lifecycle import METADATA_PREFIX
from emulator.data_plane.task_runner.metadata import metadata_app
from emulator.front import Front
from emulator.request_handler import RequestHandler
from emulator.runtime import Runtime

logger = logging.getLogger(__name__)


class Part(Protocol):
    """An engine's driver or a data plane: `start` returns when it is ready, `stop` joins."""

    def start(self) -> None: ...

    def stop(self) -> None: ...


class Emulator:
    """One embedded AWS on one port. `start` returns when it answers, or raises why it cannot."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.runtime = Runtime(settings=settings, clock=Clock(settings.clock_scale))
        self.balancers = LoadBalancers(self.runtime)
        self.stop_requested = threading.Event()
        self._folder = DataFolder(settings.data_dir, settings.port)
        self._front = Front(self.runtime)
        self._parts: list[Part] = []
        self._server: BaseWSGIServer | None = None
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        self._folder.hold()
        register(self.runtime)
        self._compose()
        self._server = make_server(
            self.settings.host,
            self.settings.port,
            self._front,
            threaded=True,
            request_handler=RequestHandler,
        )
        for part in self._parts:
            part.start()
        self._thread = threading.Thread(
            target=self._server.serve_forever, name="front", daemon=True
        )
        self._thread.start()

    def stop(self) -> None:
        """End every part, then the server; nothing of it is left. Idempotent."""
        while self._parts:
            part = self._parts.pop()
            try:
                part.stop()
            except Exception:  # the others have processes to end as well
                logger.exception("%s did not stop as it should", type(part).__name__)
        if self._server is not None and self._thread is not None:
            self._server.shutdown()
            self._thread.join()
            self._server.server_close()
            self._server = None
        self._folder.release()

    def _compose(self) -> None:
        """Build every part; the order here is the order of starting."""
        self._parts.append(self.runtime.images)
        self._front.mount(registry.PREFIX, registry.RegistryApp(self.runtime))
        self._front.mount(git_server.PREFIX, git_server.GitServer(self.runtime))
        self._parts.append(BuildRunner(self.runtime))
        self._parts.append(self.balancers)
        self._parts.append(Monitoring(self.runtime, self.balancers.metrics))
        self._parts.append(TaskRunner(self.runtime, self.runtime.images))
        self._front.mount(METADATA_PREFIX, metadata_app(self.runtime))
        self._parts.append(DeploymentDriver(self.runtime))
        self._parts.append(PipelineDriver(self.runtime))
        self._front.mount(
            management.PREFIX,
            management.management_app(
                self.runtime, self.balancers.listeners, self.stop_requested.set
            ),
        )


def main(arguments: list[str] | None = None) -> int:
    """Run until told to stop: `python -m emulator --data DIR [--port N] [--clock N]`."""
    parser = argparse.ArgumentParser(prog="emulator", description="An embedded AWS on loopback.")
    parser.add_argument(
        "--data", type=Path, required=True, help="a folder private to this emulator"
    )
    parser.add_argument("--port", type=int, default=DEFAULT_PORT)
    parser.add_argument("--clock", type=float, default=DEFAULT_CLOCK_SCALE)
    options = parser.parse_args(arguments)
    logging.basicConfig(
        level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s"
    )
    logging.getLogger("werkzeug").setLevel(logging.WARNING)
    emulator = Emulator(
        Settings(data_dir=options.data.resolve(), port=options.port, clock_scale=options.clock)
    )
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: emulator.stop_requested.set())
    try:
        emulator.start()
    except OSError as error:
        print(f"The emulator cannot start on port {options.port}: {error}", file=sys.stderr)
        return 1
    gc.freeze()  # what is loaded now stays: looking through it would stall the load balancer
    logger.info("ready on %s", emulator.settings.endpoint_url)
    emulator.stop_requested.wait()
    emulator.stop()
    return 0
