"""What COPY, ADD and RUN put into an image, and what stays out."""

import io
import os
import stat
import sys
import tarfile
import zipfile
from pathlib import Path, PurePosixPath

import pytest
from images_helpers import Docker

from emulator.data_plane.image_builder.ignore import Ignore, context_files, matching
from emulator.data_plane.image_builder.local_store import LocalStore
from emulator.data_plane.image_builder.running import map_paths
from emulator.data_plane.registry.unpack import UnpackError, resolve_inside, unpack_layer

PYTHON = f"FROM python:{sys.version_info.major}\n"


@pytest.mark.parametrize(
    ("patterns", "ignored", "kept"),
    [
        ("*.pyc", ["a.pyc"], ["x/a.pyc", "a.py"]),
        ("**/*.pyc", ["a.pyc", "x/y/a.pyc"], ["a.py"]),
        ("/x", ["x", "x/a"], ["y/x"]),
        ("x/", ["x/a"], ["y"]),
        (".git\n#a", [".git/HEAD"], ["#a"]),
        ("*\n!keep.py", ["a", "b/c"], ["keep.py"]),
        ("x\n!x/a", ["x/b"], ["x/a"]),
        ("a?.[ch]", ["ab.c", "ab.h"], ["a.c", "abc.c"]),
        ("x/**", ["x/a/b"], ["y"]),
    ],
)
def test_a_dockerignore_pattern_leaves_out(
    patterns: str, ignored: list[str], kept: list[str]
) -> None:
    ignore = Ignore(patterns)
    assert [path for path in ignored + kept if path in ignore] == ignored


def test_a_context_is_listed_without_what_is_ignored(tmp_path: Path) -> None:
    for name in ("a.py", "x/b.py", ".git/HEAD"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    (tmp_path / "link").symlink_to("x")
    assert context_files(tmp_path, Ignore(".git")) == ["a.py", "link", "x", "x/b.py"]
    assert matching(["a.py", "x/b.py", "c"], "*.py") == ["a.py"]


def unpacked(docker: Docker) -> Path:
    """Return a folder with the files of the image that was built last."""
    store = LocalStore(docker.folder / "store")
    image = store.find("it:latest")
    assert image is not None
    root = docker.folder / "unpacked"
    root.mkdir()
    for layer in image.manifest.layers:
        unpack_layer(store.path(layer.digest), root)
    return root


def built(docker: Docker, dockerfile: str, **files: str) -> Path:
    status, out, err = docker.build(dockerfile, **files)
    assert status == 0, out + err
    return unpacked(docker)


def names(root: Path) -> list[str]:
    return sorted(path.relative_to(root).as_posix() for path in root.rglob("*") if path.is_file())


@pytest.mark.parametrize(
    ("instruction", "found"),
    [
        ("COPY a.txt /x/", ["x/a.txt"]),
        ("COPY a.txt /x", ["x"]),
        ("COPY *.txt /x/", ["x/a.txt", "x/b.txt"]),
        ("COPY . /x", ["x/Dockerfile", "x/a.txt", "x/b.txt"]),
        ("WORKDIR /w\nCOPY a.txt .", ["w/a.txt"]),
        ("WORKDIR /w\nCOPY a.txt c.txt", ["w/c.txt"]),
        ('COPY ["a.txt", "b.txt", "/x y/"]', ["x y/a.txt", "x y/b.txt"]),
        ("WORKDIR /w\nCOPY a.txt /w", ["w/a.txt"]),
        ("COPY --link a.txt /", ["a.txt"]),
        ("COPY <<one.txt <<two.txt /x/\n1\none.txt\n2\ntwo.txt", []),
        ("COPY <<ONE <<TWO /x/\n1\nONE\n2\nTWO", ["x/ONE", "x/TWO"]),
    ],
)
def test_copy_puts_files_where_docker_would(
    docker: Docker, instruction: str, found: list[str]
) -> None:
    if not found:
        assert docker.build(f"FROM scratch\n{instruction}\n")[0] == 1
        return
    assert names(built(docker, f"FROM scratch\n{instruction}\n", a_txt="a", b_txt="b")) == found


def test_the_dockerignore_is_honoured(docker: Docker) -> None:
    context = docker.folder / "context"
    context.mkdir()
    (context / ".dockerignore").write_text("b.txt\nDockerfile\n.dockerignore\n")
    assert names(built(docker, "FROM scratch\nCOPY . /\n", a_txt="a", b_txt="b")) == ["a.txt"]


def test_modes_are_kept_or_as_told(docker: Docker) -> None:
    context = docker.folder / "context"
    context.mkdir()
    (context / "run").write_text("x")
    (context / "run").chmod(0o750)
    root = built(docker, "FROM scratch\nCOPY run /a\nCOPY --chmod=604 run /b\n")
    modes = [stat.S_IMODE((root / name).stat().st_mode) for name in ("a", "b")]
    assert modes == [0o750, 0o604]


def test_a_numeric_owner_stands_in_the_layer(docker: Docker) -> None:
    docker.build("FROM scratch\nCOPY --chown=1000:2000 a.txt /\n", a_txt="a")
    store = LocalStore(docker.folder / "store")
    image = store.find("it:latest")
    assert image is not None
    with tarfile.open(store.path(image.manifest.layers[0].digest)) as archive:
        (entry,) = archive.getmembers()
    assert (entry.uid, entry.gid, entry.mtime) == (1000, 2000, 0)


def test_a_named_owner_is_warned_of(docker: Docker) -> None:
    _, out, _ = docker.build("FROM scratch\nCOPY --chown=app a.txt /\n", a_txt="a")
    assert "[Warning] --chown=app is not recorded" in out


def test_add_unpacks_a_local_archive(docker: Docker) -> None:
    context = docker.folder / "context"
    context.mkdir()
    with tarfile.open(context / "x.tgz", "w:gz") as archive:
        archive.addfile(tarfile.TarInfo("inside/file"), io.BytesIO())
    assert names(built(docker, "FROM scratch\nADD x.tgz /to\n")) == ["to/inside/file"]


def test_a_later_stage_copies_from_an_earlier_one(docker: Docker) -> None:
    text = (
        f"{PYTHON.strip()} AS make\nWORKDIR /src\nRUN echo made > out.txt\n"
        "FROM scratch AS unused\nRUN false\n"
        "FROM scratch\nCOPY --from=make /src/out.txt /\nCOPY --from=0 /src /all\n"
    )
    root = built(docker, text)
    assert names(root) == ["all/out.txt", "out.txt"]
    assert (root / "out.txt").read_text() == "made\n"


def test_a_target_ends_the_build(docker: Docker) -> None:
    text = "FROM scratch AS one\nENV A=1\nFROM scratch\nRUN false\n"
    assert docker.build(text, "--target", "one")[0] == 0
    assert docker.config()["Env"] == ["A=1"]
    assert 'target stage "none" could not be found' in docker.build(text, "--target", "none")[2]


def test_run_works_in_the_images_folder(docker: Docker) -> None:
    text = (
        PYTHON + "WORKDIR /app\nENV KEEP=/app\nARG WHO=ana\n"
        "RUN mkdir -p /var/lib/x && echo $WHO > /var/lib/x/who && pwd > here && echo $KEEP > keep\n"
        "RUN rm here && echo $HOME > $HOME/home\n"
        'RUN ["sh", "-c", "echo exec > /app/exec"]\n'
        "RUN <<EOF\necho one > one\necho two > two\nEOF\n"
        'RUN python -c "import sys; print(sys.version_info.major)" > version\n'
    )
    root = built(docker, text)
    expected = ["exec", "keep", "one", "two", "version"]
    assert names(root) == [*(f"app/{name}" for name in expected), "root/home", "var/lib/x/who"]
    assert (root / "var/lib/x/who").read_text() == "ana\n"
    assert (root / "app/keep").read_text().rstrip().endswith("/root/app")
    assert (root / "app/version").read_text() == f"{sys.version_info.major}\n"


def test_a_run_that_changes_nothing_adds_no_layer(docker: Docker) -> None:
    assert docker.build(PYTHON + "RUN true\n")[0] == 0
    assert LocalStore(docker.folder / "store").images()[0][1].manifest.layers == ()


def wheel(folder: Path) -> Path:
    """Write a package `greet` with a command of the same name, as an index would serve it."""
    path = folder / "greet-1-py3-none-any.whl"
    info = "greet-1.dist-info"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("greet.py", "def main(): print('hi')\n")
        archive.writestr(f"{info}/METADATA", "Metadata-Version: 2.1\nName: greet\nVersion: 1\n")
        archive.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\nTag: py3-none-any\n")
        archive.writestr(f"{info}/entry_points.txt", "[console_scripts]\ngreet = greet:main\n")
        archive.writestr(f"{info}/RECORD", "")
    return path


@pytest.mark.parametrize("pip", ["pip", "python -m pip"])
def test_what_pip_installs_is_in_the_image_and_pip_is_not(docker: Docker, pip: str) -> None:
    context = docker.folder / "context"
    context.mkdir()
    name = wheel(context).name
    text = PYTHON + f"COPY {name} /\nRUN {pip} install --no-index /{name} && greet > /said\n"
    root = built(docker, text)
    site = f"opt/venv/lib/python{sys.version_info.major}.{sys.version_info.minor}/site-packages"
    assert (root / "said").read_text() == "hi\n"
    assert f"{site}/greet.py" in names(root)
    assert (root / "opt/venv/bin/greet").read_text().startswith("#!/usr/bin/env python3\n")
    assert not [found for found in names(root) if "/pip" in found or "pyvenv" in found]
    assert f"PYTHONPATH=/{site}" in docker.config()["Env"]
    assert docker.config()["Labels"]["io.workshop.venv"] == "/opt/venv"


@pytest.mark.parametrize(
    ("text", "mapped"),
    [
        ("ls /app", "ls R/app"),
        ("cat </etc/x >/opt/y", "cat <R/etc/x >R/opt/y"),
        ("A=/data b --c=/data", "A=R/data b --c=R/data"),
        ("curl https://host/app", "curl https://host/app"),
        ("/bin/echo x > /dev/null", "/bin/echo x > /dev/null"),
        ("sed s/app/b/ x/app", "sed s/app/b/ x/app"),
        ("sed '/x/d' '/app/f'", "sed '/x/d' 'R/app/f'"),
        ("cd $HOME/app ${X}/app ~/app ./app", "cd $HOME/app ${X}/app ~/app ./app"),
        ("echo /", "echo /"),
    ],
)
def test_absolute_paths_are_the_images(tmp_path: Path, text: str, mapped: str) -> None:
    (tmp_path / "app").mkdir()
    assert map_paths(text, tmp_path) == mapped.replace("R/", f"{tmp_path}/")


def test_the_same_files_give_the_same_digest(docker: Docker) -> None:
    text = PYTHON + "WORKDIR /app\nCOPY . .\nRUN echo x > y\nENV A=1\n"

    def image_id() -> str:
        assert docker.build(text, a_txt="a")[0] == 0
        return docker("images", "-q")[1].strip()

    first = image_id()
    os.utime(docker.folder / "context/a.txt", (1, 1))
    assert image_id() == first
    docker.build(text, a_txt="b")
    assert docker("images", "-q")[1].strip() != first


# unpacking


def layer(folder: Path, *entries: tuple[str, str, bytes | str]) -> Path:
    """Write a layer of (name, kind, content or target) and return its path."""
    path = folder / "layer.tar"
    kinds = {"link": tarfile.SYMTYPE, "hard": tarfile.LNKTYPE, "dir": tarfile.DIRTYPE}
    with tarfile.open(path, "w") as archive:
        for name, kind, content in entries:
            entry = tarfile.TarInfo(name)
            entry.mode = 0o755
            if isinstance(content, bytes):
                entry.size = len(content)
                archive.addfile(entry, io.BytesIO(content))
                continue
            entry.type, entry.linkname = kinds[kind], content
            archive.addfile(entry)
    return path


@pytest.fixture
def root(tmp_path: Path) -> Path:
    found = tmp_path / "root"
    found.mkdir()
    return found


def test_a_whiteout_removes_what_lies_below(tmp_path: Path, root: Path) -> None:
    unpack_layer(layer(tmp_path, ("a/x", "", b""), ("a/y", "", b""), ("b/z", "", b"")), root)
    unpack_layer(
        layer(tmp_path, ("a/.wh.x", "", b""), ("b/new", "", b""), ("b/.wh..wh..opq", "", b"")), root
    )
    assert names(root) == ["a/y", "b/new"]


@pytest.mark.parametrize("name", ["../out", "a/../../out"])
def test_a_name_that_leads_out_is_refused(tmp_path: Path, root: Path, name: str) -> None:
    with pytest.raises(UnpackError, match="outside the image"):
        unpack_layer(layer(tmp_path, (name, "", b"x")), root)


def test_a_link_that_leads_out_leads_nowhere_else(tmp_path: Path, root: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    up = "../" * 20 + str(outside).lstrip("/")
    unpack_layer(
        layer(
            tmp_path,
            ("abs", "link", str(outside)),
            ("abs/file", "", b"x"),
            ("rel", "link", up),
            ("rel/file", "", b"x"),
        ),
        root,
    )
    assert list(outside.iterdir()) == []
    for name in ("abs", "rel"):
        assert (root / name).resolve().is_relative_to(root)


def test_a_hard_link_finds_only_files_of_the_image(tmp_path: Path, root: Path) -> None:
    unpack_layer(layer(tmp_path, ("a", "", b"x"), ("b", "hard", "a")), root)
    assert (root / "b").read_bytes() == b"x"
    with pytest.raises(UnpackError, match="which is missing"):
        unpack_layer(layer(tmp_path, ("c", "hard", "/etc/passwd")), root)


def test_a_file_replaces_a_link_rather_than_its_target(tmp_path: Path, root: Path) -> None:
    unpack_layer(layer(tmp_path, ("a", "", b"kept"), ("b", "link", "a")), root)
    unpack_layer(layer(tmp_path, ("b", "", b"new")), root)
    assert ((root / "a").read_bytes(), (root / "b").read_bytes()) == (b"kept", b"new")


def test_a_loop_of_links_ends(root: Path) -> None:
    (root / "a").symlink_to("b")
    (root / "b").symlink_to("a")
    with pytest.raises(UnpackError, match="loop of links"):
        resolve_inside(root, PurePosixPath("/a/x"))


def test_what_is_no_archive_is_refused(tmp_path: Path, root: Path) -> None:
    (tmp_path / "x").write_bytes(b"not a tar")
    with pytest.raises(UnpackError, match="not a tar archive"):
        unpack_layer(tmp_path / "x", root)
