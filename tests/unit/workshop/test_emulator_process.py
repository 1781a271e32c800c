"""The emulator as a process: started once, named when in the way, gone when stopped."""

import os
import socket
import sys
from dataclasses import replace
from pathlib import Path

import psutil
import pytest
from tests.unit.workshop.conftest import Command

from workshop.config import Config
from workshop.emulator_process import EmulatorProcess, is_free
from workshop.errors import InfrastructureError, UsageError
from workshop.progress import Event


def test_start_answers_and_stop_leaves_neither_process_nor_port(
    workshop: Command, config: Config, emulator: EmulatorProcess
):
    started = workshop("emulator", "start")
    health = emulator.health()
    assert health is not None
    assert started.exit_code == 0
    assert started.stderr == (
        "The emulator starts …\n"
        f"The emulator answers on http://127.0.0.1:{config.port} (process {health.pid}).\n"
    )
    again = workshop("emulator", "start")
    assert (again.exit_code, again.stderr) == (
        0,
        f"The emulator already answers on http://127.0.0.1:{config.port}.\n",
    )
    assert workshop("emulator", "clock").stdout == "12\n"
    assert workshop("emulator", "clock", "1").stdout == "1\n"
    assert workshop("emulator", "status").stdout == (
        f"Endpoint  http://127.0.0.1:{config.port}\n"
        f"Process   {health.pid}\n"
        "Clock     1 (a minute that AWS counts takes 60 s)\n"
        f"Log       {config.root}/.workshop/logs/emulator.log\n"
    )
    assert "ready on" in workshop("emulator", "logs").stdout
    assert workshop("emulator", "stop").exit_code == 0
    assert not psutil.pid_exists(health.pid)
    assert is_free(config.port)
    assert workshop("emulator", "stop").stderr == "No emulator is running.\n"


def test_dead_proxy_and_foreign_keys_do_not_matter(
    config: Config, shell: pytest.MonkeyPatch, emulator: EmulatorProcess
):
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY"):
        shell.setenv(name, "http://127.0.0.1:9")
    shell.setenv("AWS_PROFILE", "nobody")
    process = EmulatorProcess(replace(config, inherited=dict(os.environ)))
    process.start()
    health = process.health()
    assert health is not None
    environment = psutil.Process(health.pid).environ()
    assert "AWS_PROFILE" not in environment
    assert "127.0.0.1" in environment["NO_PROXY"]


def test_killed_emulator_is_noticed_and_starts_again(config: Config, emulator: EmulatorProcess):
    emulator.start()
    first = emulator.health()
    assert first is not None
    dead = psutil.Process(first.pid)
    dead.kill()
    dead.wait()
    assert emulator.is_lost()
    told: list[Event] = []
    emulator.start(told.append)
    assert any("ended without being stopped" in str(event) for event in told)
    second = emulator.health()
    assert second is not None
    assert second.pid != first.pid


def test_suspended_emulator_is_not_lost(
    config: Config, emulator: EmulatorProcess, shell: pytest.MonkeyPatch
):
    shell.setattr("workshop.emulator_process._ANSWER_TIMEOUT_S", 0.2)
    emulator.start()
    health = emulator.health()
    assert health is not None
    process = psutil.Process(health.pid)
    process.suspend()
    try:
        assert emulator.health() is None
        assert not emulator.is_lost()
    finally:
        process.resume()


@pytest.mark.parametrize("recorded", [None, "999999"], ids=["nothing", "another"])
def test_emulator_whose_record_another_command_spoilt_is_there_and_recorded_anew(
    config: Config, emulator: EmulatorProcess, recorded: str | None
):
    emulator.start()
    record = config.state_dir / "emulator.pid"
    right = record.read_text()
    record.unlink() if recorded is None else record.write_text(recorded)
    assert emulator.is_alive()
    assert not emulator.is_lost()
    assert emulator.start() is False
    assert record.read_text() == right


def test_taken_port_is_named_with_who_listens(workshop: Command, config: Config):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", config.port))
        taken.listen()
        outcome = workshop("emulator", "start")
    assert outcome.exit_code == 2
    assert f"Port {config.port} is taken by `" in outcome.stderr
    assert f"(process {os.getpid()})" in outcome.stderr
    assert "WORKSHOP_PORT" in outcome.stderr


def test_emulator_of_another_folder_is_named(
    config: Config, emulator: EmulatorProcess, tmp_path: Path
):
    emulator.start()
    elsewhere = EmulatorProcess(replace(config, root=tmp_path / "elsewhere"))
    with pytest.raises(UsageError, match="belongs to the emulator of another folder") as caught:
        elsewhere.start()
    assert str(config.root) in caught.value.message


def test_emulator_that_dies_at_once_is_told_with_its_last_words(
    config: Config, shell: pytest.MonkeyPatch, tmp_path: Path
):
    (tmp_path / "broken" / "emulator").mkdir(parents=True)
    (tmp_path / "broken" / "emulator" / "__init__.py").touch()
    (tmp_path / "broken" / "emulator" / "__main__.py").write_text("raise SystemExit('no luck')")
    inherited = {**os.environ, "PYTHONPATH": str(tmp_path / "broken")}
    process = EmulatorProcess(replace(config, inherited=inherited))
    with pytest.raises(InfrastructureError) as caught:
        process.start()
    assert "ended with status 1 before it answered" in caught.value.message
    assert "no luck" in caught.value.message
    assert not process.is_lost()


def test_pid_file_of_a_process_that_is_not_ours_is_never_acted_on(
    config: Config, emulator: EmulatorProcess
):
    config.state_dir.mkdir()
    (config.state_dir / "emulator.pid").write_text(f"{os.getpid()}\n")
    assert emulator.stop() is False
    assert psutil.pid_exists(os.getpid())


@pytest.mark.parametrize("scale", ["0", "-1", "4000"])
def test_clock_out_of_range_is_refused(workshop: Command, scale: str):
    outcome = workshop("emulator", "clock", "--", scale)
    assert outcome.exit_code == 2
    assert f"`{scale}`" in outcome.stderr


def test_clock_without_an_emulator_says_how_to_start_one(workshop: Command, config: Config):
    outcome = workshop("emulator", "clock")
    assert (outcome.exit_code, outcome.stderr) == (
        3,
        f"No emulator answers on http://127.0.0.1:{config.port}.\nRun `workshop emulator start`.\n",
    )


def test_interpreter_that_runs_the_cli_runs_the_emulator(emulator: EmulatorProcess):
    emulator.start()
    health = emulator.health()
    assert health is not None
    assert psutil.Process(health.pid).cmdline()[0] == sys.executable
