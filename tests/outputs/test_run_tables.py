"""What a dry run says of the settings, the devices, each set, and the time."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from flatctl.app.estimate import expected
from flatctl.core.nights.history import SettingKey, Trained
from flatctl.core.nights.window import Window
from flatctl.outputs.tables.run import due_lines, plan_lines
from flatctl.settings.loading import load
from flatctl.settings.models import Settings
from flatctl.settings.plan import plan_flats
from flatctl.settings.unattended import Dawn
from flatctl.storage.history import History

NOW = datetime(2026, 11, 27, 7, 44, tzinfo=UTC)
RIG = """
[camera]
device = "CCD"
gain = 100
offset = 30
temperature_c = -10.0
[wheel]
device = "Wheel"
[panel]
kind = "alnitak"
port = "/dev/flat-panel"
[output]
directory = "{0}"
history = "{0}/history.sqlite"
"""


def settings(folder: Path, more: str) -> Settings:
    path = folder / "rig.toml"
    path.write_text(RIG.format(folder) + more)
    return load(path, {})


def told(rig: Settings) -> str:
    plans = plan_flats(rig)
    return "\n".join(plan_lines(rig, plans, expected(rig, plans)))


def test_it_says_how_the_camera_is_set_and_where_the_panel_is(tmp_path):
    said = told(settings(tmp_path, '[flats]\nfilters = ["L"]'))
    assert "bin 1, gain 100, offset 30, -10 °C" in said
    assert "alnitak: port /dev/flat-panel" in said


def test_every_slot_has_its_limits_as_well(tmp_path):
    said = told(settings(tmp_path, "[flats]\nexposure_s = { start = 2.0, min = 0.3, max = 9.0 }"))
    assert "first 50 % brightness and 2 s, exposure 0.3 to 9 s" in said


def test_a_set_names_what_differs_from_the_rig(tmp_path):
    sets = '[rotator]\ndevice = "R"\n[[sets]]\nfilter = "L"\nbinning = 2\nrotator_deg = 37.5'
    said = told(settings(tmp_path, sets)).splitlines()
    (line,) = (line for line in said if line.startswith("L"))
    assert ", bin 2, rotator 37.5°, median" in line
    assert "gain" not in line.partition(": ")[2]


def test_the_time_is_a_guess_until_a_night_has_taken_the_set(tmp_path):
    rig = settings(tmp_path, '[flats]\nfilters = ["L", "Ha"]\ncount = 10')
    assert "a guess for 2 sets" in told(rig)
    with History(rig.output.history) as history:
        for name in ("L", "Ha"):
            key = SettingKey(rig.rig.name, "CCD", name, 1, 100, 30, None, "alnitak")
            history.remember(key, Trained(80, 5.0, 0.51, NOW))
    assert "time     about 3 min 20 s (as earlier nights took)" in told(rig)


def test_a_dry_run_begins_no_history(tmp_path):
    told(settings(tmp_path, '[flats]\nfilters = ["L"]'))
    assert not (tmp_path / "history.sqlite").exists()


@pytest.mark.parametrize(
    ("opens", "words"),
    [
        (NOW + timedelta(hours=1), "begins   2026-11-27 08:44 "),
        (NOW - timedelta(hours=1), "begins   at once: 2026-11-27 06:44 "),
        (NOW, "begins   at once: 2026-11-27 07:44 "),
    ],
)
def test_a_moment_that_has_passed_is_told_as_past(opens, words, monkeypatch):
    window = Window(opens, opens + timedelta(hours=3))
    first, *_ = due_lines(Dawn(), window, NOW, -6.0)
    local = words.replace(f"{opens:%H:%M}", f"{opens.astimezone():%H:%M}")
    local = local.replace("2026-11-27", f"{opens.astimezone():%Y-%m-%d}")
    assert first.startswith(local)
    assert first.endswith("(Sun at -6°)")
