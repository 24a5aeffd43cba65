from pathlib import Path

import pytest
from nights import Night, take_night

from flatctl.app import master as app

FILTERS = ("L", "Ha")
SIZE_PX = (480, 360)


@pytest.fixture(scope="session")
def night(tmp_path_factory) -> Night:
    """A night of two filters with dark flats; read it, don't change it."""
    folder = tmp_path_factory.mktemp("night")
    return take_night(folder, seed=1, size_px=SIZE_PX, filters=FILTERS, count=10, dark_flats=5)


@pytest.fixture(scope="session")
def packed_night(tmp_path_factory) -> Night:
    """The same night, tile-compressed."""
    taken = {"size_px": SIZE_PX, "filters": FILTERS, "count": 10, "dark_flats": 5}
    return take_night(tmp_path_factory.mktemp("packed"), seed=1, compress=True, **taken)


@pytest.fixture(scope="session")
def masters(night, tmp_path_factory) -> list[Path]:
    """The masters of that night, of the dark flats first."""
    made = app.master(night.flats, output=tmp_path_factory.mktemp("masters")).masters
    return [one.path for one in made if one.path is not None]
