"""Step 1.4: release a change of the greeting, unless the participant has released one by hand."""

from workshop.application.clone import push_url
from workshop.application.greeting import FILE, next_greeting, read_greeting, write_greeting
from workshop.context import Context

STEP = "1.4"


def release_new_greeting(context: Context) -> str:
    """Change the greeting, commit and push; or push, or just follow, what was done by hand."""
    clone = context.clone
    clone.prepare(push_url(context.config, context.view.source))
    clone.catch_up()
    if clone.has_changes():
        clone.commit_all("Release what was edited by hand")
    if clone.is_ahead_of(context.view.head_commit()):
        clone.push()
        return f"Pushed commit {clone.head()[:8]}, which was made by hand."
    if clone.is_by_hand():
        return f"Commit {clone.head()[:8]} was pushed by hand; following it."
    greeting = next_greeting(read_greeting((clone.path / FILE).read_text(encoding="utf-8")))
    write_greeting(clone.path, greeting)
    commit = clone.commit_all(f"Greet with {greeting}", step=STEP)
    clone.push()
    return f"Changed the greeting to “{greeting}” and pushed commit {commit[:8]}."


def commands_for_release(context: Context) -> list[str]:
    folder = context.config.work_dir
    return [
        f"cd '{folder}'",
        f"edit {FILE}: the line GREETING = …",
        "git commit --all --message 'Greet differently'",
        "git push",
    ]
