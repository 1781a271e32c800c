"""One process of the provider for a run: started when needed, and ended whatever happens."""

import contextlib
import json
import os
import shutil
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest
from tests.unit.workshop.fake_terraform import FakeProvider

from workshop.terraform_output import OutputFile
from workshop.terraform_provider import ServedProvider
from workshop.waiting import wait_until

ENVIRONMENT = {"AWS_REGION": "us-west-2"}

RUN = """
import os, signal, subprocess, sys
from pathlib import Path
from workshop.terraform_output import OutputFile
from workshop.terraform_provider import ServedProvider
binary, *terraform = sys.argv[1:]
output = OutputFile(Path(binary).parent / "terraform.log")
ServedProvider(Path(binary).parent / "provider.log", output).variables(Path(binary), os.environ)
if terraform:
    output.clear()
    child = subprocess.Popen(output.writer(terraform), stdout=subprocess.PIPE)
    assert next(output.lines(child)) == b"at work"
os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.fixture
def fake(tmp_path) -> FakeProvider:
    return FakeProvider(tmp_path / "공급자 1")


@pytest.fixture
def log_file(tmp_path) -> Path:
    folder = tmp_path / "terraform data"
    folder.mkdir()
    return folder / "provider.log"


@pytest.fixture
def served(log_file: Path) -> Iterator[ServedProvider]:
    made = ServedProvider(log_file, OutputFile(log_file.with_name("terraform.log")))
    yield made
    made.close()


def pid_in(variables: dict[str, str]) -> int:
    return int(json.loads(variables["TF_REATTACH_PROVIDERS"])["pid"])


def wait_for_end(pid: int) -> None:
    with contextlib.suppress(psutil.NoSuchProcess):
        psutil.Process(pid).wait(timeout=60)


def test_provider_is_started_once_and_every_terraform_is_told_where_it_serves(
    served: ServedProvider, fake: FakeProvider
):
    first = served.variables(fake.binary, ENVIRONMENT)
    assert served.variables(fake.binary, ENVIRONMENT) == first
    (started,) = fake.starts()
    assert pid_in(first) == started["pid"]
    assert started["args"] == ["-debug"]
    assert started["env"].items() >= ENVIRONMENT.items()
    assert "HOME" not in started["env"]


def test_what_it_says_is_kept_in_a_file_of_the_last_one_alone(
    served: ServedProvider, fake: FakeProvider, log_file: Path, capfd: pytest.CaptureFixture[str]
):
    for _ in range(2):
        served.variables(fake.binary, ENVIRONMENT)
        served.close()
    assert log_file.read_text() == "Starting\n"
    assert capfd.readouterr() == ("", "")
    levels = {name: value for name, value in fake.starts()[0]["env"].items() if "LOG" in name}
    assert set(levels.values()) == {"off"}


def test_ctrl_c_in_the_terminal_is_not_for_it(served: ServedProvider, fake: FakeProvider):
    pid = pid_in(served.variables(fake.binary, ENVIRONMENT))
    assert os.getpgid(pid) != os.getpgid(0)


def test_closed_one_has_ended_in_order_and_the_next_terraform_gets_another(
    served: ServedProvider, fake: FakeProvider
):
    first = pid_in(served.variables(fake.binary, ENVIRONMENT))
    served.close()
    assert fake.told() == [(first, signal.SIGINT)]
    assert not psutil.pid_exists(first)
    assert pid_in(served.variables(fake.binary, ENVIRONMENT)) != first


def test_it_ends_with_a_run_that_removes_what_it_needed(
    served: ServedProvider, fake: FakeProvider, log_file: Path
):
    started = pid_in(served.variables(fake.binary, ENVIRONMENT))
    shutil.rmtree(log_file.parent)
    served.close()
    assert not psutil.pid_exists(started)


def test_one_that_ends_before_it_serves_leaves_it_to_terraform_to_tell_why(tmp_path, served):
    fake = FakeProvider(tmp_path, ends_at_once=True)
    assert served.variables(fake.binary, ENVIRONMENT) == {}
    served.close()
    assert len(fake.starts()) == 1


def test_interrupt_is_heard_while_it_does_not_come_to_serve(tmp_path, served: ServedProvider):
    fake = FakeProvider(tmp_path, is_mute=True)

    def press_when_started() -> None:
        wait_until(lambda: bool(fake.starts()), "No provider has started")
        os.kill(os.getpid(), signal.SIGINT)

    pressing = threading.Thread(target=press_when_started)
    pressing.start()
    with pytest.raises(KeyboardInterrupt):
        served.variables(fake.binary, ENVIRONMENT)
    pressing.join()
    served.close()
    assert not psutil.pid_exists(fake.starts()[0]["pid"])


def test_one_that_does_not_end_is_killed(
    tmp_path, served: ServedProvider, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("workshop.terraform_provider._END_TIMEOUT_S", 0.1)
    fake = FakeProvider(tmp_path, ends_never=True)
    pid = pid_in(served.variables(fake.binary, ENVIRONMENT))
    served.close()
    wait_for_end(pid)


def test_it_ends_with_a_run_that_is_killed(fake: FakeProvider):
    run = subprocess.run([sys.executable, "-c", RUN, str(fake.binary)], timeout=60)
    assert run.returncode == -signal.SIGKILL
    (started,) = fake.starts()
    wait_for_end(started["pid"])
    assert fake.told() == [(started["pid"], signal.SIGINT)]


def test_it_outlives_a_run_that_is_killed_by_as_long_as_its_terraform_does(fake: FakeProvider):
    folder = fake.binary.parent
    os.mkfifo(folder / "go on")
    last_words = f"echo '{{}}' >> '{folder}/provider.jsonl'"
    script = f"echo at work; read _ < '{folder}/go on'; echo done; echo more; {last_words}"
    terraform = ["/bin/sh", "-c", script]
    run = subprocess.run([sys.executable, "-c", RUN, str(fake.binary), *terraform], timeout=60)
    assert run.returncode == -signal.SIGKILL
    output = OutputFile(folder / "terraform.log")
    assert output.living_writer() is not None
    (folder / "go on").write_text("now\n")
    (started,) = fake.starts()
    wait_for_end(started["pid"])
    *_, last_words_said, told = fake.said()
    assert last_words_said == {}
    assert told == {"pid": started["pid"], "told": signal.SIGINT}
    assert output.path.read_text() == "at work\ndone\nmore\n"
