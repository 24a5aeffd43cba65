"""A twilight on the report: its chapter, its charts, and what to change next time."""

import time
from itertools import pairwise
from pathlib import Path

import pytest
from event_streams import Dusk, typed
from hypothesis import example, given
from hypothesis import strategies as st

from flatctl.outputs.record import RunRecord
from flatctl.outputs.report import render
from flatctl.outputs.sentences.sky_advice import advice
from flatctl.outputs.sky_charts import light_over_sun, plan_and_flats
from flatctl.outputs.thumbnail import FrameFolder
from flatctl.outputs.twilight import Twilight, twilight_of


@pytest.fixture(autouse=True)
def berlin(monkeypatch):
    monkeypatch.setenv("TZ", "Europe/Berlin")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


def page_of(run: RunRecord) -> str:
    return render(run, FrameFolder(Path("/nowhere"), run.folder))


def of(dusk: Dusk) -> Twilight:
    found = twilight_of(dusk.run)
    assert found is not None
    return found


def taken(*filters: str, flats: int = 20, every_s: float = 2.0, exposure_s: float = 1.5) -> Dusk:
    """Return a dusk in which each filter got its flats, as planned."""
    dusk = Dusk(*filters)
    dusk.plan(*filters)
    for n, name in enumerate(filters):
        for i in range(1, flats + 1):
            dusk.flat(name, i, exposure_s, -1.2 - n - 0.01 * i, 600.0 * n + every_s * i)
    return dusk


def ended(dusk: Dusk, name: str, outcome: str = "too_dim") -> Dusk:
    dusk.tell("filter_finished", filter=name, outcome=outcome, flats=0)
    return dusk


def test_a_dusk_has_a_chapter_with_both_charts_and_the_windows() -> None:
    page = page_of(taken("Ha", "R").run)
    for words in (
        "<h2>Dusk</h2>",
        "Light against the Sun&#39;s altitude",
        "Plan, and what happened",
        "17:00 to 17:17 CET, Sun -1.0 to -3.5°",
        "17:10 CET, Sun -2.2 to -2.4°",
    ):
        assert words in page


def test_a_night_with_a_panel_has_no_such_chapter() -> None:
    assert "<h2>Dusk</h2>" not in page_of(RunRecord())


def test_what_a_panel_has_is_not_told_of_the_sky() -> None:
    page = page_of(taken("Ha").run)
    assert "Brightness" not in page
    assert "Light at the end" not in page


def test_a_mount_that_may_still_track_is_the_first_thing_to_do() -> None:
    dusk = taken("Ha")
    dusk.tell("run_finished", exit_code=4, seconds=60.0, reason="it failed", mount="unknown")
    page = page_of(dusk.run)
    assert page.index("THE MOUNT MAY STILL TRACK") < page.index("it failed")


def test_a_rising_sun_makes_a_dawn_and_time_goes_to_the_right() -> None:
    dawn = Dusk("L")
    for i in range(1, 4):
        dawn.flat("L", i, 1.0, -6.0 + 0.5 * i)
    assert of(dawn).dawn
    assert "<h2>Dawn</h2>" in page_of(dawn.run)
    drawn = str(light_over_sun(of(dawn)))
    places = [float(part.split('"')[0]) for part in drawn.split('cx="')[1:]]
    assert places == sorted(places)


def test_only_the_last_of_two_twilights_is_shown() -> None:
    dusk = taken("Ha")
    dusk.tell("run_started", filters=["L"], light="sky")
    dusk.flat("L", 1, 1.0, -6.0)
    assert of(dusk).shots == 1


def test_the_light_expected_is_a_line_and_each_frame_a_dot() -> None:
    dusk = taken("Ha", "R", flats=3)
    trial = {"filter": "Ha", "n": 1, "exposure_s": 2.0, "level": 1.0, "verdict": "clipped"}
    dusk.tell("trial", **trial, sun_altitude_deg=-1.0, sky_rate_adu_s=30000.0)
    drawn = str(light_over_sun(of(dusk)))
    counted = [drawn.count(f'class="{each}"') for each in ("learned", "kept", "missed")]
    assert counted == [2, 6, 1]


def test_the_names_on_the_light_do_not_lie_over_each_other() -> None:
    filters = tuple(f"F{i}" for i in range(9))
    dusk = Dusk(*filters)
    for name in filters:
        dusk.flat(name, 1, 1.0, -3.0)
    drawn = str(light_over_sun(of(dusk)))
    names = [part.split("</text>")[0] for part in drawn.split("<text")[1:]]
    heights = sorted(float(t.split('y="')[1].split('"')[0]) for t in names if ">F" in t)
    assert all(b - a >= 11.9 for a, b in pairwise(heights))


def test_a_filter_that_was_not_planned_has_a_row_without_a_window() -> None:
    dusk = Dusk("Ha", "SII")
    dusk.plan("Ha")
    assert "not planned" in page_of(dusk.run)
    assert str(plan_and_flats(of(dusk))).count('class="window"') == 1


def test_a_name_can_not_write_into_the_page() -> None:
    page = page_of(taken("<b>x", flats=1).run)
    assert "<b>x" not in page


@given(
    st.lists(
        st.fixed_dictionaries(
            {},
            optional={
                "filter": st.sampled_from(["L", "R", ""]),
                "opens": st.sampled_from(["2026-11-09T16:00:00Z", "0002-01-01T00:00:00Z", 3]),
                "closes": st.sampled_from(["2026-11-09T16:30:00Z", "9998-12-31T23:59:59Z", None]),
                "ends": st.sampled_from(["2026-11-09T16:10:00Z", ""]),
                "sun_altitude_deg": st.lists(st.floats() | st.none(), max_size=3),
                "light_adu_s": st.lists(st.floats(), max_size=4),
                "frames": st.integers(-1, 99) | st.none(),
            },
        ),
        max_size=3,
    ),
    st.floats() | st.none(),
    st.floats() | st.none(),
)
@example([], 562949953421313.0, 1.0)
def test_a_damaged_twilight_still_gives_a_page_and_advice(filters, sun_deg, rate) -> None:
    run = Dusk("L", "R").run
    for event in (
        typed("sky_plan", filters=filters),
        typed("flat", filter="L", sun_altitude_deg=sun_deg, sky_rate_adu_s=rate, exposure_s=1.0),
        typed("filter_finished", filter="L", outcome="too_dim"),
        typed("run_finished", mount="broken"),
    ):
        run.take(event)
    assert page_of(run)


def test_a_twilight_that_went_well_asks_for_no_change() -> None:
    dusk = taken("Ha", "R")
    for name in ("Ha", "R"):
        ended(dusk, name, "complete")
    assert advice(of(dusk)) == []
    assert "Nothing to change" in page_of(dusk.run)


def test_light_that_was_right_from_the_beginning_wants_an_earlier_one() -> None:
    (said,) = advice(of(ended(taken("Ha", "R", flats=3), "Ha")))
    assert said.startswith(
        "Begin earlier: the light for Ha was right already with the Sun at -1.0°"
    )


def test_a_filter_in_no_plan_wants_an_earlier_beginning_or_fewer_flats_of_others() -> None:
    dusk = Dusk("Ha", "SII")
    dusk.plan("Ha")
    (said,) = advice(of(ended(dusk, "SII")))
    assert said.startswith("SII: in no plan")


def test_a_plan_that_was_short_from_the_beginning_wants_fewer_flats() -> None:
    dusk = Dusk("Ha", "R", wanted=40)
    dusk.plan("Ha", "R")
    (said,) = advice(of(ended(dusk, "R")))
    assert "from the beginning the plan gave it 20 of 40 flats" in said


def test_more_time_between_flats_than_in_them_wants_a_faster_camera() -> None:
    dusk = ended(taken("L", "R", flats=6, every_s=8.0), "R")
    assert "Between two flats pass 6.50 s, more than the 1.50 s" in advice(of(dusk))[-1]


def test_many_frames_that_are_no_flats_are_told() -> None:
    dusk = taken("L", flats=6)
    for n in range(1, 5):
        dusk.tell(
            "trial",
            filter="L",
            n=n,
            exposure_s=1.0,
            level=0.9,
            verdict="too_bright",
            sun_altitude_deg=-2.0,
            sky_rate_adu_s=30000.0,
        )
    assert advice(of(dusk)) == [
        "4 of 10 exposures are no flats, for their light was not what was expected. What was "
        "learned of it is kept for the next twilight; under clouds wait for a clear one."
    ]
