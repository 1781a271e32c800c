"""Imports point down: who may import whom, checked on every module of both packages."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

SCRIPTS = Path(__file__).resolve().parents[2] / "scripts"

ENGINE_NEEDS = ("emulator.clock", "emulator.ids", "emulator.engines")
ONLY_IMPORTER = {
    "boto3": "workshop.aws",
    "python_terraform": "workshop.terraform",
    "rich": "workshop.console",
}


def modules() -> Iterator[tuple[str, Path]]:
    for path in sorted(SCRIPTS.rglob("*.py")):
        name = ".".join(path.relative_to(SCRIPTS).with_suffix("").parts)
        yield name.removesuffix(".__init__"), path


def imports_of(path: Path) -> set[str]:
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and node.level == 0:
            found.add(node.module)
            found.update(f"{node.module}.{alias.name}" for alias in node.names)
    return found


def is_in(name: str, *packages: str) -> bool:
    return any(name == package or name.startswith(package + ".") for package in packages)


ALL = dict(modules())
IMPORTS = {name: imports_of(path) for name, path in ALL.items()}


@pytest.mark.parametrize("name", ALL)
def test_cli_and_emulator_never_import_each_other(name):
    other = "emulator" if is_in(name, "workshop") else "workshop"
    assert not {one for one in IMPORTS[name] if is_in(one, other)}


@pytest.mark.parametrize("name", [one for one in ALL if is_in(one, "emulator.engines")])
def test_engines_know_no_plane_no_moto_and_no_thread(name):
    ours = {one for one in IMPORTS[name] if is_in(one, "emulator")}
    assert {one for one in ours if one != "emulator" and not is_in(one, *ENGINE_NEEDS)} == set()
    foreign = {"moto", "threading", "socket", "http", "asyncio", "subprocess", "urllib", "boto3"}
    assert {one for one in IMPORTS[name] if is_in(one, *foreign)} == set()


@pytest.mark.parametrize("name", [one for one in ALL if is_in(one, "emulator.control_plane")])
def test_control_plane_knows_no_server(name):
    assert {
        one for one in IMPORTS[name] if is_in(one, "emulator.server", "emulator.front")
    } == set()


@pytest.mark.parametrize(("library", "importer"), ONLY_IMPORTER.items())
def test_one_module_of_the_cli_imports(library, importer):
    found = {
        name
        for name, imports in IMPORTS.items()
        if is_in(name, "workshop") and any(is_in(one, library) for one in imports)
    }
    assert found == {importer}


@pytest.mark.parametrize(
    "name", [one for one in ALL if is_in(one, "workshop") and not is_in(one, "workshop.cli")]
)
def test_only_commands_use_click_and_the_console(name):
    uses = {one for one in IMPORTS[name] if is_in(one, "click", "workshop.cli")}
    assert uses == (set() if name != "workshop.__main__" else uses)
    if name != "workshop.console":
        assert not {one for one in IMPORTS[name] if is_in(one, "workshop.console")}


LAYERS = (
    ("workshop.cli",),
    ("workshop.runner", "workshop.status"),
    ("workshop.labs",),
    ("workshop.actions",),
    ("workshop.context", "workshop.shift"),
    ("workshop.checks",),
    ("workshop.application", "workshop.targets", "workshop.terraform"),
    ("workshop.aws", "workshop.environment"),
    ("workshop.config", "workshop.errors"),
)


@pytest.mark.parametrize("name", [one for one in ALL if is_in(one, "workshop")])
def test_cli_layers_point_down(name):
    rank = next((rank for rank, layer in enumerate(LAYERS) if is_in(name, *layer)), None)
    if rank is None:
        return
    higher = [package for layer in LAYERS[:rank] for package in layer]
    assert {one for one in IMPORTS[name] if is_in(one, *higher)} == set()
