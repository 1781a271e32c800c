"""Reading and changing the one line that a participant changes."""

from pathlib import Path

import pytest

from workshop.application.greeting import GREETINGS, next_greeting, read_greeting, write_greeting
from workshop.errors import UsageError

TEMPLATE = Path("app/hello-server/server.py")


def test_template_greets_with_the_first_greeting():
    assert read_greeting(TEMPLATE.read_text(encoding="utf-8")) == GREETINGS[0]


@pytest.mark.parametrize("greeting", ["Ahoy", "안녕", 'say "hi"', r"back\slash \1"])
def test_written_greeting_is_read_back_and_nothing_else_changes(tmp_path, greeting):
    before = TEMPLATE.read_text(encoding="utf-8")
    (tmp_path / "server.py").write_text(before, encoding="utf-8")
    write_greeting(tmp_path, greeting)
    after = (tmp_path / "server.py").read_text(encoding="utf-8")
    assert read_greeting(after) == greeting
    changed = [
        (old, new)
        for old, new in zip(before.splitlines(), after.splitlines(), strict=True)
        if old != new
    ]
    assert len(changed) == 1


@pytest.mark.parametrize("source", ["", "GREETING = 7", "GREETING = (", "  GREETING = 'indented'"])
def test_source_without_the_line_is_refused_and_named(source):
    with pytest.raises(UsageError, match=r"`server\.py` has no line `GREETING = ") as refused:
        read_greeting(source)
    assert "GREETING" in refused.value.remedy


def test_every_greeting_leads_to_another():
    assert all(next_greeting(greeting) != greeting for greeting in (*GREETINGS, "Moin"))
