"""Revisions: where an AppSpec file is, and what an application knows of the ones it has seen.

Source: botocore shapes RevisionLocation, GenericRevisionInfo.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from emulator.control_plane.codedeploy.appspec import AppSpecInvalid
from emulator.control_plane.codedeploy.exceptions import (
    InvalidRevisionException,
    RevisionRequiredException,
)
from emulator.control_plane.codedeploy.neighbours import Neighbours

Json = dict[str, Any]

_MEMBERS = {"S3": "s3Location", "String": "string", "AppSpecContent": "appSpecContent"}
_BUNDLE_TYPES = ("YAML", "JSON")
_NOT_FOUND = "An AppSpec file is required, but could not be found in the revision"


@dataclass
class KnownRevision:
    """A revision that an application has registered or deployed."""

    location: Json
    registered_at: datetime
    description: str | None = None
    first_used_at: datetime | None = None
    last_used_at: datetime | None = None

    def describe(self, group_names: Sequence[str]) -> Json:
        """Source: botocore shape GenericRevisionInfo."""
        known = {
            "description": self.description,
            "deploymentGroups": list(group_names),
            "firstUsedTime": self.first_used_at,
            "lastUsedTime": self.last_used_at,
            "registerTime": self.registered_at,
        }
        return {name: value for name, value in known.items() if value is not None}


def checked(location: Json | None) -> Json:
    """Return a location with the hash of its content. Raises AWS's error for a malformed one."""
    if not location:
        raise RevisionRequiredException("RevisionLocation must be specified")
    kind = location.get("revisionType")
    if kind == "GitHub":
        raise InvalidRevisionException("For ECS deployment, a revision can not be of type GitHub")
    if kind not in _MEMBERS:
        raise InvalidRevisionException(
            f"The revision type `{kind}` is none of {', '.join([*_MEMBERS, 'GitHub'])}."
        )
    given = location.get(_MEMBERS[kind])
    if not given:
        raise InvalidRevisionException(f"A revision of type {kind} needs {_MEMBERS[kind]}.")
    found = _checked_s3(given) if kind == "S3" else _checked_content(given)
    return {"revisionType": kind, _MEMBERS[kind]: found}


def is_complete(location: Json) -> bool:
    """Tell whether a location says where the content is, or what; a hash alone does not."""
    given = location[_MEMBERS[location["revisionType"]]]
    return location["revisionType"] == "S3" or bool(given.get("content"))


def key(location: Json) -> tuple[str, ...]:
    """Return what tells one revision of an application from another."""
    kind = location["revisionType"]
    given = location[_MEMBERS[kind]]
    members = ("bucket", "key", "version", "eTag") if kind == "S3" else ("sha256",)
    return (kind, *(str(given.get(member) or "") for member in members))


def read(location: Json, neighbours: Neighbours) -> str:
    """Return the AppSpec file. Raises: AppSpecInvalid if it is not there."""
    kind = location["revisionType"]
    given = location[_MEMBERS[kind]]
    if kind != "S3":
        return str(given.get("content") or "")
    found = neighbours.s3_object(given["bucket"], given["key"], given.get("version"))
    if found is None:
        raise AppSpecInvalid(f"{_NOT_FOUND}: s3://{given['bucket']}/{given['key']}.")
    content, etag = found
    if given.get("eTag") and given["eTag"].strip('"') != etag:
        raise AppSpecInvalid(f"The object's ETag is {etag}, not {given['eTag']}.")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise AppSpecInvalid("The AppSpec file is not encoded in UTF-8.") from error


def _checked_s3(given: Json) -> Json:
    for member in ("bucket", "key", "bundleType"):
        if not given.get(member):
            raise InvalidRevisionException(f"s3Location needs {member}.")
    if given["bundleType"] not in _BUNDLE_TYPES:
        raise InvalidRevisionException(
            f"For ECS deployment, the bundleType must be YAML or JSON; got `{given['bundleType']}`."
        )
    return given


def _checked_content(given: Json) -> Json:
    content, sha256 = given.get("content"), given.get("sha256")
    if not content:
        if sha256:  # names a revision that is known already
            return given
        raise InvalidRevisionException("The revision has no content.")
    found = hashlib.sha256(content.encode()).hexdigest()
    if sha256 and sha256.lower() != found:
        raise InvalidRevisionException(
            f"The sha256 of the revision's content is {found}; got `{sha256}`."
        )
    return {"content": content, "sha256": found}
