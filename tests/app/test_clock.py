"""A clock whose zone is none of the site's is told by `check`."""

import time

import pytest

from flatctl.app.check import check_settings
from flatctl.errors import ExitCode
from flatctl.settings.loading import load


@pytest.fixture
def clock_line(tmp_path, monkeypatch):
    """Return what `check` says of the clock, on a computer in a zone, of a rig at a longitude."""

    def look(zone: str, longitude_deg: float):
        monkeypatch.setenv("TZ", zone)
        time.tzset()
        path = tmp_path / "rig.toml"
        path.write_text(
            f"[rig]\nlatitude_deg = 50.0\nlongitude_deg = {longitude_deg}\n"
            '[camera]\ndevice = "CCD"\n[indi]\nport = 1\n[panel]\nkind = "manual"\n'
            f'[output]\ndirectory = "{tmp_path}"\nhistory = "{tmp_path}/history.sqlite"\n'
        )
        return next(line for line in check_settings(load(path, {})) if line.subject == "clock")

    yield look
    monkeypatch.undo()
    time.tzset()


@pytest.mark.parametrize(
    ("zone", "longitude_deg"),
    [
        ("CET-1", 8.7),
        ("NZDT-13", 174.8),
        ("GALICIA-2", -9.2),  # summer, in Spain's far west
        ("KASHGAR-8", 73.5),
        ("LINT-14", -157.4),  # Kiritimati, across the date line
        ("UTC0", 151.2),  # set so on purpose
    ],
)
def test_a_zone_of_the_site_is_well(clock_line, zone, longitude_deg):
    assert clock_line(zone, longitude_deg).ok


@pytest.mark.parametrize(
    ("zone", "longitude_deg"), [("NZDT-13", 8.7), ("CET-1", -118.2), ("PST8", 118.2)]
)
def test_a_zone_of_elsewhere_is_told_and_spoils_no_run(clock_line, zone, longitude_deg):
    line = clock_line(zone, longitude_deg)
    assert (line.ok, line.exit_code) == (False, ExitCode.COMPLETE)
    assert "rig.longitude_deg" in line.text
