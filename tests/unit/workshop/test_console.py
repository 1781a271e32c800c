"""Plain lines where nobody watches, and nothing that looks like markup is taken as such."""

import io

from workshop.console import Console
from workshop.errors import UsageError
from workshop.progress import (
    Download,
    Note,
    ResourceCompleted,
    ResourceErrored,
    ResourceProgress,
    ResourceStarted,
    Waiting,
)

MIB = 1024 * 1024


def console() -> tuple[Console, io.StringIO, io.StringIO]:
    out, err = io.StringIO(), io.StringIO()
    return Console(out, err), out, err


def test_progress_is_one_line_an_event_and_a_wait_is_named_once():
    shown, out, err = console()
    with shown.progress() as progress:
        for event in [
            Waiting("The emulator starts"),
            Waiting("The emulator starts"),
            Note("Ready."),
            ResourceStarted('aws_lb.this["prod"]', "create", 60),
            ResourceStarted("aws_vpc.this", "create"),
            ResourceProgress("aws_lb.this", "create", 10),
            ResourceCompleted("aws_vpc.this", "create", 1),
            ResourceErrored("aws_lb.this", "create", 61),
            *(Download("terraform.zip", n * MIB, 8 * MIB) for n in range(9)),
        ]:
            progress(event)
    assert out.getvalue() == ""
    assert err.getvalue() == (
        "The emulator starts …\n"
        "Ready.\n"
        '  aws_lb.this["prod"]: creating (Terraform\'s AWS provider waits 60 s for this kind)\n'
        "  aws_vpc.this: created in 1 s\n"
        "  aws_lb.this: failed after 61 s\n"
        "  terraform.zip: 0.0 of 8.0 MiB\n"
        "  terraform.zip: 2.0 of 8.0 MiB\n"
        "  terraform.zip: 4.0 of 8.0 MiB\n"
        "  terraform.zip: 6.0 of 8.0 MiB\n"
        "  terraform.zip: 8.0 of 8.0 MiB\n"
    )


def test_results_go_to_stdout_and_errors_to_stderr():
    shown, out, err = console()
    shown.result("[bold]as it is[/bold] " + "x" * 200)
    shown.json({"이름": "아나"})
    shown.error(UsageError("`a[0]` is wrong.", "Do b."))
    assert out.getvalue() == (f'[bold]as it is[/bold] {"x" * 200}\n{{\n  "이름": "아나"\n}}\n')
    assert err.getvalue() == "`a[0]` is wrong.\nDo b.\n"


def test_table_is_as_wide_as_its_content_also_in_korean():
    shown, out, _ = console()
    shown.table(["Name", "State"], [["워크숍", "[ok]"], ["x" * 120, "y"]])
    assert out.getvalue().splitlines() == [
        f"{'Name':<120}  State",
        f"워크숍{' ' * 114}  [ok]",
        f"{'x' * 120}  y",
    ]


def test_question_without_a_terminal_is_a_no():
    shown, _, err = console()
    assert shown.confirm("Go on?") is False
    assert err.getvalue() == "Go on?\n"
