"""A frame that was read: measured once, and its pixels given up."""

import ast
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest

import flatctl
from flatctl.core.pixels.sixteen_bits import to_stored
from flatctl.core.types import Setting
from flatctl.devices.protocols import Frame, StoredFrame
from flatctl.engine.shot import Shot
from flatctl.fits.header import Header

SOURCES = sorted(Path(flatctl.__file__).parent.rglob("*.py"))
RELEASED = """
from datetime import UTC, datetime
import numpy as np
from flatctl.core.types import Setting
from flatctl.devices.protocols import Frame
from flatctl.engine.shot import Shot
from flatctl.fits.header import Header

frame = Frame(np.full((4, 4), 1200, np.uint16), Header(), 1.0, datetime.now(UTC))
shot = Shot(Setting(10, 1.0), frame, 0.0, 65535.0)
shot.release_pixels()
print(shot.level_adu, shot.frame.raw.size)
"""


@pytest.fixture
def shot() -> Shot:
    pixels = np.array([[1199, 1200], [1200, 1201]], np.uint16)
    frame = Frame(np.tile(pixels, (4, 4)), Header(), 1.0, datetime.now(UTC))
    return Shot(Setting(10, 1.0), frame, 0.0, 65535.0)


def test_what_was_measured_outlives_the_pixels(shot):
    shot.release_pixels()
    assert (shot.level_adu, shot.clipped_frac) == (1200.0, 0.0)


def test_the_pixels_are_given_up(shot):
    shot.release_pixels()
    assert shot.frame.raw.size == 0


def test_it_is_measured_where_asserts_are_left_out_too():
    done = subprocess.run(
        [sys.executable, "-O", "-c", RELEASED], capture_output=True, text=True, check=False
    )
    assert (done.stdout.split(), done.stderr) == (["1200.0", "0"], "")


def asserts(source: Path) -> list[str]:
    text = source.read_text()
    nodes = ast.walk(ast.parse(text)) if "assert " in text else ()
    return [ast.unparse(node.test) for node in nodes if isinstance(node, ast.Assert)]


def test_an_assert_only_narrows_a_type():
    found = {(source.name, check) for source in SOURCES for check in asserts(source)}
    assert found
    assert [
        each for each in found if "is not None" not in each[1] and "isinstance(" not in each[1]
    ] == []


def test_stored_pixels_are_converted_once_and_only_when_asked_for():
    stored = to_stored(np.full((4, 4), 1200, np.uint16))
    frame = StoredFrame(stored, Header(), 1.0, datetime.now(UTC))
    assert frame.raw is stored
    assert frame.pixels is frame.pixels
    assert frame.pixels.tolist() == [[1200] * 4] * 4
