"""Reads a buildspec, and says by line what is wrong with one, in CodeBuild's words where known.

It reads YAML's nodes rather than values: the nodes know their lines, and their scalars are still
text, so that `version: 0.2` and `discard-paths: yes` are what the author wrote.

Source: CodeBuild User Guide, "Buildspec reference"; wordings of YAML_FILE_ERROR as observed in
awsdocs/aws-codebuild-user-guide#25 (YAML) and bioerrorlog.work (`Expected Commands[0] …`).
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

import yaml

from emulator.engines.build import COMMAND_PHASES, OnFailure, Phase

SHELLS = ("sh", "bash")
VERSIONS = ("0.1", "0.2")

_PHASES = {phase.value.lower(): phase for phase in COMMAND_PHASES}


class BuildspecError(Exception):
    """The buildspec cannot be used; the message goes behind `YAML_FILE_ERROR Message: `."""


@dataclass(frozen=True)
class PhaseSpec:
    """One phase: its commands, those that run whatever happens, and what a failure leads to."""

    commands: tuple[str, ...] = ()
    finally_commands: tuple[str, ...] = ()
    on_failure: OnFailure | None = None


@dataclass(frozen=True)
class ArtifactSpec:
    """Which files make an artifact: globs below the base directories, minus the excluded."""

    files: tuple[str, ...]
    name: str | None = None
    base_directory: str = "."
    discard_paths: bool = False
    exclude_paths: tuple[str, ...] = ()


@dataclass(frozen=True)
class Buildspec:
    """A buildspec that can be run. `notes` are lines for the build's log: what is not honoured."""

    version: str
    phases: dict[Phase, PhaseSpec]
    shell: str = "sh"
    variables: dict[str, str] = field(default_factory=dict)
    parameter_store: dict[str, str] = field(default_factory=dict)
    exported_variables: tuple[str, ...] = ()
    artifacts: ArtifactSpec | None = None
    secondary_artifacts: dict[str, ArtifactSpec] = field(default_factory=dict)
    notes: tuple[str, ...] = ()

    @property
    def shares_shell(self) -> bool:
        """Tell whether a command sees the directory and variables that earlier ones left."""
        return self.version != "0.1"


def parse_buildspec(text: str, *, file: str = "buildspec.yml", user: str = "root") -> Buildspec:
    """Read a buildspec; `user` is who runs its commands, the only one `run-as` may name.

    Raises: BuildspecError, naming the line in `file`.
    """
    return _Reader(file, user).read(text)


class _Reader:
    def __init__(self, file: str, user: str) -> None:
        self._file = file
        self._user = user
        self._notes: list[str] = []
        self._keys: dict[int, yaml.Node] = {}
        self._loader: yaml.SafeLoader | None = None

    def read(self, text: str) -> Buildspec:
        root = self._compose(text)
        keys = self._mapping(root, "the buildspec")
        if not keys:
            raise self._error("The buildspec is empty", root)
        version = self._version(keys, root)
        handled = _TOP_LEVEL[version]
        self._refuse_unknown(keys, "the buildspec", [*handled, *_REFUSED])
        for name in _REFUSED:
            if name in keys:
                raise self._error(f"`{name}` is not emulated: {_REFUSED[name]}", keys[name])
        self._run_as(keys)
        for name in _IGNORED:
            if name in keys:
                self._notes.append(_IGNORED[name])
        env = self._environment(keys, version)
        artifacts, secondary = self._artifacts(keys.get("artifacts"))
        return Buildspec(
            version=version,
            phases=self._phases(keys, root),
            artifacts=artifacts,
            secondary_artifacts=secondary,
            **env,
            notes=tuple(self._notes),
        )

    def _compose(self, text: str) -> yaml.Node:
        self._loader = yaml.SafeLoader(text)
        try:
            root = self._loader.get_single_node()
        except yaml.MarkedYAMLError as error:
            line = error.problem_mark.line + 1 if error.problem_mark else 1
            raise BuildspecError(
                f"{error.problem or error.context} at line {line} in {self._file}"
            ) from error
        except yaml.YAMLError as error:
            raise BuildspecError(f"{error} in {self._file}") from error
        finally:
            self._loader.dispose()
        if root is None:
            raise BuildspecError(f"{self._file} is empty")
        return root

    def _version(self, keys: dict[str, yaml.Node], root: yaml.Node) -> str:
        if "version" not in keys:
            raise self._error(
                "The buildspec has no `version`; write `version: 0.2` as its first line", root
            )
        version = self._text(keys["version"], "version")
        if version not in VERSIONS:
            raise self._error(
                f"Unsupported buildspec version `{version}`; use 0.2 (or 0.1)", keys["version"]
            )
        return version

    def _run_as(self, keys: dict[str, yaml.Node]) -> None:
        if "run-as" not in keys:
            return
        user = self._text(keys["run-as"], "run-as")
        if user != self._user:
            raise self._error(
                f"`run-as: {user}` is not emulated: commands run as `{self._user}`", keys["run-as"]
            )

    def _phases(self, keys: dict[str, yaml.Node], root: yaml.Node) -> dict[Phase, PhaseSpec]:
        phases = self._mapping(keys["phases"], "phases") if "phases" in keys else {}
        if not phases:
            raise self._error(
                "The buildspec has no `phases`; name at least one of " + ", ".join(_PHASES),
                keys.get("phases", root),
            )
        for name, node in phases.items():
            if name not in _PHASES:
                expected = ",".join(sorted(_PHASES))
                raise self._error(
                    f"Invalid buildspec phase name: {name}. Expecting: {expected}", node
                )
        return {_PHASES[name]: self._phase(name, node) for name, node in phases.items()}

    def _phase(self, name: str, node: yaml.Node) -> PhaseSpec:
        keys = self._mapping(node, f"phases.{name}")
        allowed = ["commands", "finally", "on-failure", "run-as"]
        if name == "install":
            allowed.append("runtime-versions")
        self._refuse_unknown(keys, f"phases.{name}", allowed)
        self._run_as(keys)
        self._runtimes(keys.get("runtime-versions"))
        commands = self._texts(keys.get("commands"), "Commands")
        if not commands:
            self._notes.append(f"No commands found for phase name: {name}")
        return PhaseSpec(
            commands=commands,
            finally_commands=self._texts(keys.get("finally"), "Finally"),
            on_failure=self._on_failure(keys.get("on-failure")),
        )

    def _runtimes(self, node: yaml.Node | None) -> None:
        for runtime, version in self._texts_by_name(node, "runtime-versions").items():
            self._notes.append(
                f"Selecting '{runtime}' runtime version '{version}' based on manual selections: "
                "this machine's own is used"
            )

    def _on_failure(self, node: yaml.Node | None) -> OnFailure | None:
        if node is None:
            return None
        value = self._text(node, "on-failure")
        if value.startswith("RETRY"):
            raise self._error(f"`on-failure: {value}` is not emulated; use ABORT or CONTINUE", node)
        if value not in list(OnFailure):
            raise self._error(
                f"Invalid value `{value}` of on-failure. Expecting: ABORT,CONTINUE", node
            )
        return OnFailure(value)

    def _environment(self, keys: dict[str, yaml.Node], version: str) -> dict[str, Any]:
        if version == "0.1":
            old = self._mapping(keys.get("environment_variables"), "environment_variables")
            self._refuse_unknown(old, "environment_variables", ["plaintext"])
            return {"variables": self._texts_by_name(old.get("plaintext"), "plaintext")}
        env = self._mapping(keys.get("env"), "env")
        self._refuse_unknown(env, "env", _ENV_KEYS)
        if "secrets-manager" in env:
            raise self._error("`env.secrets-manager` is not emulated", env["secrets-manager"])
        shell = self._text(env["shell"], "shell") if "shell" in env else "sh"
        shell = shell.removeprefix("/bin/")
        if shell not in SHELLS:
            raise self._error(f"Unsupported shell `{shell}`; use sh or bash", env["shell"])
        return {
            "shell": shell,
            "variables": self._texts_by_name(env.get("variables"), "variables"),
            "parameter_store": self._texts_by_name(env.get("parameter-store"), "parameter-store"),
            "exported_variables": self._texts(env.get("exported-variables"), "Exported-variables"),
        }

    def _artifacts(
        self, node: yaml.Node | None
    ) -> tuple[ArtifactSpec | None, dict[str, ArtifactSpec]]:
        if node is None:
            return None, {}
        keys = self._mapping(node, "artifacts")
        secondary = self._mapping(keys.pop("secondary-artifacts", None), "secondary-artifacts")
        others = {
            name: self._artifact(self._mapping(entry, name), f"secondary-artifacts.{name}", entry)
            for name, entry in secondary.items()
        }
        if others and "files" not in keys:
            return None, others
        return self._artifact(keys, "artifacts", node), others

    def _artifact(self, keys: dict[str, yaml.Node], where: str, node: yaml.Node) -> ArtifactSpec:
        self._refuse_unknown(keys, where, _ARTIFACT_KEYS)
        for name in ("enable-symlinks", "s3-prefix"):
            if name in keys:
                raise self._error(f"`{where}.{name}` is not emulated", keys[name])
        files = self._texts(keys.get("files"), "Files")
        if not files:
            raise self._error(f"`{where}` has no `files`", node)
        return ArtifactSpec(
            files=files,
            name=self._optional(keys, "name"),
            base_directory=self._optional(keys, "base-directory") or ".",
            discard_paths=self._flag(keys.get("discard-paths"), "discard-paths"),
            exclude_paths=self._texts(keys.get("exclude-paths"), "Exclude-paths"),
        )

    def _mapping(self, node: yaml.Node | None, what: str) -> dict[str, yaml.Node]:
        if node is None or _is_null(node):
            return {}
        if not isinstance(node, yaml.MappingNode):
            raise self._error(f"Expected {what} to be a mapping: found {_kind(node)}", node)
        self._refuse_twice_given(node)
        assert self._loader is not None  # noqa: S101 (set by _compose)
        self._loader.flatten_mapping(node)  # follows `<<`: the node's own keys come last, and win
        found: dict[str, yaml.Node] = {}
        for key, value in node.value:
            found[self._text(key, f"a key of {what}")] = value
            self._keys[id(value)] = key
        return found

    def _refuse_twice_given(self, node: yaml.MappingNode) -> None:
        names: set[str] = set()
        for key, _ in node.value:
            if not isinstance(key, yaml.ScalarNode):
                continue
            if key.value in names:
                raise self._error(f"Key `{key.value}` is given twice", key)
            names.add(key.value)

    def _texts(self, node: yaml.Node | None, what: str) -> tuple[str, ...]:
        if node is None or _is_null(node):
            return ()
        if not isinstance(node, yaml.SequenceNode):
            raise self._error(f"Expected {what} to be a list: found {_kind(node)}", node)
        return tuple(
            self._text(item, f"{what}[{number}]") for number, item in enumerate(node.value)
        )

    def _texts_by_name(self, node: yaml.Node | None, what: str) -> dict[str, str]:
        found = self._mapping(node, what)
        return {name: self._text(value, f"{what}.{name}") for name, value in found.items()}

    def _text(self, node: yaml.Node, what: str) -> str:
        if isinstance(node, yaml.ScalarNode) and not _is_null(node):
            return str(node.value)
        line = node.start_mark.line + 1
        raise BuildspecError(
            f"Expected {what} to be of string type: found {_kind(node)} instead at line {line}, "
            f"value of the key tag on line {max(line - 1, 1)} might be empty in {self._file}"
        )

    def _optional(self, keys: dict[str, yaml.Node], name: str) -> str | None:
        return self._text(keys[name], name) if name in keys else None

    def _flag(self, node: yaml.Node | None, what: str) -> bool:
        value = "no" if node is None else self._text(node, what).lower()
        if value not in {"yes", "no", "true", "false"}:
            raise self._error(f"Expected {what} to be yes or no: found `{value}`", node)
        return value in {"yes", "true"}

    def _refuse_unknown(
        self, keys: dict[str, yaml.Node], where: str, allowed: Iterable[str]
    ) -> None:
        for name, node in keys.items():
            if name not in allowed:
                expected = ",".join(sorted(allowed))
                raise self._error(f"Unknown key `{name}` in {where}. Expecting: {expected}", node)

    def _error(self, message: str, node: yaml.Node | None) -> BuildspecError:
        marked = self._keys.get(id(node), node)  # a key's line tells more than that of its subkeys
        line = marked.start_mark.line + 1 if marked is not None else 1
        return BuildspecError(f"{message} at line {line} in {self._file}")


_REFUSED = {"batch": "start the builds one by one"}

_IGNORED = {
    "cache": "The cache is not emulated: every build starts in a fresh folder",
    "proxy": "The proxy settings are not emulated",
    "reports": "Reports are not emulated: the files stay in the build's folder",
}

_TOP_LEVEL = {
    "0.1": ["version", "environment_variables", "phases", "artifacts"],
    "0.2": ["version", "run-as", "env", "phases", "artifacts", *_IGNORED],
}

_ENV_KEYS = [
    "shell",
    "variables",
    "parameter-store",
    "secrets-manager",
    "exported-variables",
    "git-credential-helper",
]

_ARTIFACT_KEYS = [
    "files",
    "name",
    "base-directory",
    "discard-paths",
    "exclude-paths",
    "enable-symlinks",
    "s3-prefix",
]


def _is_null(node: yaml.Node) -> bool:
    return bool(node.tag == "tag:yaml.org,2002:null")


def _kind(node: yaml.Node) -> str:
    if isinstance(node, yaml.MappingNode):
        return "subkeys"
    if isinstance(node, yaml.SequenceNode):
        return "a list"
    return "nothing" if _is_null(node) else f"`{node.value}`"
