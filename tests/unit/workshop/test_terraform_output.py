"""What Terraform says, by a file: heard as it comes, and outliving who hears it."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from workshop.terraform_output import OutputFile


@pytest.fixture
def output(tmp_path) -> OutputFile:
    made = OutputFile(tmp_path / "출력 1" / "terraform.log")
    made.clear()
    return made


@contextmanager
def writing(output: OutputFile, program: str) -> Iterator["subprocess.Popen[bytes]"]:
    """Run a program of Python that writes there, and ends when its input does."""
    command = output.writer([sys.executable, "-c", program])
    with subprocess.Popen(command, stdin=subprocess.PIPE) as writer:
        yield writer


def test_lines_come_while_the_writer_goes_on(output: OutputFile):
    with writing(output, "print('one', flush=True); input(); print('two')") as writer:
        lines = output.lines(writer)
        assert next(lines) == b"one"
        assert output.living_writer() == writer.pid
        writer.communicate(b"\n")
        assert list(lines) == [b"two"]
    assert output.living_writer() is None


def test_both_outputs_and_what_has_no_line_end_are_heard(output: OutputFile):
    program = "import os; os.write(2, b'error\\n'); os.write(1, b'half '); os.write(1, b'a line')"
    with writing(output, program) as writer:
        assert list(output.lines(writer)) == [b"error", b"half a line"]


def test_program_that_cannot_be_started_says_why(output: OutputFile):
    with subprocess.Popen(output.writer([str(output.path.parent / "nothing")])) as writer:
        said = b"\n".join(output.lines(writer))
    assert b"FileNotFoundError" in said
    assert writer.returncode == 1


def test_next_writer_begins_anew(output: OutputFile):
    for word in (b"one", b"two"):
        output.clear()
        with writing(output, f"print({word.decode()!r})") as writer:
            assert list(output.lines(writer)) == [word]


def test_ctrl_c_in_the_terminal_is_not_for_the_writer(output: OutputFile):
    with writing(output, "import os; print(os.getpgid(0), os.getpid())") as writer:
        (line,) = output.lines(writer)
    group, pid = map(int, line.split())
    assert group == pid == writer.pid != os.getpgid(0)


def test_nobody_writes_where_nothing_was_ever_written(tmp_path: Path):
    assert OutputFile(tmp_path / "terraform.log").living_writer() is None
