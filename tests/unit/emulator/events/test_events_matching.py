"""Event patterns, on the operators that the User Guide lists."""

import json

import pytest
from moto.events.models import EventPattern

from emulator.control_plane.events.matching import matches

EVENT = {
    "source": "aws.codecommit",
    "detail": {
        "name": "release/1.2",
        "count": 3,
        "labels": ["a", "b"],
        "files": [{"path": "x.py", "lines": 1}, {"path": "y.py", "lines": 2}],
        "nothing": None,
    },
}


def is_match(detail):
    return matches(EventPattern.load(json.dumps({"detail": detail})), EVENT)


@pytest.mark.parametrize(
    "detail",
    [
        {"name": ["other", "release/1.2"]},
        {"name": [{"prefix": "release/"}]},
        {"name": [{"suffix": ".2"}]},
        {"name": [{"anything-but": ["main"]}]},
        {"name": [{"anything-but": {"prefix": "feature/"}}]},
        {"name": [{"wildcard": "release/*"}]},
        {"name": [{"equals-ignore-case": "RELEASE/1.2"}]},
        {"name": [{"exists": True}]},
        {"absent": [{"exists": False}]},
        {"nothing": [None]},
        {"count": [{"numeric": [">", 2, "<=", 3]}]},
        {"labels": ["b"]},
        {"labels": [{"prefix": "a"}]},
        {"files": {"path": ["y.py"]}},
        {"files": {"path": ["y.py"], "lines": [2]}},
        {"$or": [{"name": ["main"]}, {"count": [3]}]},
    ],
    ids=json.dumps,
)
def test_pattern_matches(detail):
    assert is_match(detail)


@pytest.mark.parametrize(
    "detail",
    [
        {"name": ["release"]},
        {"name": [{"prefix": "1.2"}]},
        {"name": [{"anything-but": "release/1.2"}]},
        {"name": [{"exists": False}]},
        {"absent": [{"exists": True}]},
        {"absent": [{"anything-but": "x"}]},
        {"count": [{"numeric": [">", 3]}]},
        {"labels": ["c"]},
        {"files": {"path": ["z.py"]}},
        {"files": {"path": ["x.py"], "lines": [2]}},
        {"name": ["release/1.2"], "count": [4]},
    ],
    ids=json.dumps,
)
def test_pattern_does_not_match(detail):
    assert not is_match(detail)
