"""What people are told of a run of the sky: plan, waits, pointing, endings, and the last screen."""

import io
import time
from datetime import datetime, timedelta

import pytest
from event_streams import DUSK_BEGUN as BEGUN
from event_streams import Dusk
from rich.console import Console

from flatctl import events
from flatctl.core.quality.findings import Finding, Kind
from flatctl.core.sky.steps import Fact, Why
from flatctl.core.types import LightSource, Outcome
from flatctl.events import Awaited, Preparation
from flatctl.outputs.dashboard import Dashboard
from flatctl.outputs.jsonlines import to_plain
from flatctl.outputs.record import RunRecord
from flatctl.outputs.sentences.findings import finding_words
from flatctl.outputs.sentences.reasons import waiting_words, why_words
from flatctl.outputs.sentences.run import end_line, finish_line
from flatctl.outputs.summary import summary_lines
from flatctl.outputs.time_left import flats_end

FIGURES = {"filter": "Ha", "kept": 11, "count": 20, "sun_altitude_deg": -3.94}


@pytest.fixture(autouse=True)
def berlin(monkeypatch):
    monkeypatch.setenv("TZ", "Europe/Berlin")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


def test_the_first_plan_is_told_filter_by_filter_in_local_time() -> None:
    assert Dusk("Ha", "R").plan("Ha", "R") == [
        "plan: Ha, then R",
        "  Ha  17:00 to 17:17 CET, Sun -1.0 to -3.5°, 20 flats",
        "  R   17:10 to 17:27 CET, Sun -2.0 to -4.5°, 20 flats",
    ]


def test_a_plan_without_what_is_done_is_no_news() -> None:
    dusk = Dusk("Ha", "R", "L")
    dusk.plan("Ha", "R", "L")
    assert dusk.plan("R", "L") == []


def test_another_order_is_told() -> None:
    dusk = Dusk("Ha", "R", "L")
    dusk.plan("Ha", "R", "L")
    assert dusk.plan("L", "R") == ["new plan: L, then R"]


def test_a_plan_of_nothing_is_not_told() -> None:
    assert Dusk("Ha").plan() == []


def test_a_wait_for_the_light_says_until_when_and_where_the_sun_is() -> None:
    what = Awaited(Preparation.LIGHT, filter="R", sun_altitude_deg=-1.06, left_s=840.0)
    waiting = events.Waiting(time=BEGUN, what=what)
    assert waiting_words(waiting) == "waiting for light for R about 17:14 CET, Sun -1.1°"


def test_a_rig_without_a_wheel_has_no_filter_by_name() -> None:
    waiting = events.Waiting(time=BEGUN, what=Awaited(Preparation.LIGHT, filter=events.NO_FILTER))
    assert waiting_words(waiting) == "waiting for the light of the sky"
    assert Dusk(events.NO_FILTER).plan(events.NO_FILTER)[0] == "plan: no filter"


def test_where_the_telescope_points_is_told_in_words() -> None:
    dusk = Dusk("L")
    assert dusk.tell("pointing", alt_deg=75.0, az_deg=44.0, tracking=False) == [
        "pointing 75° high in the north-east, tracking off"
    ]


def test_a_telescope_brought_back_to_where_it_pointed_is_no_news() -> None:
    dusk = Dusk("L")
    dusk.tell("pointing", alt_deg=75.0, az_deg=44.0, tracking=False)
    assert dusk.tell("pointing", alt_deg=75.0, az_deg=46.0, tracking=False) == []


def test_a_telescope_that_creeps_away_is_told_in_the_end() -> None:
    dusk = Dusk("L")
    said = [
        dusk.tell("pointing", alt_deg=40.0, az_deg=44.0 + 2 * i, tracking=False) for i in range(8)
    ]
    assert [bool(each) for each in said] == [True, *[False] * 3, True, *[False] * 3]


def test_a_mount_that_tracks_now_is_told() -> None:
    dusk = Dusk("L")
    dusk.tell("pointing", alt_deg=75.0, az_deg=44.0, tracking=False)
    assert dusk.tell("pointing", alt_deg=75.0, az_deg=44.0, tracking=True) != []


def test_a_set_of_the_sky_has_no_start_of_its_own() -> None:
    assert Dusk("Ha").said == []


def test_a_set_that_another_twilight_began_says_so() -> None:
    dusk = Dusk("Ha")
    said = dusk.tell("filter_started", filter="Ha", wanted=20, present=8, start_exposure_s=1.0)
    assert said == ["Ha: 8 of 20 already on disk"]


def test_a_trial_says_where_the_sun_is() -> None:
    trial = {"filter": "Ha", "n": 1, "exposure_s": 2.09, "median_adu": 65535.0, "level": 1.0}
    said = Dusk("Ha").tell("trial", **trial, verdict="clipped", sun_altitude_deg=-1.24)
    assert said == ["Ha · trial 1 · 2.09 s -> 65 535 ADU (100.0 %), clipped, Sun -1.2°"]


def test_a_complete_set_tells_its_exposures_and_the_sun() -> None:
    dusk = Dusk("Ha")
    for i in range(1, 21):
        dusk.flat("Ha", i, 0.5 + 0.1 * i, -1.0 - 0.1 * i)
    dusk.tell("filter_finished", filter="Ha", outcome="complete", flats=20)
    said = finish_line(dusk.run, dusk.run.filters["Ha"])
    assert said == "Ha: complete, 20 of 20 flats, 0.600 to 2.50 s, Sun -1.1 to -3.0°"


@pytest.mark.parametrize(
    ("why", "more", "said"),
    [
        (
            Why.GONE,
            {"exposure_s": 30.0, "level": 0.18, "needed_s": 84.4},
            "The light has gone: with the Sun at -3.9° even 30.0 s would give 18 %. To take more, "
            "begin earlier, or allow longer exposures (exposure_s.max: 84 s would do at that "
            "moment); the next twilight goes on with it.",
        ),
        (
            Why.GONE,
            {"exposure_s": 0.5, "level": 0.8, "needed_s": 0.31},
            "The light has gone: with the Sun at -3.9° even 0.500 s would give 80 %. To take more, "
            "begin earlier, or allow shorter exposures (exposure_s.min: 0.31 s would do at that "
            "moment); the next twilight goes on with it.",
        ),
        (
            Why.GONE,
            {"exposure_s": 30.0, "level": 0.001, "needed_s": 15000.0},
            "The light has gone: with the Sun at -3.9° even 30.0 s would give 0 %. To take more, "
            "begin earlier, or allow longer exposures; the next twilight goes on with it.",
        ),
        (
            Why.UNSTABLE,
            {"wobble": 0.081},
            "The light changes by 8 % from frame to frame, as it does under clouds: wait for a "
            "clear sky (the next twilight goes on with it), or widen flats.tolerance.",
        ),
        (
            Why.CLIPS,
            {"level": 0.47, "exposure_s": 3.0},
            "Pixels clip at 47 % already: lower flats.target, or see what makes part of the "
            "picture so bright.",
        ),
        (
            Why.OUT_OF_TIME,
            {},
            "The Sun left its range at -3.9°: begin earlier, ask for fewer flats, or widen "
            "sky.sun_altitude_deg; the next twilight goes on with it.",
        ),
        (Why.MISSED, {}, "This twilight is over, or does not come: start before it begins."),
    ],
)
def test_a_set_that_ended_short_says_why_and_what_to_do(why, more, said) -> None:
    assert why_words(Fact(why, FIGURES | more)) == said


@pytest.mark.parametrize("why", list(Why))
def test_an_ending_without_its_figures_is_its_kind(why) -> None:
    assert why_words(Fact(why)) != ""


def test_the_reason_of_a_set_is_sentence_and_facts() -> None:
    fact = Fact(Why.GONE, {**FIGURES, "exposure_s": 30.0, "level": 0.18, "needed_s": 84.4})
    told = to_plain(
        events.FilterFinished(
            time=BEGUN,
            filter="Ha",
            set="Ha",
            outcome=Outcome.TOO_DIM,
            trials=1,
            flats=11,
            why=fact,
        )
    )
    assert told["reason"] == why_words(fact)
    assert told["finding"] == {"kind": "gone", "figures": fact.figures}


SKY = {"of": "sky"}
GRADIENT = {"gradient_frac": 0.02, "brighter_at": "left"}
BANDS = {"lines": "rows", "swing_frac": 0.01, "period_px": 20.0, "enough_s": 2.0}


@pytest.mark.parametrize(
    ("kind", "figures", "said"),
    [
        (Kind.GRADIENT, {"against": "set", **GRADIENT}, "a cloud, the edge of dome or roof"),
        (Kind.GRADIENT, {"against": "last_set", **GRADIENT}, "the sky slopes"),
        (Kind.BANDING, BANDS, "the sky does not flicker"),
        (Kind.BANDING, {"deep": "rows", **BANDS}, "the camera's read-out fails"),
        (Kind.BANDING, {"swing_frac": 0.01, "period_px": 20.0}, "the sensor's own"),
        (
            Kind.CHANNELS,
            {"weak": "R", "strong": "B", "light_frac": 0.4},
            "the sky has a colour of its own",
        ),
        (Kind.VEIL, {"against": "set", "veil_frac": 0.02}, "past the optics"),
    ],
)
def test_what_is_found_in_flats_of_the_sky_blames_no_panel(kind, figures, said) -> None:
    words = finding_words(Finding(kind, SKY | figures))
    assert said in words
    assert "panel" not in words


ENDED = {"exit_code": 0, "seconds": 60.0, "sets": {"Ha": "complete"}, "light": "off"}


@pytest.mark.parametrize(
    ("mount", "said"),
    [
        ("standing", "The mount stands still, its tracking off."),
        ("parked", "The mount is parked."),
        ("tracking", "The mount tracks, as before: flatctl may not move it."),
        ("unknown", "THE MOUNT MAY STILL TRACK: switch its tracking off, or park it."),
    ],
)
def test_the_end_says_how_the_mount_was_left(mount, said) -> None:
    dusk = Dusk("Ha")
    dusk.tell("run_finished", **ENDED, mount=mount)
    assert end_line(dusk.run).endswith(said)


def test_what_broke_a_run_off_hides_no_mount_that_may_track() -> None:
    dusk = Dusk("Ha")
    dusk.tell("run_finished", **ENDED | {"exit_code": 4}, reason="it failed", mount="unknown")
    shown = "\n".join(summary_lines(dusk.run, 80))
    assert "THE MOUNT MAY STILL TRACK" in shown


def test_a_run_without_a_panel_says_nothing_of_a_lamp() -> None:
    dusk = Dusk("Ha")
    dusk.tell("run_finished", **ENDED)
    assert "light" not in end_line(dusk.run)


def test_a_run_of_the_sky_with_a_panel_says_that_it_is_off() -> None:
    dusk = Dusk("Ha", panel_steps=255)
    dusk.tell("run_finished", **ENDED)
    assert end_line(dusk.run).endswith("The light is off.")


def test_the_last_screen_has_the_suns_altitude_where_a_panel_has_its_brightness() -> None:
    dusk = Dusk("Ha", "L")
    dusk.flat("Ha", 1, 0.5, -1.0)
    dusk.flat("Ha", 2, 2.0, -2.0)
    dusk.tell("run_finished", **ENDED)
    shown = summary_lines(dusk.run, 80)
    assert "Sun" in shown[1].split()
    assert "0.500 to 2.00 s  -1.0 to -2.0°" in shown[2]


def test_the_flats_end_when_the_plan_says_so() -> None:
    dusk = Dusk("Ha", "R")
    dusk.plan("Ha", "R")
    assert flats_end(dusk.run) == BEGUN + timedelta(minutes=12)


def drawn(run: RunRecord, now: datetime) -> str:
    screen = Console(file=io.StringIO(), width=80)
    dashboard = Dashboard(screen, lambda: now)
    dashboard.run = run
    with screen.capture() as shown:
        screen.print(dashboard)
    return shown.get()


def test_each_filter_shows_from_when_on_it_has_its_light() -> None:
    dusk = Dusk("L", "R", "Ha", "SII")
    dusk.plan("Ha", "R", "L")
    shown = drawn(dusk.run, BEGUN + timedelta(minutes=11)).splitlines()[1:5]
    states = ["from 17:20", "its turn next", "capturing", "not planned"]
    for line, state in zip(shown, states, strict=True):
        assert line.rstrip().endswith(state)


def test_what_cannot_be_drawn_ends_nothing() -> None:
    dusk = Dusk("L")
    dusk.run.light_source = LightSource.SKY

    def broken() -> datetime:
        raise ZeroDivisionError

    screen = Console(file=io.StringIO(), width=80)
    dashboard = Dashboard(screen, broken)
    dashboard.run = dusk.run
    screen.print(dashboard)
