"""What the disk has to hold is known from the last night before a camera says anything."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from flatctl.app.check import CheckLine, check_settings
from flatctl.core.nights.history import PastRun
from flatctl.errors import ExitCode
from flatctl.settings.loading import load
from flatctl.storage.history import History

FRAME_BYTES = 52_000_000


@pytest.fixture
def looked(tmp_path):
    """Check a rig whose server is not there; its last run took six frames."""

    def check(flats: str, frame_bytes: int = FRAME_BYTES) -> CheckLine:
        night = tmp_path / "2026-11-22"
        (night / "FLAT").mkdir(parents=True)
        with (night / "FLAT" / "a.fits").open("wb") as frame:
            frame.truncate(frame_bytes)  # it takes no room
        path = tmp_path / "rig.toml"
        path.write_text(
            f'[camera]\ndevice = "CCD"\n[wheel]\ndevice = "W"\n[indi]\nport = 1\n'
            f'[panel]\nkind = "manual"\n[flats]\n{flats}\n[output]\ndirectory = "{tmp_path}"\n'
            f'history = "{tmp_path}/history.sqlite"\n'
        )
        settings = load(path, {})
        with History(settings.output.history) as history:
            past = PastRun("1", settings.rig.name, datetime(2026, 11, 22, tzinfo=UTC), 60.0, 0, 6,
                           str(night), {"L": "complete"})  # fmt: skip
            history.remember_run(past)
        (line,) = (line for line in check_settings(settings) if line.subject == "room")
        return line

    return check


def test_the_frames_that_are_wanted_have_the_size_of_the_last_ones(looked):
    line = looked('filters = ["L", "R"]\ncount = 10')
    assert (line.ok, "about 1.0 GB, as those of" in line.text) == (True, True)


def test_where_every_slot_is_taken_there_are_as_many_frames_as_last_time(looked):
    assert "about 0.3 GB" in looked("count = 10").text


def test_a_disk_that_is_too_small_is_told_before_the_night(looked):
    line = looked('filters = ["L"]\ncount = 10000', frame_bytes=1_000_000_000_000)
    assert (line.ok, line.exit_code) == (False, ExitCode.STORAGE)
    assert "the frames need 10000000.0 GB" in line.text


def test_frames_that_were_moved_away_say_nothing(looked, tmp_path: Path):
    assert "once the camera is connected" in looked("count = 10", frame_bytes=0).text
