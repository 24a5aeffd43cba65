"""Decisions have one form, and their index knows all of them."""

import re
from pathlib import Path

import pytest

FOLDER = Path(__file__).parents[2] / "docs" / "decisions"
PAGES = sorted(FOLDER.glob("[0-9]*.md"))


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_a_decision_has_a_number_a_date_a_status_and_its_parts(page):
    text = page.read_text("utf-8")
    number = int(page.name[:4])
    about = r"\d{4}-\d\d-\d\d, (accepted|replaced by \d+)"
    assert re.match(rf"# {number}\. .+\n\n{about}\n\n", text)
    parts = set(re.findall(r"^## (.+)$", text, re.MULTILINE))
    assert {"Context", "Decision", "Consequences"} <= parts
    assert parts <= {"Context", "Considered", "Decision", "Consequences"}


def test_the_index_lists_every_decision_with_its_title_date_and_status():
    rows = []
    for page in PAGES:
        title, _, about, *_ = page.read_text("utf-8").splitlines()
        number, title = title.removeprefix("# ").split(". ", 1)
        rows.append(f"| [{number}]({page.name}) | {title} | {' | '.join(about.split(', '))} |")
    index = (FOLDER / "README.md").read_text("utf-8")
    assert [line for line in index.splitlines() if line.startswith("| [")] == rows
