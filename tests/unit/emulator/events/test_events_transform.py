"""Input, InputPath and input transformers, on the User Guide's own cases."""

import pytest

from emulator.control_plane.events.transform import (
    MISSING,
    InvalidInput,
    RuleContext,
    fill,
    input_for,
    look_up,
)

EVENT = {
    "id": "1",
    "detail-type": "State",
    "resources": ["arn:a", "arn:b"],
    "detail": {"name": 'say "hi"', "count": 3, "list": [{"x": 1}], "none": None},
}
CONTEXT = RuleContext("arn:rule", "rule", "2026-01-02T03:04:05Z")


def transformed(template, **paths):
    transformer = {"InputTemplate": template, "InputPathsMap": paths}
    return input_for({"InputTransformer": transformer}, EVENT, CONTEXT)


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("$", EVENT),
        ("$.detail-type", "State"),
        ("$.detail.count", 3),
        ("$.resources[1]", "arn:b"),
        ("$.detail.list[0].x", 1),
        ("$.resources[*]", ["arn:a", "arn:b"]),
        ("$['detail-type']", "State"),
        ("$.detail.none", None),
        ("$.detail.absent", MISSING),
        ("$.resources[9]", MISSING),
        ("$.id.deeper", MISSING),
    ],
)
def test_path_leads_to(path, expected):
    assert look_up(EVENT, path) == expected


@pytest.mark.parametrize("path", ["detail", "$detail", "$..detail", "$.detail[?(@.x)]", "$.a b"])
def test_path_that_is_none_is_refused(path):
    with pytest.raises(InvalidInput, match="not a JSON path"):
        look_up(EVENT, path)


def test_variable_outside_quotes_becomes_json():
    values = transformed(
        '{"n": <n>, "c": <c>, "l": <l>}', n="$.detail.name", c="$.detail.count", l="$.detail.list"
    )
    assert values == {"n": 'say "hi"', "c": 3, "l": [{"x": 1}]}


def test_variable_inside_quotes_becomes_escaped_text():
    found = transformed('{"t": "<n> times <c>"}', n="$.detail.name", c="$.detail.count")
    assert found == {"t": 'say "hi" times 3'}


def test_template_may_be_one_string():
    assert transformed('"state is <s>"', s="$.detail-type") == "state is State"


def test_variable_that_leads_nowhere_leaves_nothing():
    assert transformed('{"t": "[<a>]", "u": <a>}', a="$.absent") == {"t": "[]", "u": None}


def test_predefined_variables_are_filled():
    found = transformed(
        '{"r": <aws.events.rule-arn>, "n": "<aws.events.rule-name>", '
        '"t": <aws.events.event.ingestion-time>, "e": <aws.events.event.json>}'
    )
    assert found == {"r": "arn:rule", "n": "rule", "t": "2026-01-02T03:04:05Z", "e": EVENT}


def test_template_that_yields_no_json_is_refused():
    with pytest.raises(InvalidInput, match="not JSON"):
        transformed("state is <s>", s="$.detail-type")


def test_escaped_quote_does_not_end_a_string():
    assert fill(r'"a \" <x>"', {"x": "y"}) == r'"a \" y"'


def test_whole_event_is_the_default():
    assert input_for({}, EVENT, CONTEXT) == EVENT
