"""Walks a lab: for each step provision, act, observe, check."""

import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from workshop.application.git import look_for_git
from workshop.aws import Aws, BotoCoreError
from workshop.checks.model import Ending, Outcome, evaluate, not_passed, settle
from workshop.config import Config
from workshop.context import Context
from workshop.environment import load_environment
from workshop.errors import Interrupted, NotPrepared, WorkshopError
from workshop.labs import is_higher, steps_missing_below, steps_reached
from workshop.labs.model import Lab, Step
from workshop.progress import Note, Progress, Waiting
from workshop.targets import Confirm, Target
from workshop.terraform import PlanSummary, Terraform

Pause = Callable[[Step, list[str]], bool]
"""Shows the commands that do an action by hand; returns whether the workshop is to do it."""

_EXIT_CODES = {Ending.FAILED: 1, Ending.NOT_YET: 1, Ending.COULD_NOT_LOOK: 3}


@dataclass(frozen=True)
class Session:
    """What a run needs: settings, the target and its AWS, Terraform, and who hears of progress."""

    config: Config
    target: Target
    aws: Aws
    terraform: Terraform
    progress: Progress


def run_steps(
    session: Session, steps: Iterable[Step], confirm: Confirm, pause: Pause | None = None
) -> Context:
    """Take an environment through steps, in order; return the context that the last one left.

    What is missing on this machine is told before anything is started or made.
    An environment that stands below their lab is taken through the earlier labs first. The first
    step applies whatever stands already, which mends what was changed outside Terraform or left
    half-made; later ones believe the state that it left, unless a person may act in between. The
    ladder is never lowered. Raises: CheckNotPassed, InfrastructureError, UsageError, whatever
    Terraform or an action raises.
    """
    try:
        return _walk(session, steps, confirm, pause)
    except Interrupted:
        raise
    except (WorkshopError, BotoCoreError, OSError) as error:
        loss = session.target.loss()
        if loss is None:
            raise
        raise loss from error


def _walk(
    session: Session, steps: Iterable[Step], confirm: Confirm, pause: Pause | None
) -> Context:
    session.terraform.look_for_itself()
    look_for_git(session.config.inherited)
    session.target.ensure_ready(session.progress)
    standing = session.terraform.current_step()
    if standing is None:
        _tell_of_lost_emulator(session)
        session.target.confirm_creation(confirm)
    context: Context | None = None
    for step in _with_missing(session, list(steps), standing):
        session.progress(Note(f"Step {step.label}: {step.title}"))
        if context is None or standing is None or is_higher(step.label, standing):
            highest = (
                step.label if standing is None or is_higher(step.label, standing) else standing
            )
            _prepare(session, standing, highest)
            may_be_changed = context is None or pause is not None
            session.terraform.apply(highest, session.progress, refresh=may_be_changed)
            standing = highest
            context = _context(session)
            remember_standing(session.config, standing)
        _take(step, context, pause)
    if context is None:
        raise ValueError("a lab has at least one step")
    return context


def _with_missing(session: Session, steps: list[Step], standing: str | None) -> list[Step]:
    """Return the steps, behind those of earlier labs that were not taken to their end."""
    missing = steps_missing_below(steps[0].label, standing) if steps else []
    if missing and missing[0].label == standing and _has_passed(session, missing[0]):
        del missing[0]
    return [*missing, *steps]


def _has_passed(session: Session, step: Step) -> bool:
    """Tell whether a step that stands was taken to its end, by one look at its checks."""
    try:
        view = _context(session).view
    except WorkshopError:
        return False
    return all(evaluate(check, view).is_passed for check in step.checks)


def _prepare(session: Session, standing: str | None, label: str) -> None:
    """Bring to rest what steps that are newly reached are about to change."""
    reached = steps_reached(standing, label) if standing is not None else []
    for prepare in (step.prepare for step in reached):
        if prepare is not None:
            prepare(_context(session))


def provision_step(session: Session, lab: Lab, step: Step) -> None:
    """Provision a step whose lab was taken up to it, and leave what is done there to a person.

    Raises: NotPrepared below the lab; CheckNotPassed where a step before it was not taken.
    """
    session.terraform.look_for_itself()
    session.target.ensure_ready(session.progress)
    context = open_context(session)
    standing = context.environment.step
    if is_higher(lab.before, standing):
        raise NotPrepared(
            f"Environment `{session.config.participant}` stands at step {standing}, and lab "
            f"{lab.number} starts from {lab.before}.",
            f"Run `make lab{lab.number - 1}` first.",
        )
    for earlier in lab.steps[: lab.steps.index(step)]:
        _require_passed(earlier, context)
    session.progress(Note(f"Step {step.label}: {step.title}"))
    highest = step.label if is_higher(step.label, standing) else standing
    _prepare(session, standing, highest)
    session.terraform.apply(highest, session.progress)
    remember_standing(session.config, highest)


def _require_passed(step: Step, context: Context) -> None:
    for check in step.checks:
        outcome = evaluate(check, context.view)
        if not outcome.is_passed:
            raise not_passed(outcome)


def plan_step(session: Session, step: Step) -> PlanSummary:
    """Return what provisioning up to a step would change; nothing is changed."""
    session.terraform.look_for_itself()
    session.target.ensure_ready(session.progress)
    standing = session.terraform.current_step()
    lowest = standing if standing and is_higher(standing, step.label) else step.label
    return session.terraform.plan(lowest, session.progress)


def _take(step: Step, context: Context, pause: Pause | None) -> None:
    with step.observe(context):
        if step.action and (pause is None or pause(step, step.by_hand(context))):
            context.progress(Note(f"  {step.action(context)}"))
        for check in step.checks:
            shown = shown_while_waiting(context.progress, context.target)
            outcome = settle(check, context.view, shown, context.target.poll_s)
            if not outcome.is_passed:
                raise not_passed(outcome)
            context.progress(
                Note(f"  passed  {check.step} {check.name}: {outcome.finding.observed}")
            )


def shown_while_waiting(progress: Progress, target: Target) -> Callable[[Outcome], None]:
    """Return what hears every look of a wait. Raises, from it, the loss of the target."""

    def show(outcome: Outcome) -> None:
        if outcome.finding.ending is Ending.COULD_NOT_LOOK:
            loss = target.loss()
            if loss is not None:
                raise loss
        if not outcome.is_passed:
            check = outcome.check
            progress(Waiting(f"{check.step} {check.name}: {outcome.finding.observed}"))

    return show


def exit_code(outcomes: Iterable[Outcome]) -> int:
    """Return 0 if all passed, 1 if one failed or is not yet, 3 if one could not look."""
    endings = {outcome.finding.ending for outcome in outcomes}
    for ending in (Ending.FAILED, Ending.COULD_NOT_LOOK, Ending.NOT_YET):
        if ending in endings:
            return _EXIT_CODES[ending]
    return 0


def _context(session: Session) -> Context:
    environment = load_environment(session.aws, session.config)
    return Context(session.config, session.aws, session.target, environment, session.progress)


def open_context(session: Session) -> Context:
    """Return the context of an environment that stands. Raises: NotPrepared."""
    try:
        return _context(session)
    except NotPrepared as error:
        lost = standing_record(session.config)
        if lost and session.config.target == "local":
            raise NotPrepared(
                f"{error.message} It stood at step {lost}; the emulator has stopped since, and "
                "what it held is gone.",
                error.remedy,
            ) from error
        raise


# What stood last is kept beside the evidence: an emulator that died cannot say it.


def _record(config: Config) -> Path:
    return config.evidence_dir / "standing.json"


def remember_standing(config: Config, step: str) -> None:
    """Keep which step stands."""
    path = _record(config)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps({"step": step}) + "\n", encoding="utf-8")


def standing_record(config: Config) -> str | None:
    """Return the step that this machine last brought the environment to, or None."""
    try:
        return str(json.loads(_record(config).read_text(encoding="utf-8"))["step"])
    except (OSError, ValueError, KeyError):
        return None


def _tell_of_lost_emulator(session: Session) -> None:
    lost = standing_record(session.config)
    if lost and session.config.target == "local":
        session.progress(
            Note(f"The emulator stopped while step {lost} stood; rebuilding takes a few minutes.")
        )
