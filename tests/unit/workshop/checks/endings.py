"""How a look ends."""

from workshop.checks.model import Ending, Finding


def ends(finding: Finding, ending: Ending, *words: str) -> None:
    """Assert how a look ended, that it says these words, and what to do where it accuses."""
    assert finding.ending is ending, finding
    said = " ".join((finding.observed, finding.cause, finding.remedy, *finding.details))
    assert all(word in said for word in words), said
    if ending is Ending.FAILED:
        assert finding.cause
        assert finding.remedy
