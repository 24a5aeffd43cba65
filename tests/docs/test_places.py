"""Whatever place the documentation names is there: files, folders, links, modules."""

import importlib
import re
from functools import reduce
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGES = [
    *(ROOT / name for name in ("README.md", "CONTRIBUTING.md")),
    *sorted((ROOT / "docs").rglob("*.md")),
]
PLACE = re.compile(
    r"(?<![\w/.])(?:flatctl|hardware_sims|tests|docs|config|benchmarks)/[\w./-]++(?![@*{<])"
)
NAME = re.compile(r"`((?:flatctl|hardware_sims)(?:\.\w+)+)`")
LINK = re.compile(r"\]\(([^)#:]+)(?:#[^)]*)?\)")


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_place_that_a_page_names_exists(page):
    text = page.read_text("utf-8")
    named = [ROOT / place.rstrip(".") for place in PLACE.findall(text)]
    named += [page.parent / link for link in LINK.findall(text)]
    assert [str(place) for place in named if not place.exists()] == []


def resolve(name: str) -> object:
    """Return a module or what is in one, by its dotted name."""
    parts = name.split(".")
    for length in range(len(parts), 0, -1):
        try:
            module = importlib.import_module(".".join(parts[:length]))
        except ModuleNotFoundError:
            continue
        return reduce(getattr, parts[length:], module)
    raise ModuleNotFoundError(name)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_dotted_name_on_a_page_is_of_something(page):
    for name in NAME.findall(page.read_text("utf-8")):
        resolve(name)


def test_the_index_leads_to_every_page():
    docs = ROOT / "docs"
    index = (docs / "index.md").read_text("utf-8")
    pages = [page for page in docs.rglob("*.md") if page.parent not in (docs, docs / "decisions")]
    assert [page.name for page in pages if f"({page.relative_to(docs)})" not in index] == []
