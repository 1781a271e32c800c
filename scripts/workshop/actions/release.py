"""Step 1.4: release a change of the greeting, unless the participant has released one by hand."""

from contextlib import suppress

from workshop.application.clone import push_url
from workshop.application.greeting import FILE, next_greeting, read_greeting, write_greeting
from workshop.context import Context
from workshop.errors import InfrastructureError
from workshop.progress import Waiting
from workshop.waiting import wait_until

STEP = "1.4"

_FIRST_BUILD_S = 300.0


def release_new_greeting(context: Context) -> str:
    """Change the greeting, commit and push; or push, or just follow, what was done by hand."""
    clone = context.clone
    clone.prepare(push_url(context.config, context.view.source))
    clone.catch_up()
    if clone.has_changes():
        clone.commit_all("Release what was edited by hand")
    if clone.is_ahead_of(context.view.head_commit()):
        let_first_build_end(context)
        clone.push()
        return f"Pushed commit {clone.head()[:8]}, which was made by hand."
    if clone.is_by_hand():
        return f"Commit {clone.head()[:8]} was pushed by hand; following it."
    greeting = next_greeting(read_greeting((clone.path / FILE).read_text(encoding="utf-8")))
    write_greeting(clone.path, greeting)
    commit = clone.commit_all(f"Greet with {greeting}", step=STEP)
    let_first_build_end(context)
    clone.push()
    return f"Changed the greeting to “{greeting}” and pushed commit {commit[:8]}."


def let_first_build_end(context: Context) -> None:
    """Return when the execution that the pipeline's creation started has been through its build.

    A rule does not match events at once when it is new, and a push that it misses starts nothing,
    ever. By the end of a build it does. Takes no time where the pipeline has stood for a while.
    Source: EventBridge PutRule, "Allow a short period of time for changes to take effect."
    """
    if has_built(context):
        return
    context.progress(Waiting("The pipeline's first build ends, and its trigger takes effect"))
    with suppress(InfrastructureError):  # longer than any trigger takes
        wait_until(lambda: has_built(context), "No build has ended", timeout_s=_FIRST_BUILD_S)


def has_built(context: Context) -> bool:
    """Tell whether an execution of the pipeline has ended, or its build has."""
    client, asked = context.aws.client("codepipeline"), context.view.pipeline.name
    executions = client.list_pipeline_executions(pipelineName=asked)["pipelineExecutionSummaries"]
    if any(execution["status"] != "InProgress" for execution in executions):
        return True
    actions = client.list_action_executions(pipelineName=asked)["actionExecutionDetails"]
    return any(
        action["stageName"] == "Build" and action["status"] != "InProgress" for action in actions
    )


def commands_for_release(context: Context) -> list[str]:
    folder = context.config.work_dir
    return [
        f"cd '{folder}'",
        f"edit {FILE}: the line GREETING = …",
        "git commit --all --message 'Greet differently'",
        "git push",
    ]
