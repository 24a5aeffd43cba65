"""The page of formats names the files that are read, each under its format."""

import re
from pathlib import Path

import pytest

from flatctl.images import kinds
from flatctl.images.facts import Format
from flatctl.images.kinds import format_by_name

PAGE = Path(__file__).parents[2] / "docs" / "reference" / "formats.md"
ROWS = re.findall(r"^\| (FITS|XISF|raw)[^|]*\|([^|]*)\|", PAGE.read_text("utf-8"), re.MULTILINE)
NAMED = [(suffix, name) for name, cell in ROWS for suffix in re.findall(r"`(\.[^`]+)`", cell)]


@pytest.mark.parametrize(("suffix", "name"), NAMED)
def test_a_file_that_the_page_names_is_read_as_it_says(suffix, name):
    assert format_by_name(Path(f"IMG_1{suffix.upper()}")) is Format(name)


def test_the_page_leaves_none_out():
    assert {suffix for suffix, _ in NAMED} == {*kinds.FITS_SUFFIXES, *kinds._RAW, ".xisf"}
