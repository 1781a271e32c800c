"""`docker build`: a Dockerfile's stages, in order, into an image of the local store."""

import os
import re
import shutil
import tempfile
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from emulator.data_plane.image_builder.bases import start_stage
from emulator.data_plane.image_builder.copying import Source, copy
from emulator.data_plane.image_builder.dockerfile import Dockerfile, Instruction, parse
from emulator.data_plane.image_builder.errors import ENGINE, DockerError, DockerfileError
from emulator.data_plane.image_builder.ignore import Ignore, read_ignore
from emulator.data_plane.image_builder.instructions import HANDLERS, workdir
from emulator.data_plane.image_builder.local_store import LocalImage, LocalStore
from emulator.data_plane.image_builder.references import Reference
from emulator.data_plane.image_builder.running import run
from emulator.data_plane.image_builder.stage import Stage, architecture
from emulator.data_plane.image_builder.words import expand, pairs
from emulator.data_plane.registry.unpack import UnpackError

_FROM = re.compile(r"(?P<image>\S+)(?:\s+AS\s+(?P<name>[a-z][a-z0-9_.-]*))?", re.IGNORECASE)
_PROXIES = {"HTTP_PROXY", "HTTPS_PROXY", "FTP_PROXY", "NO_PROXY", "ALL_PROXY"}


@dataclass(frozen=True)
class Request:
    """What a `docker build` was asked for."""

    context: Path
    dockerfile: Path
    tags: list[Reference] = field(default_factory=list)
    build_args: dict[str, str] = field(default_factory=dict)
    labels: dict[str, str] = field(default_factory=dict)
    target: str = ""


@dataclass(frozen=True)
class _Part:
    """One stage as it is written: its FROM, what follows, and the names it goes by."""

    index: int
    name: str
    image: str
    start: Instruction
    instructions: list[Instruction]


def build(request: Request, store: LocalStore, say: Callable[[str], None]) -> LocalImage:
    """Build, store and tag an image. Raises DockerError, with the Dockerfile's line."""
    dockerfile = parse(_read(request.dockerfile))
    work = _work_folder()
    try:
        return _Build(request, dockerfile, store, work, say).build()
    finally:
        shutil.rmtree(work, ignore_errors=True)


def _read(path: Path) -> str:
    try:
        return path.read_text()
    except FileNotFoundError as error:
        raise DockerError(
            f"unable to prepare context: unable to evaluate symlinks in Dockerfile path: lstat "
            f"{path}: no such file or directory"
        ) from error


def _work_folder() -> Path:
    """Make a folder whose path may stand unquoted in a shell command, since RUN's paths get it."""
    made = Path(tempfile.mkdtemp(prefix="image-")).resolve()
    if re.fullmatch(r"[\w./-]+", str(made), re.ASCII):
        return made
    made.rmdir()
    return Path(tempfile.mkdtemp(prefix="image-", dir="/tmp")).resolve()


class _Build:
    def __init__(
        self,
        request: Request,
        dockerfile: Dockerfile,
        store: LocalStore,
        work: Path,
        say: Callable[[str], None],
    ) -> None:
        self._request = request
        self._escape = dockerfile.escape
        self._store = store
        self._work = work
        self._say = say
        self._context = Source(request.context, read_ignore(request.context, request.dockerfile))
        self._used_args: set[str] = set()
        self._global_args: dict[str, str] = {}
        self._parts = self._split(dockerfile.instructions)
        self._stages: dict[int, Stage] = {}

    def build(self) -> LocalImage:
        wanted = self._part(self._request.target) if self._request.target else self._parts[-1]
        if wanted is None:
            raise DockerError(f'target stage "{self._request.target}" could not be found')
        needed = [part for part in self._parts if part.index in self._needed(wanted)]
        total = sum(1 + len(part.instructions) for part in needed)
        step = 0
        for part in needed:
            for instruction in (part.start, *part.instructions):
                step += 1
                self._say(f"Step {step}/{total} : {instruction.text}")
                self._carry_out(part, instruction)
        stage = self._stages[wanted.index]
        stage.labels.update(self._request.labels)
        return self._finish(stage)

    def _finish(self, stage: Stage) -> LocalImage:
        unused = sorted(set(self._request.build_args) - self._used_args - _PROXIES)
        if unused:
            names = " ".join(unused)
            self._say(f"[Warning] One or more build-args [{names}] were not consumed")
        image = stage.save(self._request.tags)
        self._say(f"Successfully built {image.image_id.removeprefix('sha256:')[:12]}")
        for tag in self._request.tags:
            self._say(f"Successfully tagged {tag}")
        return image

    # stages

    def _split(self, instructions: list[Instruction]) -> list[_Part]:
        parts: list[_Part] = []
        for instruction in instructions:
            if instruction.name == "FROM":
                parts.append(self._start_part(len(parts), instruction))
            elif parts:
                parts[-1].instructions.append(instruction)
            elif instruction.name == "ARG":
                self._global_args.update(self._arg(instruction, self._global_args))
            else:
                raise _error(instruction, "no build stage in current context: FROM comes first")
        if not parts:
            raise DockerError("the Dockerfile has no FROM")
        return parts

    def _start_part(self, index: int, instruction: Instruction) -> _Part:
        match = _FROM.fullmatch(instruction.value)
        if not match:
            raise _error(instruction, "FROM requires either one or three arguments")
        image = expand(match["image"], {**self._platform(), **self._global_args}, self._escape)
        if not image:
            raise _error(instruction, "base name should not be blank")
        return _Part(index, (match["name"] or "").lower(), image, instruction, [])

    def _part(self, name: str) -> _Part | None:
        """Return the stage of a name or a number, the last of several of one name."""
        found = [
            part for part in self._parts if name.lower() == part.name or name == str(part.index)
        ]
        return found[-1] if found else None

    def _needed(self, wanted: _Part) -> set[int]:
        """Return the stages that one is made of, itself among them."""
        needed = {wanted.index}
        sources = [wanted.image] + [
            found.flags["from"] for found in wanted.instructions if "from" in found.flags
        ]
        for source in sources:
            part = self._part(source)
            if part is not None and part.index < wanted.index:
                needed |= self._needed(part)
        return needed

    # instructions

    def _carry_out(self, part: _Part, instruction: Instruction) -> None:
        try:
            if instruction.name == "FROM":
                self._start_stage(part)
            else:
                self._do(part, self._stages[part.index], instruction)
        except DockerfileError:
            raise
        except (DockerError, UnpackError, ValueError, OSError) as error:
            raise _error(instruction, str(error)) from error

    def _start_stage(self, part: _Part) -> None:
        stage = Stage(self._work / str(part.index), self._store, self._say)
        base = self._part(part.image)
        if base is not None and base.index < part.index:
            stage.copy_of(self._stages[base.index])
        else:
            start_stage(stage, part.image)
        self._stages[part.index] = stage

    def _do(self, part: _Part, stage: Stage, instruction: Instruction) -> None:
        if instruction.name == "RUN":
            run(stage, instruction)
        elif instruction.name in {"COPY", "ADD"}:
            source = self._source(part, instruction)
            stage.commit(instruction.text, lambda: copy(stage, instruction, source, self._escape))
        elif instruction.name == "WORKDIR":
            stage.commit(instruction.text, lambda: workdir(stage, instruction, self._escape))
        elif instruction.name == "ARG":
            stage.args.update(self._arg(instruction, stage.variables))
            stage.commit(instruction.text)
        else:
            HANDLERS[instruction.name](stage, instruction, self._escape)
            stage.commit(instruction.text)

    def _source(self, part: _Part, instruction: Instruction) -> Source:
        name = instruction.flags.get("from")
        if name is None:
            return self._context
        found = self._part(name)
        if found is not None and found.index < part.index:
            return Source(self._stages[found.index].root, Ignore())
        folder = self._work / f"from-{part.index}-{instruction.line}"
        stage = Stage(folder, self._store, self._say)
        start_stage(stage, name)
        if not stage.layer_digests:
            raise DockerError(
                f"`--from={name}` has no files here: the machine's own stands in for it. "
                f"To copy from it, {ENGINE}"
            )
        return Source(stage.root, Ignore())

    def _arg(self, instruction: Instruction, variables: dict[str, str]) -> dict[str, str]:
        """Return what an ARG defines: a build argument, else a global one, else its default."""
        found: dict[str, str] = {}
        for word in re.split(r"\s+(?=[A-Za-z_]\w*(?:=|\s|$))", instruction.value):
            name, equals, _ = word.partition("=")
            self._used_args.add(name)
            if name in self._request.build_args:
                found[name] = self._request.build_args[name]
            elif equals:
                found.update(pairs(word, variables, self._escape))
            elif name in self._global_args:
                found[name] = self._global_args[name]
            elif name in self._platform():
                found[name] = self._platform()[name]
        return found

    def _platform(self) -> dict[str, str]:
        """Return the arguments that BuildKit defines by itself."""
        platform = f"linux/{architecture()}"
        return {
            **{f"{side}PLATFORM": platform for side in ("TARGET", "BUILD")},
            **{f"{side}OS": "linux" for side in ("TARGET", "BUILD")},
            **{f"{side}ARCH": architecture() for side in ("TARGET", "BUILD")},
        }


def _error(instruction: Instruction, message: str) -> DockerfileError:
    return DockerfileError(instruction.line, instruction.text.splitlines()[0], message)


def build_arg(text: str) -> tuple[str, str] | None:
    """Read `NAME=value`, or `NAME` whose value is the environment's; None where it has none."""
    name, equals, value = text.partition("=")
    if equals:
        return name, value
    return (name, os.environ[name]) if name in os.environ else None
