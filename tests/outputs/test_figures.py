import math
import time
from datetime import UTC, datetime

import pytest

from flatctl.outputs import figures


@pytest.mark.parametrize(
    ("exposure_s", "written"),
    [
        (0.1, "0.100 s"),
        (0.0012345, "0.00123 s"),
        (1.0, "1.00 s"),
        (4.2, "4.20 s"),
        (21.44, "21.4 s"),
        (120.0, "120 s"),
        (0.0, "0.00 s"),
        (math.nan, "–"),
    ],
)
def test_an_exposure_shows_three_significant_digits(exposure_s: float, written: str) -> None:
    assert figures.seconds(exposure_s) == written


@pytest.mark.parametrize(
    ("level_adu", "written"),
    [(33412.4, "33 412"), (0.0, "0"), (12.34, "12.3"), (-5.0, "-5"), (math.inf, "–")],
)
def test_a_level_is_grouped_by_thousands(level_adu: float, written: str) -> None:
    assert figures.adu(level_adu) == written


@pytest.mark.parametrize(
    ("length_s", "written"),
    [(0, "0 s"), (59.6, "1 min 00 s"), (80, "1 min 20 s"), (7500, "2 h 05 min"), (math.nan, "–")],
)
def test_a_length_of_time_reads_like_a_clock(length_s: float, written: str) -> None:
    assert figures.duration(length_s) == written


def test_a_level_is_a_percentage_of_full_scale() -> None:
    assert figures.percent(0.5098) == "51.0 %"


def test_a_brightness_without_a_known_maximum_stands_alone() -> None:
    assert figures.brightness(128, 0) == "128"


def test_one_is_not_many() -> None:
    assert (figures.plural(1, "flat"), figures.plural(1200, "flat")) == ("1 flat", "1 200 flats")


def test_prose_keeps_figures_and_units_on_one_line() -> None:
    bound = figures.kept_together("33 412 ADU in 18 min 23 s at 30.0 s, 2 scripts of 3 filters")
    assert bound.replace("\N{NO-BREAK SPACE}", "~") == (
        "33~412~ADU in 18~min~23~s at 30.0~s, 2 scripts of 3 filters"
    )


def test_nothing_from_a_device_can_steer_the_terminal() -> None:
    assert (
        figures.printable("Ha\x1b[2J\nx")
        == "Ha\N{REPLACEMENT CHARACTER}[2J\N{REPLACEMENT CHARACTER}x"
    )


@pytest.fixture
def in_zone(monkeypatch):
    def go(name: str) -> None:
        monkeypatch.setenv("TZ", name)
        time.tzset()

    yield go
    monkeypatch.undo()
    time.tzset()


@pytest.mark.parametrize(
    ("zone", "shown"),
    [
        ("CET-1CEST", "2026-11-22 18:15 CET"),
        ("<-03>3", "2026-11-22 14:15 UTC-03"),
        ("UTC0", "2026-11-22 17:15 UTC"),
    ],
)
def test_people_are_told_local_time_with_its_zone(in_zone, zone: str, shown: str) -> None:
    in_zone(zone)
    assert figures.local_time(datetime(2026, 11, 22, 17, 15, tzinfo=UTC)) == shown


@pytest.mark.parametrize(
    ("text", "written"),
    [("a pattern", "A pattern."), ("does it turn?", "Does it turn?"), ("It is off.", "It is off.")],
)
def test_what_was_found_becomes_one_sentence(text, written):
    assert figures.sentence(text) == written
