"""A wait in a log: told when it begins, and ever less often the longer it takes."""

import io
from datetime import UTC, datetime, timedelta

from flatctl.events import Awaited, Preparation, Waiting
from flatctl.outputs.plain import PlainLines
from flatctl.outputs.record import RunRecord

BEGAN = datetime(2026, 11, 27, 18, 0, tzinfo=UTC)
COOLING = Awaited(Preparation.CAMERA, temperature_c=-10.0)


def lines(*waits: Waiting) -> list[str]:
    stream = io.StringIO()
    plain = PlainLines(stream)
    for event in waits:
        plain(event, RunRecord())
    return stream.getvalue().splitlines()


def cooling(after_s: float, **facts) -> Waiting:
    return Waiting(time=BEGAN + timedelta(seconds=after_s), what=COOLING, **facts)


def test_twenty_minutes_of_cooling_are_a_screenful():
    told = lines(cooling(0), *(cooling(s, present_c=20 - s / 40) for s in range(5, 1200, 5)))
    assert told[0] == "18:00:00Z  preparing the camera, cooling to -10 °C"
    assert told[1] == "18:00:05Z  preparing the camera, cooling to -10 °C, now 19.9 °C"
    assert 20 < len(told) < 30


def test_another_word_of_a_driver_is_told_at_once():
    turning = Awaited(Preparation.WHEEL, filter="Ha")
    waits = [
        Waiting(time=BEGAN + timedelta(seconds=n), what=turning, says=words)
        for n, words in enumerate(["", "put Ha in", "put Ha in", "thank you"])
    ]
    assert [line.partition("says: ")[2] for line in lines(*waits)] == ["", "put Ha in", "thank you"]


def test_another_wait_is_told_at_once():
    turning = Waiting(time=BEGAN, what=Awaited(Preparation.WHEEL, filter="Ha"))
    assert len(lines(cooling(0), turning, cooling(1))) == 3


def test_devices_that_are_reached_again_say_why():
    fault = Awaited(Preparation.DEVICES, fault="Sim CCD: its driver died")
    (line,) = lines(Waiting(time=BEGAN, what=fault))
    assert line.endswith("  reaching the devices again (Sim CCD: its driver died)")
