"""Collects a build's artifacts and puts them into S3.

Source: CodeBuild User Guide, "Buildspec reference" (`artifacts`) and the ProjectArtifacts shape
(how path, namespace and name make the key); log lines as observed in aws/copilot-cli#2780.
"""

import hashlib
import re
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from botocore.exceptions import ClientError

from emulator.control_plane.codebuild.builds import Build
from emulator.data_plane.build_runner.folder import BuildFolder
from emulator.data_plane.build_runner.source import PhaseFailed
from emulator.engines.buildspec import ArtifactSpec, Buildspec
from emulator.runtime import Runtime

Say = Callable[[str], None]
Files = dict[str, Path]
"""Name in the artifact, to the file."""


class Uploader:
    """Uploads the artifacts of one build; `say` writes to its log, `expand` asks its shell."""

    def __init__(
        self,
        runtime: Runtime,
        build: Build,
        folder: BuildFolder,
        say: Say,
        expand: Callable[[str], str],
    ) -> None:
        self._runtime = runtime
        self._build = build
        self._folder = folder
        self._say = say
        self._expand = expand

    def upload(self, buildspec: Buildspec) -> None:
        """Upload what project and buildspec agree on.

        Raises: PhaseFailed, as CodeBuild words it.
        """
        if self._build.settings["artifacts"]["type"] == "CODEPIPELINE":
            self._upload_to_pipeline(buildspec)
            return
        if self._build.settings["artifacts"]["type"] == "S3" and buildspec.artifacts:
            place = self._build.settings["artifacts"]
            shown = self._upload_to_bucket(place, buildspec.artifacts)
            with self._runtime.lock:
                self._build.artifacts = shown
        for place in self._build.settings["secondaryArtifacts"]:
            name = place.get("artifactIdentifier", "")
            spec = buildspec.secondary_artifacts.get(name)
            if spec is None:
                raise PhaseFailed("CLIENT_ERROR", f"no definition for artifact {name} found")
            shown = {**self._upload_to_bucket(place, spec), "artifactIdentifier": name}
            with self._runtime.lock:
                self._build.secondary_artifacts.append(shown)

    def _upload_to_pipeline(self, buildspec: Buildspec) -> None:
        outputs = self._build.output_artifacts
        for output in outputs:
            spec = buildspec.secondary_artifacts.get(output.name)
            if spec is None and len(outputs) == 1:
                spec = buildspec.artifacts
            if spec is None and (buildspec.secondary_artifacts or len(outputs) > 1):
                raise PhaseFailed("CLIENT_ERROR", f"no definition for artifact {output.name} found")
            if spec is None:
                self._say("No artifact definition found in buildspec: nothing to upload")
                continue
            archive = self._zip(self._collect(spec))
            self._put(output.bucket, output.key, archive, "application/zip")
            with self._runtime.lock:
                location = f"arn:aws:s3:::{output.bucket}/{output.key}"
                self._build.artifacts = {"location": location}

    def _upload_to_bucket(self, place: dict[str, Any], spec: ArtifactSpec) -> dict[str, Any]:
        files = self._collect(spec)
        bucket = place["location"].removeprefix("arn:aws:s3:::")
        name = place.get("name") or self._build.project_name
        if place.get("overrideArtifactName") and spec.name:
            name = self._expand(spec.name)
        folder = self._build.uuid if place.get("namespaceType") == "BUILD_ID" else ""
        parts = (place.get("path", ""), folder, name)
        key = "/".join(part.strip("/") for part in parts if part.strip("/"))
        shown: dict[str, Any] = {
            "location": f"arn:aws:s3:::{bucket}/{key}",
            "overrideArtifactName": bool(place.get("overrideArtifactName")),
            "encryptionDisabled": bool(place.get("encryptionDisabled")),
        }
        if place.get("packaging") == "ZIP":
            archive = self._zip(files)
            shown["sha256sum"] = hashlib.sha256(archive.read_bytes()).hexdigest()
            shown["md5sum"] = hashlib.md5(archive.read_bytes(), usedforsecurity=False).hexdigest()
            self._put(bucket, key, archive, "application/zip")
        else:
            for file_name, path in files.items():
                self._put(bucket, f"{key}/{file_name}".lstrip("/"), path, "binary/octet-stream")
        return shown

    def _collect(self, spec: ArtifactSpec) -> Files:
        self._say(f"Expanding base directory path: {spec.base_directory}")
        bases = list(_base_directories(self._folder.source, spec.base_directory))
        if not bases:
            raise PhaseFailed(
                "CLIENT_ERROR", f"no matching base directory path found for {spec.base_directory}"
            )
        self._say(f"Expanding file paths for base directory {spec.base_directory}")
        self._say("Assembling file list")
        found: Files = {}
        for pattern in spec.files:
            self._say(f"Expanding {pattern}")
            matched = [entry for base in bases for entry in matching_files(base, pattern)]
            if not matched:
                self._say(f"Skipping invalid file path {pattern}")
            for name, path in matched:
                found[path.name if spec.discard_paths else name] = path
        excluded = [glob_pattern(pattern) for pattern in spec.exclude_paths]
        found = {
            name: path
            for name, path in found.items()
            if not any(pattern.fullmatch(name) for pattern in excluded)
        }
        if not found:
            raise PhaseFailed("CLIENT_ERROR", "no matching artifact paths found")
        self._say(f"Found {len(found)} file(s)")
        return found

    def _zip(self, files: Files) -> Path:
        archive = self._folder.root / "artifact.zip"
        with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED, strict_timestamps=False) as opened:
            for name, path in sorted(files.items()):
                opened.write(path, name)
        return archive

    def _put(self, bucket: str, key: str, path: Path, content_type: str) -> None:
        s3 = self._runtime.client("s3", self._build.account_id, self._build.region)
        try:
            with path.open("rb") as body:
                s3.put_object(Bucket=bucket, Key=key, Body=body, ContentType=content_type)
        except ClientError as error:
            code, message = error.response["Error"]["Code"], error.response["Error"]["Message"]
            raise PhaseFailed(
                "CLIENT_ERROR", f"Failed to upload artifacts to {bucket}/{key}: {code}: {message}"
            ) from error


def _base_directories(source: Path, pattern: str) -> Iterator[Path]:
    if pattern in {".", "./"}:
        yield source
        return
    absolute = Path(pattern)
    if absolute.is_absolute():
        if absolute.is_dir():
            yield absolute
        return
    expression = glob_pattern(pattern.rstrip("/"))
    if not any(mark in pattern for mark in "*?["):
        if (source / pattern).is_dir():
            yield source / pattern
        return
    for folder in sorted(source.iterdir()):
        if folder.is_dir() and expression.fullmatch(folder.name):
            yield folder


def matching_files(base: Path, pattern: str) -> list[tuple[str, Path]]:
    """Return the files below `base` that a buildspec's glob means, by their path below it."""
    pattern = pattern.removeprefix("./")
    if pattern.startswith(f"{base}/"):
        pattern = pattern.removeprefix(f"{base}/")
    expression = glob_pattern(pattern)
    found = (
        (path.relative_to(base).as_posix(), path) for path in base.rglob("*") if path.is_file()
    )
    return sorted(entry for entry in found if expression.fullmatch(entry[0]))


def glob_pattern(pattern: str) -> re.Pattern[str]:
    """Return the expression of a glob: `**/` any folders or none, `*` and `?` within a name."""
    parts = re.split(r"(\*\*/|\*\*|\*|\?|\[[^\]]+\])", pattern.removeprefix("./"))
    return re.compile("".join(_GLOB.get(part) or _literal(part) for part in parts))


_GLOB = {"**/": "(?:.*/)?", "**": ".*", "*": "[^/]*", "?": "[^/]"}


def _literal(part: str) -> str:
    if part.startswith("[") and part.endswith("]"):
        return "[" + part[1:-1].replace("!", "^", 1) + "]" if part[1] == "!" else part
    return re.escape(part)
