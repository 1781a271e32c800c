"""What `make` says where Python is missing, too old, or without venv; and its help."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

PROJECT = Path(__file__).resolve().parents[3]


def fake_python(folder: Path, version: str, has_venv: bool = True) -> Path:
    """Write a `python3` that answers the questions that the script asks."""
    folder.mkdir(exist_ok=True)
    is_old = tuple(map(int, version.split("."))) < (3, 11)
    path = folder / "python3"
    path.write_text(
        "#!/bin/sh\n"
        'case "$*" in\n'
        f'  --version) echo "Python {version}" ;;\n'
        f"  *version_info*) exit {int(is_old)} ;;\n"
        f"  *ensurepip*) exit {int(not has_venv)} ;;\n"
        "esac\n"
    )
    path.chmod(0o755)
    return path


def make_venv(cwd: Path, path: Path, *arguments: str) -> "subprocess.CompletedProcess[str]":
    bash = shutil.which("bash")
    assert bash is not None
    return subprocess.run(
        [bash, str(PROJECT / "scripts" / "make-venv"), *arguments],
        cwd=cwd,
        env={"PATH": str(path)},
        capture_output=True,
        text=True,
    )


@pytest.mark.parametrize(
    ("version", "has_venv", "named", "remedy"),
    [
        ("3.9.18", True, "python3 here is: Python 3.9.18", "Install it, or name one"),
        ("3.12.1", False, "'python3' lacks its module venv", "apt install python3-venv"),
    ],
)
def test_python_that_will_not_do_is_named_with_one_remedy(
    tmp_path: Path, version: str, has_venv: bool, named: str, remedy: str
):
    fake_python(tmp_path / "bin", version, has_venv)
    done = make_venv(tmp_path, tmp_path / "bin")
    assert done.returncode == 2
    assert named in done.stderr
    assert remedy in done.stderr
    assert not (tmp_path / ".venv").exists()


def test_no_python_at_all_is_told(tmp_path: Path):
    (tmp_path / "bin").mkdir()
    done = make_venv(tmp_path, tmp_path / "bin")
    assert done.returncode == 2
    assert "Python 3.11 or later is needed" in done.stderr


def test_named_python_that_is_missing_or_old_is_told(tmp_path: Path):
    fake_python(tmp_path / "bin", "3.12.0")
    missing = make_venv(tmp_path, tmp_path / "bin", "/nowhere/python3")
    assert (missing.returncode, "/nowhere/python3" in missing.stderr) == (2, True)
    old = fake_python(tmp_path / "old", "3.10.2")
    done = make_venv(tmp_path, tmp_path / "bin", str(old))
    assert (done.returncode, "Python 3.10.2" in done.stderr) == (2, True)


def test_make_alone_lists_every_target():
    # `make test` tells its children of itself, which would have this make say where it is
    env = {name: value for name, value in os.environ.items() if not name.startswith("MAKE")}
    done = subprocess.run(
        ["make"], cwd=PROJECT, env=env, capture_output=True, text=True, check=True
    )
    listed = [line.split()[1] for line in done.stdout.splitlines()]
    text = (PROJECT / "Makefile").read_text()
    phony = text.partition(".PHONY: ")[2].partition("\n")[0].split()
    assert sorted(listed) == sorted(phony)
