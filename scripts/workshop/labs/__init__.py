"""The labs, and the ladder that their steps form."""

from workshop.checks.model import Check
from workshop.errors import UsageError
from workshop.labs import blue_green, canary, rolling
from workshop.labs.model import Lab, Step

LABS: tuple[Lab, ...] = (rolling.LAB, blue_green.LAB, canary.LAB)

FOUNDATION = "0"

LADDER: tuple[str, ...] = (FOUNDATION, *(step.label for lab in LABS for step in lab.steps))
"""Every step in order, as `terraform/` has it in its locals."""


def lab_numbered(number: int) -> Lab:
    """Return a lab. Raises UsageError naming those that exist."""
    for lab in LABS:
        if lab.number == number:
            return lab
    known = ", ".join(str(lab.number) for lab in LABS)
    raise UsageError(f"Lab `{number}` does not exist.", f"Choose one of: {known}.")


def step_labelled(label: str) -> Step:
    """Return a step. Raises UsageError naming those that exist."""
    for lab in LABS:
        for step in lab.steps:
            if step.label == label:
                return step
    raise UsageError(f"Step `{label}` does not exist.", f"Choose one of: {', '.join(LADDER[1:])}.")


def steps_missing_below(label: str, standing: str | None) -> list[Step]:
    """Return the steps of earlier labs that an environment has yet to be taken through.

    The one that it stands at is among them: a run may have been interrupted there. None where it
    stands in the lab of `label` already.
    """
    lab = lab_numbered(int(label.partition(".")[0]))
    if standing is not None and is_higher(standing, lab.before):
        return []
    return [
        step
        for earlier in LABS
        if earlier.number < lab.number
        for step in earlier.steps
        if standing is None or not is_higher(standing, step.label)
    ]


def steps_reached(standing: str, label: str) -> list[Step]:
    """Return the steps that going up from one step to another newly reaches."""
    return [
        step
        for lab in LABS
        for step in lab.steps
        if is_higher(step.label, standing) and not is_higher(step.label, label)
    ]


def steps_between(lab: Lab, first: str | None, last: str | None) -> list[Step]:
    """Return a lab's steps from `first` to `last`, both included. Raises UsageError."""
    labels = [step.label for step in lab.steps]
    for label in (first, last):
        if label is not None and label not in labels:
            raise UsageError(
                f"Step `{label}` is not part of lab {lab.number}.",
                f"Choose one of: {', '.join(labels)}.",
            )
    start = labels.index(first) if first else 0
    end = labels.index(last) if last else len(labels) - 1
    if end < start:
        raise UsageError(
            f"Step `{last}` comes before step `{first}`.", "Exchange `--from` and `--to`."
        )
    return list(lab.steps[start : end + 1])


def checks_for(selector: str | None) -> list[Check]:
    """Return the checks of everything, of a lab (`1`) or of a step (`1.4`). Raises UsageError."""
    if selector is None:
        return [check for lab in LABS for step in lab.steps for check in step.checks]
    if selector.isdecimal():
        return [check for step in lab_numbered(int(selector)).steps for check in step.checks]
    return list(step_labelled(selector).checks)


def is_higher(label: str, other: str) -> bool:
    """Tell whether one step stands higher on the ladder than another."""
    return LADDER.index(label) > LADDER.index(other)
