"""The clone made ready for a release, and the change that a release brings."""

from workshop.application.clone import Clone, push_url
from workshop.application.greeting import FILE, next_greeting, read_greeting, write_greeting
from workshop.context import Context


def open_clone(context: Context) -> Clone:
    """Return the clone with what others pushed, and with what was edited by hand committed."""
    clone = context.clone
    clone.prepare(push_url(context.config, context.view.source))
    clone.catch_up()
    if clone.has_changes():
        clone.commit_all("Release what was edited by hand")
    return clone


def greet_differently(clone: Clone, step: str) -> str:
    """Commit the next greeting, as the workshop's own commit of a step; return the greeting."""
    greeting = next_greeting(read_greeting((clone.path / FILE).read_text(encoding="utf-8")))
    write_greeting(clone.path, greeting)
    clone.commit_all(f"Greet with {greeting}", step=step)
    return greeting
