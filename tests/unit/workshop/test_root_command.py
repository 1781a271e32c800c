"""The root command: help, exit statuses, and the one broad catch."""

import os
import subprocess
import sys

import click
import pytest
from tests.unit.workshop.conftest import Command

from workshop import cli
from workshop.config import EnvVars
from workshop.errors import InfrastructureError, UsageError


def test_help_lists_every_command_and_names_every_variable(workshop: Command):
    outcome = workshop("--help")
    assert outcome.exit_code == 0
    for name in cli.COMMANDS:
        assert f"\n  {name} " in outcome.stdout
    for variable in (EnvVars.TARGET, EnvVars.PARTICIPANT, EnvVars.REGION, EnvVars.DEBUG):
        assert f"env: {variable}" in " ".join(outcome.stdout.split())


@pytest.mark.parametrize("name", cli.COMMANDS)
def test_every_command_has_help(workshop: Command, name: str):
    outcome = workshop(name, "--help")
    assert outcome.exit_code == 0
    assert outcome.stdout.startswith(f"Usage: workshop {name}")


def test_help_loads_nothing_heavy():
    program = (
        "import sys; from workshop.cli import run; run(['--help']);"
        "print({'boto3', 'rich', 'python_terraform', 'psutil'} & set(sys.modules), file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert done.stderr == "set()\n"


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        (("nope",), "nope"),
        (("--target", "azure", "status"), "`azure`"),
        (("--participant", "Ana", "env"), "`Ana`"),
        (("--nope",), "--nope"),
        (("reset", "x"), "'x'"),
        (("reset", "9"), "`9`"),
    ],
)
def test_wrong_use_ends_with_2_and_names_it(workshop: Command, arguments, named):
    outcome = workshop(*arguments)
    assert outcome.exit_code == 2
    assert named in outcome.stderr
    assert outcome.stdout == ""


@pytest.mark.parametrize(
    ("raised", "status", "told"),
    [
        (UsageError("`x` is wrong.", "Do y."), 2, "`x` is wrong.\nDo y.\n"),
        (InfrastructureError("`x` [broke].", "Do y."), 3, "`x` [broke].\nDo y.\n"),
        (KeyboardInterrupt(), 130, f"Interrupted.\n{cli._AGAIN}\n"),
        (click.Abort(), 130, f"Interrupted.\n{cli._AGAIN}\n"),
    ],
)
def test_each_error_ends_with_its_own_status(workshop: Command, shell, raised, status, told):
    @click.command()
    def broken() -> None:
        raise raised

    shell.setattr(cli.LazyGroup, "get_command", lambda *_: broken)
    outcome = workshop("env")
    assert (outcome.exit_code, outcome.stderr.lstrip("\n")) == (status, told)


def test_what_nobody_foresaw_ends_with_3_and_a_traceback_only_for_debug(workshop: Command, shell):
    @click.command()
    def broken() -> None:
        raise ZeroDivisionError("division by zero")

    shell.setattr(cli.LazyGroup, "get_command", lambda *_: broken)
    outcome = workshop("env")
    assert outcome.exit_code == 3
    assert outcome.stderr.startswith("ZeroDivisionError: division by zero\nRun `workshop doctor`")
    assert "Traceback" not in outcome.stderr
    shell.setenv("WORKSHOP_DEBUG", "1")
    assert "Traceback" in workshop("env").stderr


def test_reader_that_leaves_early_is_no_error():
    program = "import sys; from workshop.cli import run; sys.exit(run(['--help']))"
    done = subprocess.run(
        ["bash", "-c", 'set -o pipefail; "$0" -c "$1" | true', sys.executable, program],
        capture_output=True,
        env=dict(os.environ),
        text=True,
    )
    assert "Traceback" not in done.stderr


def test_garbage_is_collected_while_a_command_runs():
    program = (
        "import click, gc, sys; from workshop import cli; from workshop.cli import hint;"
        "hint.hint = click.command()(lambda: print(gc.isenabled()));"
        "sys.argv = ['workshop', 'hint']; cli.main()"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert (done.returncode, done.stdout) == (0, "True\n"), done.stderr
