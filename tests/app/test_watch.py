"""Waiting for the morning with a configuration, in virtual time; no device is anywhere."""

import os
from datetime import UTC, datetime, time, timedelta

import pytest

from flatctl import events
from flatctl.app.wiring.dawn_wait import next_local
from flatctl.app.wiring.due import Due
from flatctl.app.wiring.rig import claim_rig
from flatctl.app.wiring.watch import Watch
from flatctl.errors import InUse, UnsafeError
from flatctl.settings.loading import load
from hardware_sims.clock import VirtualClock

DUSK = datetime(2026, 11, 22, 17, tzinfo=UTC)
AT = time(6, 30)


class Word:
    """Stands where the owner's messenger stands."""

    def __init__(self) -> None:
        self.told: list[tuple[str, str]] = []

    def tell(self, occasion: str, text: str) -> None:
        self.told.append((occasion, text))


class Night:
    """A configuration with a `[dawn]` table, watched over from dusk."""

    def __init__(self, folder, dawn: str = "") -> None:
        path = folder / "rig.toml"
        path.write_text(f"""
[indi]
port = 1
timeout_s = 1
[camera]
device = "{folder}"
[panel]
kind = "manual"
[output]
directory = "{folder / "flats"}"
[dawn]
{dawn}
""")
        self.settings = load(path, {})
        self.clock = VirtualClock(DUSK)
        self.told: list[events.Event] = []
        self.word = Word()

    def watch(self, *, wait: bool = False) -> datetime:
        """Wait, and return when it ended."""
        due = Due(self.settings, AT, None)
        Watch(self.settings, self.clock, self.told.append, self.word, wait=wait).until(due)
        return self.clock.now()

    @property
    def waits(self) -> list[str]:
        return [event.what for event in self.told if isinstance(event, events.Waiting)]


def test_it_waits_until_the_time_it_was_told(tmp_path):
    assert Night(tmp_path).watch() == next_local(DUSK, AT)


def use(night: Night, monkeypatch, until: time) -> datetime:
    """Let another program expose with the camera until then."""
    free = next_local(DUSK, until)
    used = InUse("Cam", "is exposing for another program (54 s left)", "wait")
    monkeypatch.setattr(
        "flatctl.app.wiring.watch.disturbed", lambda *_: used if night.clock.now() < free else None
    )
    return free


def test_with_wait_another_programs_exposures_are_imaging_that_goes_on(tmp_path, monkeypatch):
    night = Night(tmp_path)
    free = use(night, monkeypatch, time(7, 0))
    assert free <= night.watch(wait=True) < free + timedelta(minutes=1)
    assert any("imaging goes on: Cam is exposing for another" in words for words in night.waits)


def test_they_are_waited_for_no_longer_than_flats_may_begin(tmp_path, monkeypatch):
    night = Night(tmp_path, 'latest = "08:00"')
    use(night, monkeypatch, time(9, 0))
    with pytest.raises(UnsafeError):
        night.watch(wait=True)


def test_what_is_wrong_is_told_at_once_and_it_waits_all_the_same(tmp_path):
    night = Night(tmp_path)
    night.watch()
    first = next(event for event in night.told if isinstance(event, events.Problem))
    assert (first.time, first.subject) == (DUSK, "INDI server")


def test_the_owner_gets_word_of_what_is_wrong_at_dusk_and_before_dawn(tmp_path):
    night = Night(tmp_path)
    night.watch()
    assert [occasion for occasion, _ in night.word.told] == ["problem", "problem"]
    assert "nothing answers" in night.word.told[0][1]


def test_a_command_that_ends_with_0_says_that_imaging_is_over(tmp_path):
    assert Night(tmp_path, 'after = "true"').watch() == next_local(DUSK, AT)


def test_a_command_that_never_does_ends_the_wait_at_the_latest_time(tmp_path):
    night = Night(tmp_path, 'after = "exit 3"\nlatest = "07:00"')
    with pytest.raises(UnsafeError, match=r"imaging goes on: dawn\.after ended with 3"):
        night.watch()
    assert night.clock.now() - next_local(DUSK, AT) <= timedelta(minutes=31)


def test_a_command_that_does_not_exist_is_told(tmp_path):
    night = Night(tmp_path, 'after = "nosuchcommand-of-flatctl"\nlatest = "06:32"')
    with pytest.raises(UnsafeError, match="there is no such command"):
        night.watch()


def test_a_file_of_this_night_says_that_imaging_is_over(tmp_path):
    path = tmp_path / "over"
    path.touch()
    written = (DUSK + timedelta(hours=9)).timestamp()
    os.utime(path, (written, written))
    assert Night(tmp_path, f'after_file = "{path}"').watch() == next_local(DUSK, AT)


def test_a_file_of_the_night_before_says_nothing(tmp_path):
    path = tmp_path / "over"
    path.touch()
    written = (DUSK - timedelta(hours=12)).timestamp()
    os.utime(path, (written, written))
    with pytest.raises(UnsafeError, match="imaging goes on"):
        Night(tmp_path, f'after_file = "{path}"\nlatest = "06:32"').watch()


def test_a_rig_in_other_hands_is_waited_for(tmp_path):
    night = Night(tmp_path, 'latest = "06:32"')
    with claim_rig(night.settings), pytest.raises(UnsafeError):
        night.watch()
    assert "is in use by" in night.waits[-1]
