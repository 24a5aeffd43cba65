"""The ablation switches off what the search really has."""

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[2] / "benchmarks"))

from ablation import GUARDS

PARTS = [(label, off) for label, parts in GUARDS.items() for off in parts]


@pytest.mark.parametrize(("label", "off"), PARTS, ids=[f"{label}" for label, _ in PARTS])
def test_what_is_switched_off_is_there(label, off):
    assert hasattr(off.where, off.name), f"{label}: {off.name} is gone"
