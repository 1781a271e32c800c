"""Brings a build's sources into its folder: from CodeCommit, from S3, from a pipeline's artifacts.

Source: CodeBuild User Guide, "Source version sample" and "Troubleshooting" (wordings).
"""

import os
import shutil
import stat
import subprocess
import zipfile
from pathlib import Path
from typing import Any

from botocore.exceptions import ClientError

from emulator.control_plane.codebuild.artifacts import InputArtifact
from emulator.control_plane.codebuild.builds import Build
from emulator.data_plane.build_runner.folder import BuildFolder
from emulator.engines.build import Context
from emulator.runtime import Runtime


class PhaseFailed(Exception):
    """A phase cannot succeed; `context` is what the build shows."""

    def __init__(self, status_code: str, message: str) -> None:
        super().__init__(f"{status_code}: {message}")
        self.context = Context(status_code, message)


def fetch_sources(runtime: Runtime, build: Build, folder: BuildFolder) -> dict[str, Path]:
    """Fill the build's source folder, and return the secondary sources by their name.

    Sets `resolved_version` of a build from CodeCommit.
    """
    if build.settings["source"]["type"] == "CODEPIPELINE":
        return _fetch_artifacts(runtime, build, folder)
    resolved = _fetch(
        runtime,
        build,
        build.settings["source"],
        build.source_version,
        "primary source",
        folder.source,
    )
    with runtime.lock:
        build.resolved_version = resolved
    versions = {
        entry["sourceIdentifier"]: entry["sourceVersion"]
        for entry in build.settings["secondarySourceVersions"]
    }
    secondary: dict[str, Path] = {}
    for source in build.settings["secondarySources"]:
        name = source["sourceIdentifier"]
        secondary[name] = folder.secondary_source(name)
        secondary[name].mkdir(parents=True)
        _fetch(runtime, build, source, versions.get(name), f"source {name}", secondary[name])
    return secondary


def _fetch(
    runtime: Runtime,
    build: Build,
    source: dict[str, Any],
    version: str | None,
    what: str,
    destination: Path,
) -> str | None:
    if source["type"] == "CODECOMMIT":
        return _clone(runtime, build, source["location"], version, what, destination)
    if source["type"] == "S3":
        bucket, _, key = source["location"].removeprefix("arn:aws:s3:::").partition("/")
        _download(runtime, build, bucket, key, version, what, destination)
    return None


def _fetch_artifacts(runtime: Runtime, build: Build, folder: BuildFolder) -> dict[str, Path]:
    primary = primary_artifact(build)
    secondary: dict[str, Path] = {}
    for artifact in build.input_artifacts:
        destination = folder.source
        if artifact is not primary:
            destination = secondary[artifact.name] = folder.secondary_source(artifact.name)
            destination.mkdir(parents=True)
        what = "primary source" if artifact is primary else f"source {artifact.name}"
        _download(runtime, build, artifact.bucket, artifact.key, None, what, destination)
    return secondary


def primary_artifact(build: Build) -> InputArtifact:
    """Return the input artifact that is the build's source: the one named, or the only one."""
    for artifact in build.input_artifacts:
        if build.primary_source in {None, artifact.name}:
            return artifact
    raise PhaseFailed("CLIENT_ERROR", f"primary source `{build.primary_source}` is not an input")


def _clone(
    runtime: Runtime,
    build: Build,
    location: str,
    version: str | None,
    what: str,
    destination: Path,
) -> str:
    name = location.rstrip("/").rpartition("/")[2]
    data_dir = runtime.settings.data_dir
    repository = data_dir / "git" / build.account_id / build.region / f"{name}.git"
    version = version or "HEAD"
    told = f"for {what} and source version {version}"
    if not repository.is_dir():
        raise PhaseFailed("CLIENT_ERROR", f"repository not found {told}: {location}")
    commit = _git(repository, "rev-parse", "--verify", "--quiet", f"{version}^{{commit}}")
    if commit.returncode:
        raise PhaseFailed("CLIENT_ERROR", f"reference not found {told}")
    sha = commit.stdout.strip()
    # a local clone copies every object, so that commits which no branch holds any more work too
    steps = (
        (data_dir, "clone", "--quiet", "--no-checkout", "--no-hardlinks", repository, destination),
        (destination, "remote", "set-url", "origin", location),
        (destination, "checkout", "--quiet", "--detach", sha),
    )
    for cwd, *arguments in steps:
        done = _git(Path(cwd), *(str(argument) for argument in arguments))
        if done.returncode:
            raise PhaseFailed("CLIENT_ERROR", f"git {arguments[0]} failed {told}: {done.stderr}")
    return sha


def _git(cwd: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["git", "-c", "safe.directory=*", "-c", "core.autocrlf=false", *arguments],
        cwd=cwd,
        env={
            "PATH": os.environ.get("PATH", os.defpath),
            "HOME": str(cwd),
            "GIT_CONFIG_GLOBAL": os.devnull,
            "GIT_CONFIG_NOSYSTEM": "1",
            "LC_ALL": "C.UTF-8",
        },
        stdin=subprocess.DEVNULL,
        capture_output=True,
        encoding="utf-8",
        errors="replace",
        check=False,
    )


def _download(
    runtime: Runtime,
    build: Build,
    bucket: str,
    key: str,
    version: str | None,
    what: str,
    destination: Path,
) -> None:
    s3 = runtime.client("s3", build.account_id, build.region)
    archive = destination.parent / f"{destination.name}.zip"
    request = {"Bucket": bucket, "Key": key, **({"VersionId": version} if version else {})}
    try:
        body = s3.get_object(**request)["Body"]
        with body, archive.open("wb") as file:
            shutil.copyfileobj(body, file)
    except ClientError as error:
        code, message = error.response["Error"]["Code"], error.response["Error"]["Message"]
        raise PhaseFailed(
            "CLIENT_ERROR",
            f"error while downloading key {key}, error: {code}: {message} for {what}",
        ) from error
    try:
        unzip(archive, destination)
    except zipfile.BadZipFile as error:
        raise PhaseFailed(
            "CLIENT_ERROR", f"`{bucket}/{key}` is not a ZIP archive for {what}: {error}"
        ) from error
    finally:
        archive.unlink()


def unzip(archive: Path, destination: Path) -> None:
    """Unpack an archive with its permissions, which Python's own way of doing it drops."""
    with zipfile.ZipFile(archive) as opened:
        for entry in opened.infolist():
            mode = entry.external_attr >> 16
            if stat.S_ISLNK(mode):
                continue  # a link could lead out of the folder; CodeBuild's archives hold none
            path = opened.extract(entry, destination)
            if mode and not entry.is_dir():
                Path(path).chmod(stat.S_IMODE(mode) | stat.S_IRUSR | stat.S_IWUSR)
