"""Write the tables of inputs and outputs into the READMEs of the modules.

Run as `python -m tests.hcl.module_tables` in the project's root. With `--check` nothing is written,
and the exit status is 1 if a README is not current.
"""

import json
import sys
from pathlib import Path
from typing import Any

import hcl2

MODULES = Path(__file__).parents[2] / "modules"
MARK = "<!-- generated from here by `make docs` -->\n"


def render(module: Path) -> str:
    """Return the generated part of a module's README."""
    inputs = [_input_row(name, body) for name, body in _blocks(module, "variable")]
    outputs = [
        f"| `{name}` | {_text(body['description'])} |" for name, body in _blocks(module, "output")
    ]
    return "\n".join(
        [
            "## Inputs",
            "",
            "| Name | What | Type | Default |",
            "|---|---|---|---|",
            *inputs,
            "",
            "## Outputs",
            "",
            "| Name | What |",
            "|---|---|",
            *outputs,
            "",
        ]
    )


def current(module: Path) -> str:
    """Return a module's README as it should be: what a person wrote, and the tables."""
    written, _, _ = (module / "README.md").read_text().partition(MARK)
    return f"{written}{MARK}\n{render(module)}"


def modules() -> list[Path]:
    """Return the folders of all modules."""
    return sorted(path.parent for path in MODULES.glob("*/versions.tf"))


def _blocks(module: Path, kind: str) -> list[tuple[str, dict[str, Any]]]:
    with (module / f"{kind}s.tf").open() as file:
        parsed = hcl2.load(file)
    return [
        (name.strip('"'), body) for block in parsed.get(kind, []) for name, body in block.items()
    ]


def _input_row(name: str, body: dict[str, Any]) -> str:
    kind = str(body["type"]).removeprefix("${").removesuffix("}")
    default = f"`{_default(body['default'])}`" if "default" in body else "required"
    return f"| `{name}` | {_text(body['description'])} | `{kind}` | {default} |"


def _default(value: Any) -> str:
    return (
        value
        if isinstance(value, str)
        else json.dumps(value).replace('"\\"', '"').replace('\\""', '"')
    )


def _text(value: str) -> str:
    return str(json.loads(value)).replace("|", "\\|")


def main(arguments: list[str]) -> int:
    stale = [
        module for module in modules() if (module / "README.md").read_text() != current(module)
    ]
    if "--check" in arguments:
        for module in stale:
            print(f"`modules/{module.name}/README.md` is not current. Run `make docs`.")
        return 1 if stale else 0
    for module in stale:
        (module / "README.md").write_text(current(module))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
