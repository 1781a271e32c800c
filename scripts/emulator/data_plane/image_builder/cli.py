"""The `docker` command of a build: `python -m emulator.data_plane.image_builder.cli build .`

WORKSHOP_IMAGE_STORE names the build's own folder of images and logins; WORKSHOP_PRIVILEGED is 0
where the CodeBuild project is not privileged, which on AWS leaves no Docker daemon to talk to.
"""

import argparse
import base64
import json
import os
import sys
from pathlib import Path
from typing import Any

from emulator.data_plane.image_builder.build import Request, build, build_arg
from emulator.data_plane.image_builder.client import RegistryClient, RegistryRefused
from emulator.data_plane.image_builder.errors import DockerError
from emulator.data_plane.image_builder.local_store import LocalImage, LocalStore
from emulator.data_plane.image_builder.pulling import pull, push
from emulator.data_plane.image_builder.references import parse_reference
from emulator.data_plane.image_builder.words import pairs

VERSION = "27.0.0-workshop"

_NO_DAEMON = (
    "Cannot connect to the Docker daemon at unix:///var/run/docker.sock. "
    "Is the docker daemon running?\n"
    "Note: images are built only in a privileged build: set `privileged_mode = true` in the "
    "environment of the CodeBuild project."
)


def main(arguments: list[str] | None = None) -> int:
    """Run one command; return 0, or 1 with the reason on stderr."""
    words = sys.argv[1:] if arguments is None else arguments
    try:
        options = _parser().parse_args(_without_builder(words))
        options.command(options)
    except DockerError as error:
        print(f"ERROR: {error}", file=sys.stderr)
        return 1
    except BrokenPipeError:  # such as `docker images | head -1`
        sys.stdout = open(os.devnull, "w")  # noqa: PTH123, SIM115 (for the interpreter's last flush)
        return 1
    return 0


def _say(text: str) -> None:
    print(text, flush=True)


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> Any:
        raise DockerError(f"{self.prog}: {message}")


_COMMANDS = frozenset(
    {"login", "logout", "build", "tag", "push", "pull", "images", "inspect", "version"}
)


def _without_builder(words: list[str]) -> list[str]:
    """Reduce `docker image build` and the like to `docker build`, and refuse what is not here."""
    if words[:1] in (["--version"], ["-v"]):
        return ["version", "--short"]
    if words[:1] in (["buildx"], ["builder"], ["image"]) and len(words) > 1:
        words = [{"ls": "images", "list": "images"}.get(words[1], words[1]), *words[2:]]
    if not words or words[0] not in _COMMANDS:
        raise DockerError(
            f"`docker {' '.join(words[:1]) or '(nothing)'}` is not supported here: this `docker` "
            "builds and pushes images without a container engine, and knows "
            f"{', '.join(sorted(_COMMANDS))}. For anything else use a container engine (Docker, "
            "Podman)."
        )
    return words


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(prog="docker", add_help=False)
    commands = parser.add_subparsers(required=True, parser_class=_Parser)

    login = commands.add_parser("login")
    login.add_argument("-u", "--username", required=True)
    login.add_argument("--password-stdin", action="store_true")
    login.add_argument("-p", "--password")
    login.add_argument("host")
    login.set_defaults(command=_login)

    logout = commands.add_parser("logout")
    logout.add_argument("host")
    logout.set_defaults(command=_logout)

    _add_build(commands.add_parser("build"))

    tag = commands.add_parser("tag")
    tag.add_argument("source")
    tag.add_argument("target")
    tag.set_defaults(command=_tag)

    for name, command in (("push", _push), ("pull", _pull)):
        transfer = commands.add_parser(name)
        transfer.add_argument("-q", "--quiet", action="store_true")
        transfer.add_argument("--platform")
        transfer.add_argument("image")
        transfer.set_defaults(command=command)

    images = commands.add_parser("images")
    images.add_argument("-q", "--quiet", action="store_true")
    images.add_argument("repository", nargs="?")
    images.set_defaults(command=_images)

    inspect = commands.add_parser("inspect")
    inspect.add_argument("-f", "--format", default="")
    inspect.add_argument("--type", choices=["image"])
    inspect.add_argument("images", nargs="+")
    inspect.set_defaults(command=_inspect)

    version = commands.add_parser("version")
    version.add_argument("--short", action="store_true")
    version.set_defaults(command=_version)
    return parser


def _add_build(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("-t", "--tag", action="append", default=[])
    parser.add_argument("-f", "--file")
    parser.add_argument("--build-arg", action="append", default=[])
    parser.add_argument("--label", action="append", default=[])
    parser.add_argument("--target", default="")
    parser.add_argument("-q", "--quiet", action="store_true")
    parser.add_argument("--push", action="store_true")
    for ignored in ("--load", "--pull", "--no-cache", "--rm", "--force-rm"):
        parser.add_argument(ignored, action="store_true")
    for ignored in ("--platform", "--progress", "--cache-from", "--cache-to", "--provenance"):
        parser.add_argument(ignored)
    parser.add_argument("context")
    parser.set_defaults(command=_build)


# commands


def _store() -> LocalStore:
    folder = os.environ.get("WORKSHOP_IMAGE_STORE")
    if not folder:
        raise DockerError(
            "WORKSHOP_IMAGE_STORE is not set: this `docker` works inside a build of the emulator. "
            "Elsewhere use a container engine."
        )
    return LocalStore(Path(folder))


def _engine() -> LocalStore:
    """Return the store for a command that on AWS needs the Docker daemon."""
    if os.environ.get("WORKSHOP_PRIVILEGED", "1") == "0":
        raise DockerError(_NO_DAEMON)
    return _store()


def _login(options: argparse.Namespace) -> None:
    store = _store()
    host = options.host.removeprefix("http://").removeprefix("https://").rstrip("/")
    password = sys.stdin.read().strip() if options.password_stdin else options.password
    if not password:
        raise DockerError("password is empty; pipe it into `docker login --password-stdin`")
    auth = base64.b64encode(f"{options.username}:{password}".encode()).decode()
    try:
        RegistryClient(host, auth).ping()
    except RegistryRefused as error:
        raise DockerError(
            f"Error response from daemon: login attempt to http://{host}/v2/ failed with status "
            f"{error.status}: the password must be of `aws ecr get-login-password`, no older than "
            "12 hours, and the user name `AWS`"
        ) from error
    store.save_login(host, auth)
    _say("Login Succeeded")


def _logout(options: argparse.Namespace) -> None:
    known = _store().remove_login(options.host)
    _say(f"Removing login credentials for {options.host}" if known else "Not logged in")


def _build(options: argparse.Namespace) -> None:
    store = _engine()
    context = Path(options.context)
    if not context.is_dir():
        raise DockerError(f"unable to prepare context: path {options.context!r} not found")
    request = Request(
        context=context,
        dockerfile=Path(options.file) if options.file else context / "Dockerfile",
        tags=[parse_reference(tag) for tag in options.tag],
        build_args=dict(filter(None, map(build_arg, options.build_arg))),
        labels={name: value for text in options.label for name, value in pairs(text, {}).items()},
        target=options.target,
    )
    image = build(request, store, (lambda _text: None) if options.quiet else _say)
    if options.quiet:
        _say(image.image_id)
    for tag in request.tags if options.push else []:
        push(store, tag, _say)


def _tag(options: argparse.Namespace) -> None:
    store = _engine()
    store.tag(_found(store, options.source), parse_reference(options.target))


def _push(options: argparse.Namespace) -> None:
    push(_engine(), parse_reference(options.image), (lambda _text: None) if options.quiet else _say)


def _pull(options: argparse.Namespace) -> None:
    reference = parse_reference(options.image)
    image = pull(_engine(), reference)
    _say(f"{reference.tag or reference.digest}: Pulling from {reference.name}")
    _say(f"Digest: {image.manifest.digest}")
    _say(f"Status: Downloaded newer image for {reference}")


def _images(options: argparse.Namespace) -> None:
    shown = [
        (parse_reference(name), image)
        for name, image in _engine().images()
        if options.repository in {None, name, name.rpartition(":")[0]}
    ]
    if options.quiet:
        for short in dict.fromkeys(_short(image) for _, image in shown):
            _say(short)
        return
    rows = [("REPOSITORY", "TAG", "IMAGE ID", "SIZE")]
    for reference, image in shown:
        size = f"{image.manifest.size_bytes / 1000:.1f}kB"
        rows.append((reference.repository, reference.tag or "<none>", _short(image), size))
    widths = [max(len(row[column]) for row in rows) for column in range(4)]
    for row in rows:
        _say(
            "   ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        )


def _inspect(options: argparse.Namespace) -> None:
    store = _engine()
    shown = [_description(store, _found(store, text)) for text in options.images]
    if not options.format:
        _say(json.dumps(shown, indent=4))
        return
    for description in shown:
        _say(_formatted(description, options.format))


def _version(options: argparse.Namespace) -> None:
    if options.short:
        _say(f"Docker version {VERSION}, a stand-in without a container engine")
    else:
        _say(f"Client:\n Version:           {VERSION}\n Engine:            none")


def _found(store: LocalStore, text: str) -> LocalImage:
    is_id = all(character in "0123456789abcdef" for character in text.removeprefix("sha256:"))
    image = store.find(text, None if is_id else parse_reference(text))
    if image is None:
        raise DockerError(f"Error response from daemon: No such image: {text}")
    return image


def _short(image: LocalImage) -> str:
    return image.image_id.removeprefix("sha256:")[:12]


def _description(store: LocalStore, image: LocalImage) -> dict[str, Any]:
    names = [name for name, found in store.images() if found.image_id == image.image_id]
    tags = [name for name in names if "@" not in name]
    return {
        "Id": image.image_id,
        "RepoTags": tags,
        "RepoDigests": [f"{tag.rpartition(':')[0]}@{image.manifest.digest}" for tag in tags],
        "Created": image.config.get("created"),
        "Config": image.config.get("config"),
        "Architecture": image.config.get("architecture"),
        "Os": image.config.get("os"),
        "Size": image.manifest.size_bytes,
        "RootFS": {"Type": "layers", "Layers": image.config.get("rootfs", {}).get("diff_ids", [])},
    }


def _formatted(description: dict[str, Any], template: str) -> str:
    """Fill the simplest of Go's templates: `{{.Id}}`, `{{json .Config.Env}}`."""
    import re

    def value(match: "re.Match[str]") -> str:
        found: Any = description
        for name in match["path"].strip(".").split("."):
            found = found.get(name) if name and isinstance(found, dict) else found
        return json.dumps(found) if match["json"] or not isinstance(found, str) else found

    filled = re.sub(r"\{\{\s*(?P<json>json\s+)?(?P<path>(?:\.\w*)+)\s*\}\}", value, template)
    if "{{" in filled:
        raise DockerError(f"the format `{template}` is not supported; use `{{{{json .}}}}`")
    return filled


if __name__ == "__main__":
    sys.exit(main())
