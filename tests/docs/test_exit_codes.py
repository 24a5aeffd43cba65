"""Exit codes stand in one place, and every one is explained."""

import re
import runpy
from pathlib import Path

from flatctl.errors import ExitCode

ROOT = Path(__file__).parents[2]


def test_every_exit_code_has_its_row_in_the_reference():
    told = runpy.run_path(str(ROOT / "docs" / "generate.py"))["ENDINGS"]
    assert list(told) == list(ExitCode)


def test_nobody_writes_an_exit_code_as_a_figure():
    figure = re.compile(r"(exit_code\b[^\n]{0,12}[ =(]|Exit\(|INCOMPLETE = )[0-9]")
    files = [f for f in (ROOT / "flatctl").rglob("*.py") if f.name != "errors.py"]
    assert [f.name for f in files if figure.search(f.read_text("utf-8"))] == []
