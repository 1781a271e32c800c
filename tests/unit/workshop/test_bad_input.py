"""Bad input: a table of what a person may give, the exit status, what is named, what is next.

What only shows on a standing environment has its table in
tests/functional/lab1/test_lab1_faults.py; Python without venv in test_make_venv.py; a foreign Host
or Origin in emulator/test_front.py.
"""

import shutil
import socket
import subprocess
import sys
from collections.abc import Callable
from contextlib import AbstractContextManager, ExitStack, contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path

import pytest
from botocore.exceptions import ClientError
from tests.unit.workshop.conftest import PROJECT, Command
from tests.unit.workshop.fake_terraform import FakeTerraform

from workshop.aws import Aws
from workshop.config import Config
from workshop.emulator_process import EmulatorProcess
from workshop.terraform_installation import Installation

LOCK_HOLDER = """
import sys
from pathlib import Path
from workshop.config import Config
from workshop.lock import RunLock
with RunLock(Config(root=Path(sys.argv[1])), "workshop lab 1"):
    print("held", flush=True)
    sys.stdin.read()
"""
REGISTRY_OUT_OF_REACH = {
    "@level": "error",
    "@message": "Error: Failed to query available provider packages",
    "type": "diagnostic",
    "diagnostic": {
        "severity": "error",
        "summary": "Failed to query available provider packages",
        "detail": "Could not retrieve the list of available versions for provider hashicorp/aws: "
        "could not connect to registry.terraform.io",
    },
}


@dataclass(frozen=True)
class Machine:
    """Where a row happens: the newcomer's shell, which a row may spoil."""

    config: Config
    shell: pytest.MonkeyPatch
    folder: Path

    def put_on_path(self, *programs: Path) -> None:
        """Make PATH hold these programs and nothing else."""
        folder = self.folder / "path"
        folder.mkdir()
        for program in programs:
            (folder / program.name).symlink_to(program)
        self.shell.setenv("PATH", str(folder))


Spoil = Callable[[Machine], AbstractContextManager[object]]


def program(name: str) -> Path:
    found = shutil.which(name)
    assert found is not None
    return Path(found)


def as_it_is(_machine: Machine) -> AbstractContextManager[object]:
    return nullcontext()


def without_terraform(machine: Machine) -> AbstractContextManager[object]:
    machine.put_on_path(program("git"))
    return nullcontext()


def with_old_terraform(machine: Machine) -> AbstractContextManager[object]:
    machine.put_on_path(
        program("git"), FakeTerraform(machine.folder / "old", version="1.5.7").binary
    )
    return nullcontext()


def without_git(machine: Machine) -> AbstractContextManager[object]:
    machine.put_on_path(FakeTerraform(machine.folder / "terraform").binary)
    return nullcontext()


def without_provider(machine: Machine) -> AbstractContextManager[object]:
    fake = FakeTerraform(
        machine.folder / "terraform", init={"status": 1, "lines": [REGISTRY_OUT_OF_REACH]}
    )
    machine.put_on_path(program("git"), fake.binary)
    machine.shell.setattr(Installation, "_standard_folders", lambda _: [])
    stack = ExitStack()
    stack.callback(EmulatorProcess(machine.config).stop)  # which the command has started
    return stack


@contextmanager
def port_taken(machine: Machine):
    with socket.socket() as stranger:
        stranger.bind(("127.0.0.1", machine.config.port))
        stranger.listen()
        yield


@contextmanager
def another_run(machine: Machine):
    command = [sys.executable, "-c", LOCK_HOLDER, str(machine.config.root)]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "held\n"
        yield
        holder.kill()


def credentials_that_aws_answers_with(code: str) -> Spoil:
    def refuse(**_arguments: object) -> None:
        raise ClientError({"Error": {"Code": code, "Message": "no"}}, "Anything")

    class Client:
        get_caller_identity = get_object = list_repositories = staticmethod(refuse)

        def close(self) -> None:
            pass

    def spoil(machine: Machine) -> AbstractContextManager[object]:
        machine.shell.setattr(Aws, "_new_client", lambda _aws, _service: Client())
        return nullcontext()

    return spoil


def setting(**variables: str) -> Spoil:
    def spoil(machine: Machine) -> AbstractContextManager[object]:
        for name, value in variables.items():
            machine.shell.setenv(name, value)
        return nullcontext()

    return spoil


@dataclass(frozen=True)
class Row:
    """One line of the table: `named` and `next` are what a person reads."""

    given: str
    arguments: str
    named: str
    next: str
    status: int = 2
    spoil: Spoil = as_it_is


AWS = "--target aws --region us-west-2"
KEYS = {"AWS_ACCESS_KEY_ID": "testing", "AWS_SECRET_ACCESS_KEY": "testing"}
LOOPBACK = {"AWS_ENDPOINT_URL": "http://localhost:4566", **KEYS}
LOOPBACK_NAMED = "`AWS_ENDPOINT_URL` is `http://localhost:4566`, which is this machine"

ROWS = (
    Row("unknown lab", "lab 9", "Lab `9` does not exist", "Choose one of: 1"),
    Row("unknown lab to check", "check 9", "Lab `9` does not exist", "Choose one of: 1"),
    Row("unknown lab to reset", "reset 9", "Lab `9` does not exist", "Choose one of: 1"),
    Row("no number", "lab first", "'first'", "workshop lab --help"),
    Row("unknown step", "lab 1 --to 1.9", "Step `1.9` is not part of lab 1", "1.1, 1.2, 1.3, 1.4"),
    Row("unknown step to check", "check 1.9", "Step `1.9` does not exist", "1.1, 1.2, 1.3, 1.4"),
    Row("unknown step to hint", "hint 1.9", "Step `1.9` does not exist", "1.1, 1.2, 1.3, 1.4"),
    Row("steps backwards", "lab 1 --from 1.3 --to 1.1", "Step `1.1` comes before", "Exchange"),
    Row("unknown target", "--target azure lab 1", "Target `azure`", "`local`"),
    Row("unknown region", f"{AWS}x lab 1", "Region `us-west-2x`", "such as `us-west-2`"),
    Row("no region", "--target aws lab 1", "No region is chosen", "`AWS_REGION`"),
    Row("port out of range", "lab 1", "`WORKSHOP_PORT` is `80`", "Unset it", 2,
        setting(WORKSHOP_PORT="80")),
    Row("capital in a name", "--participant Ana lab 1", "`Ana`", "--participant ana"),
    Row("name too long", f"--participant {'a' * 21} lab 1", "2 to 20 characters", "--participant"),
    Row("name with a hyphen last", "--participant ana- lab 1", "`ana-`", "--participant ana"),
    Row("name AWS reserves", "--participant internal-a lab 1", "`internal-`", "--participant ana"),
    Row("no Terraform", "lab 1", "Terraform is not installed", "`make setup`", 2,
        without_terraform),
    Row("wrong Terraform", "lab 1", "has version 1.5.7", "`make setup`", 2, with_old_terraform),
    Row("no Terraform to plan", "lab 1 --plan", "Terraform is not installed", "`make setup`", 2,
        without_terraform),
    Row("no git", "lab 1", "no `git` on the PATH", "Install git", 2, without_git),
    Row("no provider", "lab 1", "Failed to query available provider packages", "`make setup`", 3,
        without_provider),
    Row("port taken", "lab 1", "is taken by `", "`WORKSHOP_PORT`", 2, port_taken),
    Row("two runs at once", "lab 1", "is taken by `workshop lab 1` (process ", "Wait", 2,
        another_run),
    Row("nothing stands", "status", "Environment `workshop` is not prepared", "`make lab1`"),
    Row("nothing to reset", "reset", "Environment `workshop` is not prepared", "`make lab1`"),
    Row("no credentials", f"{AWS} lab 1", "no AWS credentials", "`aws sso login`"),
    Row("expired credentials", f"{AWS} lab 1", "have expired (`ExpiredToken`)", "`aws sso login`",
        2, credentials_that_aws_answers_with("ExpiredToken")),
    Row("unknown credentials", f"{AWS} check 1", "does not know these credentials",
        "`aws configure`", 2, credentials_that_aws_answers_with("InvalidClientTokenId")),
    Row("unknown profile", f"{AWS} lab 1", "`AWS_PROFILE` names a profile", "Unset `AWS_PROFILE`",
        2, setting(AWS_PROFILE="nobody")),
    Row("loopback endpoint", f"{AWS} lab 1", LOOPBACK_NAMED, "`unset AWS_ENDPOINT_URL`", 2,
        setting(**LOOPBACK)),
    Row("loopback endpoint to look at", f"{AWS} status", LOOPBACK_NAMED,
        "`unset AWS_ENDPOINT_URL`", 2, setting(**LOOPBACK)),
    Row("loopback endpoint to destroy", f"{AWS} destroy --yes", LOOPBACK_NAMED,
        "`unset AWS_ENDPOINT_URL`", 2, setting(**LOOPBACK)),
    Row("dead proxy", f"{AWS} lab 1", "Failed to connect to proxy", "the network and the proxy", 3,
        setting(HTTPS_PROXY="http://127.0.0.1:9", AWS_MAX_ATTEMPTS="1", **KEYS)),
)  # fmt: skip


@pytest.fixture
def machine(config: Config, shell: pytest.MonkeyPatch, tmp_path: Path) -> Machine:
    for name in ("terraform", "modules"):
        shutil.copytree(
            PROJECT / name,
            config.root / name,
            dirs_exist_ok=True,
            ignore=shutil.ignore_patterns(".terraform*"),
        )
    return Machine(config, shell, tmp_path)


@pytest.mark.parametrize("row", ROWS, ids=[row.given for row in ROWS])
def test_bad_input_names_what_was_found_and_what_is_next(
    workshop: Command, machine: Machine, row: Row
):
    with row.spoil(machine):
        outcome = workshop(*row.arguments.split())
    assert outcome.exit_code == row.status, outcome.stderr
    assert row.named in outcome.stderr
    assert row.next in outcome.stderr
    assert "Traceback" not in outcome.stderr
    assert outcome.stdout == ""


@pytest.mark.parametrize("spoil", [without_terraform, with_old_terraform, without_git])
def test_what_is_missing_is_told_before_anything_starts(
    workshop: Command, machine: Machine, spoil: Spoil
):
    with spoil(machine):
        workshop("lab", "1")
    assert not EmulatorProcess(machine.config).stop()
    assert not machine.config.terraform_data_dir.exists()


def test_dead_proxy_does_not_matter_to_target_local(workshop: Command, machine: Machine):
    fake = FakeTerraform(machine.folder / "terraform", apply={"status": 1, "stderr": "enough"})
    machine.put_on_path(program("git"), fake.binary)
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy", "ALL_PROXY"):
        machine.shell.setenv(name, "http://127.0.0.1:9")
    try:
        outcome = workshop("lab", "1")
    finally:
        EmulatorProcess(machine.config).stop()
    assert (outcome.exit_code, "enough" in outcome.stderr) == (3, True)
    assert fake.commands() == ["init", "apply"]
    assert "127.0.0.1" in fake.calls()[-1]["env"]["NO_PROXY"]
