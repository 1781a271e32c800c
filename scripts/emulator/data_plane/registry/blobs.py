"""Blobs by digest, and uploads that become one only when their digest is right."""

import hashlib
import re
import shutil
import uuid
from collections.abc import Iterable
from pathlib import Path

_DIGEST = re.compile(r"sha256:[0-9a-f]{64}")


class UploadUnknown(LookupError):
    """No upload of that id is under way."""


class UploadOutOfOrder(ValueError):
    """A part does not start where the one before it ended; `size_bytes` is what has arrived."""

    def __init__(self, size_bytes: int) -> None:
        super().__init__(f"the upload holds {size_bytes} bytes")
        self.size_bytes = size_bytes


class DigestMismatch(ValueError):
    """What was uploaded is not what its digest says."""


def is_digest(text: str) -> bool:
    """Tell a digest of the one algorithm that ECR takes, sha256."""
    return _DIGEST.fullmatch(text) is not None


def digest_of(content: bytes) -> str:
    return "sha256:" + hashlib.sha256(content).hexdigest()


class BlobStore:
    """Content-addressed files in `blobs`; what is still arriving is in `uploads`."""

    def __init__(self, folder: Path) -> None:
        self._blobs = folder / "blobs" / "sha256"
        self._uploads = folder / "uploads"

    def clear(self) -> None:
        """Make both folders anew, without what an emulator that was killed left in them."""
        for folder in (self._blobs, self._uploads):
            shutil.rmtree(folder, ignore_errors=True)
            folder.mkdir(mode=0o700, parents=True)

    def path(self, digest: str) -> Path:
        """Return where a blob is, or would be. Raises ValueError for what is no digest."""
        if not is_digest(digest):
            raise ValueError(f"`{digest}` is not a sha256 digest")
        return self._blobs / digest.removeprefix("sha256:")

    def size_bytes(self, digest: str) -> int | None:
        """Return a blob's size, or None where there is no such blob."""
        try:
            return self.path(digest).stat().st_size
        except FileNotFoundError:
            return None

    def read(self, digest: str) -> bytes:
        return self.path(digest).read_bytes()

    def remove(self, digest: str) -> None:
        self.path(digest).unlink(missing_ok=True)

    def start_upload(self) -> str:
        upload_id = str(uuid.uuid4())
        (self._uploads / upload_id).touch(mode=0o600)
        return upload_id

    def upload_size_bytes(self, upload_id: str) -> int:
        return self._upload(upload_id).stat().st_size

    def append(self, upload_id: str, chunks: Iterable[bytes], first_byte: int | None = None) -> int:
        """Add to an upload and return its new size.

        Raises: UploadUnknown, or UploadOutOfOrder where `first_byte` is not the next byte.
        """
        upload = self._upload(upload_id)
        with upload.open("ab") as arriving:
            if first_byte is not None and first_byte != arriving.tell():
                raise UploadOutOfOrder(arriving.tell())
            for chunk in chunks:
                arriving.write(chunk)
            return arriving.tell()

    def finish(self, upload_id: str, digest: str | None) -> str:
        """Turn an upload into a blob and return its digest; a wrong digest ends the upload.

        Raises: UploadUnknown, DigestMismatch.
        """
        upload = self._upload(upload_id)
        with upload.open("rb") as arrived:
            found = "sha256:" + hashlib.file_digest(arrived, "sha256").hexdigest()
        if digest is not None and digest != found:
            upload.unlink()
            raise DigestMismatch(f"the digest says `{digest}`, the content is `{found}`")
        upload.replace(self.path(found))
        return found

    def cancel(self, upload_id: str) -> None:
        self._upload(upload_id).unlink()

    def _upload(self, upload_id: str) -> Path:
        path = self._uploads / upload_id
        if not re.fullmatch(r"[0-9a-f-]{36}", upload_id) or not path.is_file():
            raise UploadUnknown(upload_id)
        return path
