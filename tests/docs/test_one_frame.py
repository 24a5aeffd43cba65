"""The page on the way of one frame, and its drawing, name what the code has."""

import ast
import re
from pathlib import Path
from xml.etree import ElementTree

ROOT = Path(__file__).parents[2]
DRAWING = ROOT / "docs/images/one-frame.svg"
NAME = re.compile(r"[A-Z]\w*[a-z]\w*(?:\.\w+)?|(?<![\w.])[a-z]+_\w+")
# Labels of the drawing that are no names in the code.
NO_CODE = {"FITS file", "FLAT_FILTER-Ha_…", "brightness", "path"}


def in_code() -> set[str]:
    """Return the classes and functions of flatctl, and `Class.member` for what a class has."""
    found = set()
    for path in (ROOT / "flatctl").rglob("*.py"):
        for node in ast.parse(path.read_text("utf-8")).body:
            name = getattr(node, "name", "")
            found.add(name)
            for member in node.body if isinstance(node, ast.ClassDef) else ():
                targets = getattr(member, "targets", [getattr(member, "target", None)])
                names = {getattr(member, "name", "")} | {getattr(t, "id", "") for t in targets}
                found |= {f"{name}.{one}" for one in names}
            if isinstance(node, ast.Assign):
                found |= {getattr(target, "id", "") for target in node.targets}
    return found


def test_every_class_and_function_that_the_page_names_exists():
    text = (ROOT / "docs/explanation/one-frame.md").read_text("utf-8")
    quoted = {name for name in re.findall(r"`([^`]+)`", text) if NAME.fullmatch(name)}
    assert len(quoted) > 20
    assert quoted - {"median_adu"} - in_code() == set()


def test_every_name_in_the_drawing_exists():
    texts = ElementTree.parse(DRAWING).iter("{http://www.w3.org/2000/svg}text")
    code = [t.text or "" for t in texts if "code" in t.get("class", "").split()]
    names = {name for text in code if text not in NO_CODE for name in NAME.findall(text)}
    assert len(names) > 15
    assert names - in_code() == set()


def test_the_drawing_says_in_words_what_it_shows_and_knows_the_dark():
    text = DRAWING.read_text("utf-8")
    assert "<title" in text
    assert "<desc" in text
    assert "prefers-color-scheme: dark" in text
