"""Images from the local registry to a build's own store, and back."""

from collections.abc import Callable

from emulator.data_plane.image_builder.client import RegistryClient
from emulator.data_plane.image_builder.errors import DockerError
from emulator.data_plane.image_builder.local_store import LocalImage, LocalStore
from emulator.data_plane.image_builder.references import Reference
from emulator.data_plane.image_builder.stage import architecture
from emulator.data_plane.registry.manifests import parse_manifest


def client_for(store: LocalStore, reference: Reference) -> RegistryClient:
    return RegistryClient(reference.host, store.login(reference.host))


def pull(store: LocalStore, reference: Reference) -> LocalImage:
    """Bring an image here, of several platforms the one that is this machine's."""
    client = client_for(store, reference)
    body = client.pull_manifest(reference)
    manifest = parse_manifest(body)
    if manifest.manifests:
        fitting = [child for child in manifest.manifests if child.architecture == architecture()]
        chosen = (fitting or list(manifest.manifests))[0].digest
        body = client.pull_manifest(Reference(reference.host, reference.name, "", chosen))
        manifest = parse_manifest(body)
    for digest in manifest.blobs:
        if not store.has(digest):
            client.pull_blob(reference.name, digest, store.path(digest))
    return store.save_manifest(body, [reference])


def push(store: LocalStore, reference: Reference, say: Callable[[str], None]) -> str:
    """Send an image under its reference, and return the manifest's digest."""
    image = store.find(str(reference), reference)
    if image is None:
        raise DockerError(f"An image does not exist locally with the tag: {reference.repository}")
    client = client_for(store, reference)
    say(f"The push refers to repository [{reference.repository}]")
    for digest in dict.fromkeys(image.manifest.blobs):
        short = digest.removeprefix("sha256:")[:12]
        is_layer = digest != image.image_id
        if client.has_blob(reference.name, digest):
            say(f"{short}: Layer already exists") if is_layer else None
            continue
        client.push_blob(reference.name, digest, store.path(digest))
        if is_layer:
            say(f"{short}: Pushed")
    manifest = image.manifest
    pushed = client.push_manifest(reference, manifest.body, manifest.media_type)
    say(f"{reference.tag}: digest: {pushed} size: {len(manifest.body)}")
    return pushed
