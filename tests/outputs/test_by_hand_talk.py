"""What the person who takes the pictures is told, in few lines."""

import io
from datetime import UTC, datetime
from pathlib import Path

import pytest

from flatctl import events
from flatctl.core.types import Verdict
from flatctl.events import Awaited, Preparation
from flatctl.outputs.by_hand import ByHandTalk, shutter
from flatctl.outputs.record import RunRecord

NOW = datetime(2026, 11, 22, 17, tzinfo=UTC)
SET = {"time": NOW, "filter": "none", "set": "none"}


class Told:
    def __init__(self):
        self.err, self.out = io.StringIO(), io.StringIO()
        self.talk = ByHandTalk(self.out, self.err)
        self.run = RunRecord()
        self(
            events.RunStarted(
                time=NOW,
                run="r",
                rig="by-hand",
                filters=("none",),
                sets=("none",),
                folder=Path("/flats/n"),
                camera="6D",
                panel="Fixed light",
                brightness_min=1,
                brightness_max=1,
                full_scale_adu=15490,
                target={"none": 0.51},
                tolerance={"none": 0.07},
            )
        )

    def __call__(self, event):
        self.run.take(event)
        self.talk(event, self.run)

    def expose(self, kind, exposure_s, n=1):
        self(events.Exposing(kind=kind, n=n, brightness=1, exposure_s=exposure_s, **SET))

    def wait(self, says="Take a picture", what=Preparation.PICTURE):
        self(events.Waiting(time=NOW, what=Awaited(what), says=says))

    @property
    def lines(self):
        return self.err.getvalue().splitlines()


@pytest.fixture
def told():
    return Told()


def started(wanted):
    return events.FilterStarted(
        start_brightness=1, start_exposure_s=0.1, trained=False, wanted=wanted, present=0, **SET
    )


def test_it_begins_with_what_is_good(told):
    assert told.lines == ["6D: full at 15 490 ADU; good is 44 to 58 % of it. Report: /flats/n"]


def test_a_speed_is_told_as_it_is_written_on_the_camera(told):
    told.expose("trial", 1 / 32)
    told.wait()
    assert told.lines[1:] == ["Set 1/30 s, then take one picture."]


def test_a_picture_that_is_there_already_is_not_asked_for(told):
    told.expose("trial", 1 / 32)
    assert told.lines[1:] == []


def test_the_same_setting_is_not_told_again_for_each_flat(told):
    told(started(3))
    told.expose("trial", 1 / 32)
    told.wait()
    for n in (2, 3):
        told.expose("flat", 1 / 32, n)
        told.wait()
    assert told.lines[2:] == ["Take 2 pictures like this."]


def test_a_trial_is_judged_in_a_word(told):
    told(
        events.Trial(
            n=1, brightness=1, exposure_s=0.1, median_adu=1000, level=0.09, clipped_frac=0.0,
            verdict=Verdict.TOO_DIM, **SET,
        )
    )  # fmt: skip
    assert told.lines[1:] == ["  9 %: too dim"]


def test_what_was_wrong_with_a_picture_is_said(told):
    told.wait("IMG_1.CR2 has ISO 1600", Preparation.ANOTHER)
    assert told.lines[1:] == ["IMG_1.CR2 has ISO 1600"]


def test_a_picture_that_nothing_announced_is_asked_for_once_in_the_cameras_words(told):
    told.expose("trial", 1 / 32)
    told.wait("Take a picture of 1/30 s")
    told.wait("Take a picture of 1/30 s without light")
    told.wait("Take a picture of 1/30 s without light")
    told.expose("trial", 1 / 32, 2)
    told.wait("Take a picture of 1/30 s")
    assert told.lines[2:] == [
        "Take a picture of 1/30 s without light",
        "Set 1/30 s, then take one picture.",
    ]


@pytest.mark.parametrize(
    ("exposure_s", "words"), [(1 / 64, "1/60 s"), (1.0, "1 s"), (32.0, "30 s"), (1.37, "1.37 s")]
)
def test_exposures_in_words(exposure_s, words):
    assert shutter(exposure_s) == words
