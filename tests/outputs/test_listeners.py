"""Who listens to a run is plugged in somewhere."""

import ast
from pathlib import Path

import pytest

FLATCTL = Path(__file__).parents[2] / "flatctl"


def listeners() -> list[str]:
    """Return the classes of outputs that take an event and the record of the run."""
    found = []
    for path in sorted((FLATCTL / "outputs").glob("*.py")):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if not isinstance(node, ast.ClassDef) or "Protocol" in map(ast.unparse, node.bases):
                continue
            calls = (one for one in node.body if getattr(one, "name", "") == "__call__")
            if any("event: Event, " in ast.unparse(call) for call in calls):
                found.append(node.name)
    return found


def test_listeners_are_found():
    assert {"RunFile", "Service", "Album", "JsonLines", "Console"} <= set(listeners())


@pytest.mark.parametrize("name", listeners())
def test_a_listener_is_heard_of_by_a_command(name):
    code = "".join(
        path.read_text("utf-8")
        for folder in ("app", "cli", "outputs")
        for path in (FLATCTL / folder).rglob("*.py")
    )
    assert f"{name}(" in code.replace(f"class {name}(", "")
