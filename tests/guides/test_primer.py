"""The primer says of each lab what its guide says, and of money what the README says."""

import math
import re
from pathlib import Path

import pytest

from workshop.costs import hourly_cost_of_lab

ROOT = Path(__file__).resolve().parents[2]
PRIMER = (ROOT / "lab-guides" / "en" / "README.md").read_text(encoding="utf-8")
GUIDES = sorted((ROOT / "lab-guides" / "en").glob("lab?-*.md"))

_ROW = re.compile(
    r"^\| \[(?P<lab>\d) [\w-]+\]\((?P<guide>[\w.-]+)\) \|[^|]+\|"
    r" (?P<local>\d+) \| (?P<aws>\d+) \| \$(?P<cost>[\d.]+) \|$",
    re.MULTILINE,
)
_MINUTES = re.compile(r"^\| Minutes \| (?P<local>\d+) \| (?P<aws>\d+) \|$", re.MULTILINE)
_FIGURE = re.compile(r"\$\d+(?:\.\d+)?")

ROWS = {row["guide"]: row for row in _ROW.finditer(PRIMER)}


def test_primer_has_a_row_for_every_guide():
    assert list(ROWS) == [guide.name for guide in GUIDES]


@pytest.mark.parametrize("guide", GUIDES, ids=lambda guide: guide.name)
def test_minutes_of_a_lab_are_those_of_its_guide(guide):
    stated = _MINUTES.search(guide.read_text(encoding="utf-8"))
    assert stated is not None
    row = ROWS[guide.name]
    assert (row["local"], row["aws"]) == (stated["local"], stated["aws"])


@pytest.mark.parametrize("guide", GUIDES, ids=lambda guide: guide.name)
def test_cost_of_a_lab_is_its_minutes_at_its_highest_hourly_cost(guide):
    row = ROWS[guide.name]
    usd = hourly_cost_of_lab(int(row["lab"])).total_usd * int(row["aws"]) / 60
    assert row["cost"] == f"{math.ceil(usd * 100) / 100:.2f}"


def test_every_price_of_the_primer_stands_in_the_readme_too():
    readme = set(_FIGURE.findall((ROOT / "README.md").read_text(encoding="utf-8")))
    prices = _FIGURE.findall(PRIMER[PRIMER.index("## Where DevOps began") :])
    assert prices
    assert [price for price in prices if price not in readme] == []
