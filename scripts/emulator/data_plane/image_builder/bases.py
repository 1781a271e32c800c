"""FROM: what this machine can stand in for, what the registry has, and what is refused."""

import re
import sys

from emulator.data_plane.image_builder.errors import ENGINE, DockerError
from emulator.data_plane.image_builder.pulling import pull
from emulator.data_plane.image_builder.references import Reference, parse_reference
from emulator.data_plane.image_builder.stage import Stage
from emulator.data_plane.registry.image import BASE_LABEL

_OFFICIAL = {"", "docker.io", "index.docker.io", "registry-1.docker.io", "public.ecr.aws"}
_PYTHON = {"python", "library/python", "docker/library/python"}
_VERSION = re.compile(r"(?P<major>\d+)(?:\.(?P<minor>\d+))?(?:\.\d+)?(?:[a-z]+\d+)?(?:-.*)?")

PYTHON_LABEL = "io.workshop.python"
"""Label of an image built on the machine's Python: the version that it was built with."""


def start_stage(stage: Stage, image: str) -> None:
    """Give a stage the files and configuration of its base image.

    Raises: DockerError for a base that only a container engine can provide.
    """
    if image == "scratch":
        return
    reference = parse_reference(image)
    if reference.host in _OFFICIAL and reference.name in _PYTHON:
        _start_python(stage, reference)
        return
    found = stage.store.find(image, reference)
    if found is None and reference.is_local_registry:
        found = pull(stage.store, reference)
    if found is None:
        raise DockerError(
            f"the base image `{image}` is not available without a container engine: the machine's "
            "own Python stands in for `python:<version>`, and images of the local registry and "
            f"`scratch` work too. For this one, {ENGINE}."
        )
    stage.start_from(found)


def _start_python(stage: Stage, reference: Reference) -> None:
    mine = sys.version_info
    match = _VERSION.fullmatch(reference.tag)
    if match:
        _compare(stage, reference, int(match["major"]), match["minor"])
    if reference.digest:
        stage.say(f"[Warning] the digest of `{reference}` is not looked at: nothing is pulled")
    stage.set_env({"PYTHON_VERSION": f"{mine.major}.{mine.minor}.{mine.micro}"})
    stage.config["Cmd"] = ["python3"]
    stage.labels.update({BASE_LABEL: "python", PYTHON_LABEL: f"{mine.major}.{mine.minor}"})


def _compare(stage: Stage, reference: Reference, major: int, minor: str | None) -> None:
    mine = sys.version_info
    if major != mine.major:
        raise DockerError(
            f"the base image `{reference}` is Python {major}, and this machine's own is Python "
            f"{mine.major}.{mine.minor}. Use `python:{mine.major}.{mine.minor}`, or {ENGINE}."
        )
    if minor is not None and int(minor) != mine.minor:
        stage.say(
            f"[Warning] `{reference}` is Python {major}.{minor}; this machine's Python "
            f"{mine.major}.{mine.minor} stands in for it"
        )
