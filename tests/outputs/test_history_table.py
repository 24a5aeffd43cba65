"""What `flatctl history` lists of the twilight sky."""

from datetime import UTC, datetime

from flatctl.core.nights.history import LearnedSky, SettingKey
from flatctl.core.sky.memory import SkyMemory
from flatctl.outputs.tables.history import HistoryListing

KEY = SettingKey("mono", "CCD", None, 1, 100.0, None, None, None)
MEMORY = SkyMemory({"L": 2.0, "Ha\x1b[31m": -1.0}, error=0.2, nights=3)


def sky_table(*skies: LearnedSky):
    listing = HistoryListing(trained=[], calibrations=[], skies=skies, runs=[], warnings=[])
    return next(table for table in listing.tables() if table.title == "Twilight sky")


def test_the_sky_of_each_setup_is_a_row() -> None:
    (row,) = sky_table(LearnedSky(KEY, MEMORY, 65535.0, datetime(2026, 11, 9, tzinfo=UTC))).rows
    assert row[:5] == ("mono", "CCD", "1", "100", "as it was")
    assert row[6:8] == ("3", "22 %")


def test_names_of_filters_can_be_printed() -> None:
    (row,) = sky_table(LearnedSky(KEY, MEMORY, 65535.0, datetime(2026, 11, 9, tzinfo=UTC))).rows
    assert row[5].startswith("L, Ha")
    assert row[5].isprintable()


def test_without_any_the_table_is_empty() -> None:
    assert sky_table().rows == []
