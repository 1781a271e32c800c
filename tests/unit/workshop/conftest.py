"""The CLI in an isolated home, working folder and AWS environment."""

import os
import socket
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from moto import mock_aws
from tests.unit.workshop.file_server import FileServer

from workshop.aws import Aws
from workshop.cli import run
from workshop.config import Config
from workshop.emulator_process import EmulatorProcess

PROJECT = Path(__file__).resolve().parents[3]


@dataclass(frozen=True)
class Outcome:
    """What a command ended with."""

    exit_code: int
    stdout: str
    stderr: str


Command = Callable[..., Outcome]


def free_port() -> int:
    """Return a TCP port on 127.0.0.1 that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """Return a project folder with a space and Korean letters in its name."""
    folder = tmp_path / "워크숍 1"
    (folder / "terraform").mkdir(parents=True)
    (folder / "terraform" / "versions.tf").write_text(
        'aws = {\n  source  = "hashicorp/aws"\n  version = "5.100.0"\n}\n'
    )
    return folder


@pytest.fixture
def shell(root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """Make this process's environment a newcomer's: no AWS, no Terraform, no proxy, a new home."""
    for name in list(os.environ):
        if name.startswith(("AWS_", "TF_", "WORKSHOP_")) or name.lower().endswith("_proxy"):
            monkeypatch.delenv(name)
    for name in ("TARGET", "PARTICIPANT", "NO_COLOR", "FORCE_COLOR"):
        monkeypatch.delenv(name, raising=False)
    home = tmp_path / "home"
    home.mkdir()
    for name, value in {
        "HOME": str(home),
        "WORKSHOP_ROOT": str(root),
        "WORKSHOP_PORT": str(free_port()),
        "AWS_EC2_METADATA_DISABLED": "true",
    }.items():
        monkeypatch.setenv(name, value)
    monkeypatch.chdir(home)
    return monkeypatch


@pytest.fixture
def workshop(shell: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Command:
    """Return a function that runs `workshop` with arguments, and tells its output and status."""

    def call(*arguments: str) -> Outcome:
        capsys.readouterr()
        status = run(list(arguments))
        printed = capsys.readouterr()
        return Outcome(status, printed.out, printed.err)

    return call


@pytest.fixture
def config(root: Path, shell: pytest.MonkeyPatch) -> Config:
    """Return the settings of a run on target `local`, on a free port."""
    return Config(root=root, port=int(os.environ["WORKSHOP_PORT"]), inherited=dict(os.environ))


@pytest.fixture
def aws(config: Config, shell: pytest.MonkeyPatch) -> Iterator[Aws]:
    """Return the way to an AWS of moto's own, which knows nothing of the emulator."""
    shell.setenv("AWS_ACCESS_KEY_ID", "testing")
    shell.setenv("AWS_SECRET_ACCESS_KEY", "testing")
    with mock_aws():
        made = Aws(replace(config, target="aws", region="us-east-1", inherited=dict(os.environ)))
        yield made
        made.close()


@pytest.fixture
def emulator(config: Config) -> Iterator[EmulatorProcess]:
    """Return the emulator of the isolated folder, not started; stopped at the end."""
    process = EmulatorProcess(config)
    yield process
    process.stop()


@pytest.fixture
def server() -> Iterator[FileServer]:
    """Return a server of files on loopback."""
    with FileServer() as running:
        yield running
