"""What of a build context is left out.

Source: Docker's documentation, "Build context: .dockerignore files".
"""

import os
import re
from pathlib import Path, PurePosixPath


class Ignore:
    """The patterns of a `.dockerignore`; the last one that matches a path decides."""

    def __init__(self, text: str = "") -> None:
        self._rules: list[tuple[re.Pattern[str], bool]] = []
        for line in text.removeprefix("\ufeff").splitlines():
            pattern = line.strip()
            if not pattern or line.startswith("#"):
                continue
            is_kept = pattern.startswith("!")
            pattern = os.path.normpath(pattern.removeprefix("!").strip()).lstrip("/")
            self._rules.append((re.compile(_regex(pattern)), not is_kept))
        self.has_exceptions = any(not ignored for _, ignored in self._rules)

    def __contains__(self, path: str) -> bool:
        """Tell whether a path, relative to the context, is ignored, itself or by a folder of it."""
        found = False
        names = [
            path,
            *(str(parent) for parent in PurePosixPath(path).parents if str(parent) != "."),
        ]
        for rule, ignored in self._rules:
            if any(rule.fullmatch(name) for name in names):
                found = ignored
        return found


def read_ignore(context: Path, dockerfile: Path) -> Ignore:
    """Return the patterns of `<Dockerfile>.dockerignore`, or else of `.dockerignore`."""
    for path in (
        dockerfile.with_name(dockerfile.name + ".dockerignore"),
        context / ".dockerignore",
    ):
        if path.is_file():
            return Ignore(path.read_text())
    return Ignore()


def context_files(context: Path, ignore: Ignore) -> list[str]:
    """List the paths of a context that are not ignored: files, folders and links, sorted."""
    found: list[str] = []
    for folder, folders, files in os.walk(context):
        base = Path(folder).relative_to(context)
        links = [name for name in folders if Path(folder, name).is_symlink()]
        found += [
            path
            for path in ((base / name).as_posix() for name in [*files, *folders])
            if path not in ignore
        ]
        folders[:] = [
            name
            for name in folders
            if name not in links
            and (ignore.has_exceptions or (base / name).as_posix() not in ignore)
        ]
    return sorted(found)


def _regex(pattern: str) -> str:
    out, at = "", 0
    while at < len(pattern):
        if pattern.startswith("**/", at):
            out, at = out + "(?:.*/)?", at + 3
        elif pattern.startswith("**", at):
            out, at = out + ".*", at + 2
        else:
            piece, at = _one(pattern, at)
            out += piece
    return out


def _one(pattern: str, at: int) -> tuple[str, int]:
    character = pattern[at]
    if character == "[" and (end := pattern.find("]", at + 1)) > 0:
        return pattern[at : end + 1], end + 1
    if character == "\\" and at + 1 < len(pattern):
        return re.escape(pattern[at + 1]), at + 2
    return {"*": "[^/]*", "?": "[^/]"}.get(character, re.escape(character)), at + 1


def matching(paths: list[str], pattern: str) -> list[str]:
    """List the paths that a source of COPY or ADD names, with Go's wildcards."""
    normal = os.path.normpath(pattern.lstrip("/") or ".")
    if not re.search(r"[*?\[]", normal):
        return [path for path in paths if path == normal]
    rule = re.compile(_regex(normal))
    return [path for path in paths if rule.fullmatch(path)]
