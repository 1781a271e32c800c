"""Which images a lifecycle policy expires: a pure rule over tags, counts and ages."""

import json
from collections.abc import Sequence
from datetime import datetime, timedelta
from fnmatch import fnmatchcase
from typing import Any, Protocol, TypeVar


class Candidate(Protocol):
    """An image, as far as a rule looks at it."""

    @property
    def tags(self) -> tuple[str, ...]: ...

    @property
    def pushed_at(self) -> datetime: ...


Image = TypeVar("Image", bound=Candidate)


def plan_expiry(policy_text: str, images: Sequence[Image], now: datetime) -> list[Image]:
    """List the images that a policy expires now.

    Rules go by priority; an image that a rule selects is out of reach of the later ones.
    Source: Amazon ECR user guide, "How the lifecycle policy evaluation works".
    """
    rest = sorted(images, key=lambda image: image.pushed_at, reverse=True)
    expired: list[Image] = []
    for rule in sorted(json.loads(policy_text)["rules"], key=lambda rule: rule["rulePriority"]):
        selection = rule["selection"]
        selected = [image for image in rest if _is_selected(selection, image.tags)]
        rest = [image for image in rest if image not in selected]
        expired += _expired(selection, selected, now)
    return expired


def _is_selected(selection: dict[str, Any], tags: tuple[str, ...]) -> bool:
    if selection["tagStatus"] == "untagged":
        return not tags
    if selection["tagStatus"] == "any":
        return True
    prefixes = selection.get("tagPrefixList") or []
    patterns = [f"{prefix}*" for prefix in prefixes] + (selection.get("tagPatternList") or [])
    # an image must carry a tag for every prefix or pattern of the list
    return bool(tags) and all(any(fnmatchcase(tag, each) for tag in tags) for each in patterns)


def _expired(selection: dict[str, Any], newest_first: list[Image], now: datetime) -> list[Image]:
    number = int(selection["countNumber"])
    if selection["countType"] == "imageCountMoreThan":
        return newest_first[number:]
    if selection["countType"] == "sinceImagePushed":
        return [image for image in newest_first if now - image.pushed_at > timedelta(days=number)]
    return []  # the other count types look at pulls and archiving, which are not recorded here
