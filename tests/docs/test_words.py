"""Words for users are written in outputs: core and engine hold facts."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from flatctl.settings.models import Settings

PACKAGE = Path(__file__).parents[2] / "flatctl"
TABLES = "|".join(Settings.model_fields)
KEY = re.compile(rf"\b(?:{TABLES}|brightness|exposure_s)\.[a-z][a-z_]*\b")
SENTENCE = re.compile(r"[a-z,;:] [a-z]+ [a-z]+ ")
# Its interface gives sentences itself, to whoever uses the search of the sky without the program.
SPEAKS = PACKAGE / "core" / "sky" / "words.py"
FILES = [path for room in ("core", "engine") for path in sorted((PACKAGE / room).rglob("*.py"))]


def texts(path: Path, *, errors: bool) -> Iterator[str]:
    """Yield the texts of a module, docstrings aside; with `errors` those of exceptions as well."""
    tree = ast.parse(path.read_text("utf-8"))
    aside: set[ast.AST] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            aside.add(node.value)
        is_error = isinstance(node, ast.Raise) or (
            isinstance(node, ast.Call) and _name(node).endswith(("Error", "Fault", "BadReply"))
        )
        if is_error and not errors:
            aside.update(ast.walk(node))
    for node in ast.walk(tree):
        if isinstance(node, ast.JoinedStr) and node not in aside:
            parts = [each.value for each in node.values if isinstance(each, ast.Constant)]
            yield "".join(map(str, parts))
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and node not in aside:
            yield node.value


def _name(call: ast.Call) -> str:
    return getattr(call.func, "id", getattr(call.func, "attr", ""))


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_no_key_of_the_configuration_is_spelled(path):
    assert [text for text in texts(path, errors=True) if KEY.search(text)] == []


@pytest.mark.parametrize(
    "path",
    [path for path in FILES if path != SPEAKS],
    ids=lambda path: str(path.relative_to(PACKAGE)),
)
def test_no_sentence_is_written_but_in_errors(path):
    assert [text for text in texts(path, errors=False) if SENTENCE.search(text)] == []
