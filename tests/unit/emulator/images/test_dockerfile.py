"""Each instruction of a Dockerfile is honoured, or refused by its line."""

import sys
from pathlib import Path
from typing import Any

import pytest
from images_helpers import Docker

from emulator.data_plane.image_builder.dockerfile import parse
from emulator.data_plane.image_builder.errors import DockerError
from emulator.data_plane.image_builder.words import expand, split_words

MAJOR, MINOR = sys.version_info[:2]
PYTHON = f"FROM python:{MAJOR}.{MINOR}-slim\n"


@pytest.mark.parametrize(
    ("lines", "key", "value"),
    [
        ('CMD ["python", "server.py"]', "Cmd", ["python", "server.py"]),
        ("CMD python server.py", "Cmd", ["/bin/sh", "-c", "python server.py"]),
        ('ENTRYPOINT ["python"]', "Entrypoint", ["python"]),
        ('SHELL ["/bin/bash", "-ec"]\nCMD ls', "Cmd", ["/bin/bash", "-ec", "ls"]),
        ("EXPOSE 80 443/tcp 53/udp", "ExposedPorts", {"80/tcp": {}, "443/tcp": {}, "53/udp": {}}),
        ("EXPOSE 8000-8001", "ExposedPorts", {"8000/tcp": {}, "8001/tcp": {}}),
        ("ARG PORT=81\nEXPOSE $PORT", "ExposedPorts", {"81/tcp": {}}),
        ("WORKDIR /a\nWORKDIR b/../c", "WorkingDir", "/a/c"),
        ("USER app", "User", "app"),
        ("STOPSIGNAL SIGINT", "StopSignal", "SIGINT"),
        ("VOLUME /data /logs", "Volumes", {"/data": {}, "/logs": {}}),
        ("LABEL a=1 b='two words'", "Labels", {"a": "1", "b": "two words"}),
        ("MAINTAINER Ana", "Labels", {"maintainer": "Ana"}),
        ('ENV A=1 B="x y"\nENV C=$A-$B', "Env", ["A=1", "B=x y", "C=1-x y"]),
        ("ENV A one two", "Env", ["A=one two"]),
        ("ENV A=${B:-none} C=${D:+set}", "Env", ["A=none", "C="]),
        ("ARG V=1\nENV A=$V", "Env", ["A=1"]),
        ("ENV A=\\$B", "Env", ["A=$B"]),
        (
            "HEALTHCHECK --interval=1m30s --retries=2 CMD curl -f localhost",
            "Healthcheck",
            {
                "Test": ["CMD-SHELL", "curl -f localhost"],
                "Interval": 90_000_000_000,
                "Retries": 2,
            },
        ),
        ("HEALTHCHECK NONE", "Healthcheck", {"Test": ["NONE"]}),
        ("# a comment\n\nENV A=1 \\\n  # inside\n\n  B=2", "Env", ["A=1", "B=2"]),
    ],
)
def test_an_instruction_is_recorded(docker: Docker, lines: str, key: str, value: Any) -> None:
    status, _, err = docker.build(f"FROM scratch\n{lines}\n")
    assert status == 0, err
    assert docker.config()[key] == value


@pytest.mark.parametrize(
    ("lines", "line", "said"),
    [
        ("FROM node:22", 1, "`node:22` is not available without a container engine"),
        ("FROM public.ecr.aws/amazonlinux/amazonlinux", 1, "with a container engine"),
        (f"FROM python:{MAJOR - 1}.7", 1, f"is Python {MAJOR - 1}, and this machine's own is"),
        (PYTHON + "RUN apt-get update && apt-get install -y curl", 2, "`apt-get` is a system's"),
        (PYTHON + "RUN cd / && apk add curl", 2, "`apk` is a system's package manager"),
        (PYTHON + "RUN set -e; \\\n  DEBIAN_FRONTEND=x /usr/bin/yum install y", 2, "`yum` is"),
        (PYTHON + "RUN useradd app", 2, "`useradd` needs root"),
        (PYTHON + "RUN --mount=type=cache,target=/x true", 2, "`--mount` is not supported"),
        (PYTHON + "RUN false", 2, "The command 'false' returned a non-zero code: 1"),
        (PYTHON + "\nCOPY none.txt /", 3, "file not found in build context"),
        (PYTHON + "COPY ../x /", 2, "forbidden path outside the build context"),
        (PYTHON + "COPY a.txt b.txt /x", 2, "must be a directory and end with a /"),
        (PYTHON + "COPY --parents a.txt /", 2, "`--parents` is not supported"),
        (PYTHON + "COPY --chmod=rwx a.txt /", 2, "invalid chmod parameter: `rwx`"),
        (PYTHON + "ADD https://example.com/x /", 2, "ADD of the URL `https://example.com/x`"),
        (PYTHON + "ONBUILD RUN true", 2, "ONBUILD is not supported here"),
        (PYTHON + "EXPOSE http", 2, "invalid containerPort: http"),
        (PYTHON + "SHELL bash", 2, "SHELL requires the arguments to be in JSON form"),
        (PYTHON + "ENV A=1 B", 2, "`B` must be of the form name=value"),
        (PYTHON + "ENV A='1", 2, "matching single-quote"),
        (PYTHON + "HEALTHCHECK --interval=x CMD y", 2, "invalid duration `x`"),
        ("COPY a.txt /", 1, "FROM comes first"),
        ("FROM", 1, "FROM requires at least one argument"),
        (PYTHON + "FETCH x", 2, "unknown instruction: FETCH"),
        (PYTHON + "COPY <<EOF /x\nnever ends", 2, "unterminated heredoc `EOF`"),
        (PYTHON + "COPY --from=alpine /x /y", 2, "`alpine` is not available"),
    ],
)
def test_what_cannot_be_honoured_is_refused_by_its_line(
    docker: Docker, lines: str, line: int, said: str
) -> None:
    status, _, err = docker.build(lines + "\n", a_txt="a", b_txt="b")
    assert status == 1
    assert f"line {line}" in err
    assert said in err


def test_an_empty_dockerfile_is_refused(docker: Docker) -> None:
    assert "cannot be empty" in docker.build("# nothing\n")[2]


@pytest.mark.parametrize(
    "base",
    [
        f"python:{MAJOR}",
        "python",
        f"python:{MAJOR}.{MINOR}.1-slim-bookworm",
        f"public.ecr.aws/docker/library/python:{MAJOR}.{MINOR}-alpine",
        f"docker.io/library/python:{MAJOR}.{MINOR}",
    ],
)
def test_the_machines_python_stands_in_for_the_official_image(docker: Docker, base: str) -> None:
    status, out, err = docker.build(f"FROM {base}\n")
    assert (status, "Warning" in out) == (0, False), err
    assert docker.config()["Labels"]["io.workshop.base"] == "python"
    assert docker.config()["Cmd"] == ["python3"]


def test_another_minor_version_is_warned_of(docker: Docker) -> None:
    status, out, _ = docker.build(f"FROM python:{MAJOR}.{MINOR + 1}\n")
    assert status == 0
    assert f"is Python {MAJOR}.{MINOR + 1}; this machine's Python {MAJOR}.{MINOR}" in out


def test_an_argument_before_from_names_the_base(docker: Docker) -> None:
    text = "ARG BASE=node\nFROM ${BASE}:3\nARG BASE\nENV A=$BASE\n"
    status, _, err = docker.build(text, "--build-arg", "BASE=python")
    assert status == 0, err
    assert "A=python" in docker.config()["Env"]


def test_an_unknown_build_argument_is_warned_of(docker: Docker) -> None:
    _, out, _ = docker.build("FROM scratch\nARG A\nENV B=$A\n", "--build-arg", "C=1")
    assert "[Warning] One or more build-args [C] were not consumed" in out


def test_an_entrypoint_does_without_the_bases_command(docker: Docker) -> None:
    docker.build(PYTHON + 'ENTRYPOINT ["python", "x.py"]\n')
    assert "Cmd" not in docker.config()


def test_another_escape_character_continues_lines() -> None:
    found = parse("# escape=`\nFROM scratch\nENV A=`\n1\n")
    assert [instruction.value for instruction in found.instructions] == ["scratch", "A=1"]
    assert found.escape == "`"


def test_the_body_of_a_heredoc_is_no_instruction() -> None:
    (first, second) = parse("RUN <<-'END' sh\n\tFROM x\n\tEND\nUSER y\n").instructions
    assert first.heredocs[0].body == "FROM x\n"
    assert first.heredocs[0].quoted
    assert (second.name, second.line) == ("USER", 4)


def test_a_last_line_that_continues_still_counts() -> None:
    assert parse("FROM scratch\nUSER x \\").instructions[-1].value == "x"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("a  b", ["a", "b"]),
        ("'a b' c", ["a b", "c"]),
        ("\"$X y\" '$X'", ["1 y", "$X"]),
        ("a\\ b", ["a b"]),
        ("${X}${Y-d}${Z:-${X}2}", ["1d12"]),
        ("$ $1", ["$", "$1"]),
        ('""', [""]),
    ],
)
def test_words_are_split_as_docker_splits(text: str, words: list[str]) -> None:
    assert split_words(text, {"X": "1"}) == words


@pytest.mark.parametrize("text", ["${X", "${X:?no}", "${1}", "'a", '"a'])
def test_a_broken_word_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        expand(text, {})


def test_an_unprivileged_build_finds_no_daemon(
    docker: Docker, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WORKSHOP_PRIVILEGED", "0")
    status, _, err = docker.build("FROM scratch\n")
    assert status == 1
    assert "Cannot connect to the Docker daemon at unix:///var/run/docker.sock." in err
    assert "privileged_mode = true" in err


@pytest.mark.parametrize("command", ["run", "compose", "exec", "save"])
def test_other_commands_name_a_container_engine(docker: Docker, command: str) -> None:
    status, _, err = docker(command, "x")
    assert status == 1
    assert f"`docker {command}` is not supported here" in err
    assert "container engine" in err


def test_a_missing_dockerfile_is_named(docker: Docker, tmp_path: Path) -> None:
    status, _, err = docker("build", "-f", str(tmp_path / "none"), str(tmp_path))
    assert status == 1
    assert f"lstat {tmp_path / 'none'}: no such file or directory" in err


def test_a_parse_error_has_its_line() -> None:
    with pytest.raises(DockerError, match="line 2: unknown instruction: COPPY"):
        parse("FROM scratch\nCOPPY a b\n")
