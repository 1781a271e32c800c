"""What `workshop approve` and `workshop reject` share: what is decided about, in words."""

from workshop.approval_report import ApprovalReport, read_report
from workshop.checks.view import STAGING, View
from workshop.cli.context import Context
from workshop.cli.session import session_of
from workshop.progress import silent
from workshop.runner import open_context

_FILES_SHOWN = 5


def look_at_waiting(context: Context) -> tuple[View, ApprovalReport]:
    """Return what waits, having shown it. Raises: UsageError where nothing does."""
    context.require_running_target()
    view = open_context(session_of(context, silent)).view
    report = read_report(view)
    context.console.table(["", ""], rows_of(report, view.urls[STAGING]))
    return view, report


def rows_of(report: ApprovalReport, staging_url: str) -> list[list[str]]:
    """Return what a person needs to decide, as rows of two."""
    waiting = report.waiting
    rows = [
        ["execution", f"{waiting.execution_id}, in `{waiting.stage}` since {_time(report)}"],
        ["commit", f"{waiting.commit[:8]} {waiting.subject}".rstrip()],
        ["production", _change(report)],
        ["changes", _files(report)],
        ["staging", f"{_staging(report)}; look at {staging_url}/hello/your-name"],
    ]
    for number, one in enumerate(waiting.behind):
        commit = (
            f"commit {one.commit[:8]} {one.subject}".rstrip() if one.commit else "no commit yet"
        )
        rows.append(["" if number else "behind it", f"{one.execution_id}, {commit}"])
    return rows


def _time(report: ApprovalReport) -> str:
    return f"{report.waiting.since.astimezone():%H:%M:%S}"


def _change(report: ApprovalReport) -> str:
    before, after = report.production_version, report.waiting.commit
    if before == after:
        return f"{before[:8]} already; the same version would be deployed again"
    return f"{before[:8] or 'nothing'} now, {after[:8]} if approved"


def _files(report: ApprovalReport) -> str:
    files = report.changed_files
    if files is None:
        return "unknown: CodeCommit cannot compare the two"
    if not files:
        return "no file"
    more = len(files) - _FILES_SHOWN
    return ", ".join(files[:_FILES_SHOWN]) + (f" and {more} more" if more > 0 else "")


def _staging(report: ApprovalReport) -> str:
    """Say what staging runs: a newer execution that waits behind has changed it already."""
    staging, waiting = report.staging_version, report.waiting
    if staging == waiting.commit:
        return f"runs {staging[:8]} already"
    if staging in {one.commit for one in waiting.behind}:
        return f"has gone on to {staging[:8]}, whose execution waits behind this one"
    return f"runs {staging[:8] or 'nothing'}, not this commit"
