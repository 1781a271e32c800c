"""The mistake of step 3.4, put into `taskdef.json` and taken out again."""

import json
from pathlib import Path

import pytest

from workshop.application.fault import has_mistake, with_mistake, without_mistake

TEMPLATE = Path(__file__).parents[4] / "app" / "blue-green" / "taskdef.json"
NAME = "hello-server"


@pytest.fixture
def taskdef() -> str:
    return TEMPLATE.read_text(encoding="utf-8").replace("${container}", NAME)


def test_mistake_is_one_variable_and_leaves_every_other_line(taskdef: str):
    mistaken = with_mistake(taskdef, NAME)
    assert has_mistake(mistaken, NAME)
    assert not has_mistake(taskdef, NAME)
    added = set(mistaken.splitlines()) - set(taskdef.splitlines())
    assert {line.strip() for line in added} == {
        '"environment": [',
        '"name": "GREETING_FORMAT",',
        '"value": "{greting} {name}"',
    }
    assert without_mistake(mistaken, NAME) == taskdef


def test_other_variables_stay(taskdef: str):
    other = {"name": "LANG", "value": "ko_KR.UTF-8"}
    text = taskdef.replace('"environment": []', f'"environment": [{json.dumps(other)}]')
    variables = json.loads(with_mistake(text, NAME))["containerDefinitions"][0]["environment"]
    assert other in variables
    back = json.loads(without_mistake(with_mistake(text, NAME), NAME))
    assert back == json.loads(text)


@pytest.mark.parametrize("text", ["", "{", "{}", '{"containerDefinitions": [{"name": "other"}]}'])
def test_text_without_the_container_has_no_mistake_and_takes_none(text: str):
    assert not has_mistake(text, NAME)
    with pytest.raises((ValueError, KeyError)):
        with_mistake(text, NAME)
