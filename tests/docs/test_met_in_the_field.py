"""What the page of the field says is held by the tests that it names."""

import ast
import re
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "reference" / "met-in-the-field.md").read_text("utf-8")
ROWS = [
    line
    for line in PAGE.splitlines()
    if line.startswith("|") and not line.startswith(("|---", "| what it does"))
]
NAMED = re.compile(r"`(tests/[\w/]+\.py)::(test_\w+)`")
WAYS = ("run", "read", "reported", "measured")


@cache
def functions_of(file: str) -> set[str]:
    """Return the tests of a file."""
    nodes = ast.walk(ast.parse((ROOT / file).read_text("utf-8")))
    return {node.name for node in nodes if isinstance(node, ast.FunctionDef)}


def cells(row: str) -> list[str]:
    return [cell.strip() for cell in row.strip("|").split("|")]


@pytest.mark.parametrize("row", ROWS, ids=lambda row: cells(row)[0][:60])
def test_a_row_names_the_tests_that_hold_it(row):
    behaviour, seen, does, held = cells(row)
    assert behaviour
    assert does
    assert seen.startswith(WAYS)
    assert re.sub(NAMED, "", held).strip(", ") == ""
    assert NAMED.findall(held)


@pytest.mark.parametrize(("file", "test"), sorted(set(NAMED.findall(PAGE))))
def test_a_test_that_is_named_exists(file, test):
    assert test in functions_of(file)


def test_nothing_is_told_twice():
    told = [cells(row)[0] for row in ROWS]
    assert len(told) == len(set(told)) > 30
