"""What is said where a search or a set ends without its frames: word for word."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from flatctl.core.band import Band
from flatctl.core.limits import Limits
from flatctl.core.search import endings
from flatctl.core.search.evidence import Judged
from flatctl.core.types import Measurement, Outcome, Setting
from flatctl.events import FilterFinished
from flatctl.outputs.jsonlines import to_plain
from flatctl.outputs.sentences.endings import ending_sentence

FULL = 65535.0
BAND = Band(33400.0, 3277.0, FULL)
LIMITS = Limits.checked((0, 255), (0.1, 30.0))
FAR = (1e9, 2e9)

PAPER = "put a sheet of white paper over the panel"
UNLIT = "see whether the light is switched on, in front of the telescope, and the cover open"


def dim(step: int, exposure_s: float, level: float) -> Judged:
    return Judged(Setting(step, exposure_s), level, bright=False, clipped=False)


def bright(step: int, exposure_s: float, level: float, *, clipped: bool = False) -> Judged:
    return Judged(Setting(step, exposure_s), level, bright=True, clipped=clipped)


def seen(step: int, exposure_s: float, level: float, clipped_frac: float = 0.0) -> Measurement:
    return Measurement(Setting(step, exposure_s), level, clipped_frac)


def too_dim(*frames: Judged, enough_s: tuple[float, float] = FAR, limits: Limits = LIMITS) -> str:
    return ending_sentence(endings.too_dim(frames, BAND, limits, enough_s))


def too_bright(*frames: Judged, enough_s: tuple[float, float] = FAR) -> str:
    return ending_sentence(endings.too_bright(frames, BAND, LIMITS, enough_s))


# Too dim

SEEN = (
    "Too dim: step 255 and 30 s gave 6554 ADU (10.0 %), and the band starts at 30123 ADU (46.0 %)."
)


def test_too_dim_tells_the_brightest_frame_and_the_exposure_that_would_do():
    frames = (dim(255, 30.0, 6553.5), dim(128, 30.0, 4000.0))
    assert too_dim(*frames, enough_s=(139.0, 160.0)) == (
        f"{SEEN} Raise exposure_s.max to about 160 s."
    )


def test_a_light_of_one_step_is_not_said_to_have_steps():
    ending = endings.too_dim([dim(1, 30.0, 6553.5)], BAND, LIMITS, (139.0, 160.0))
    said = ending_sentence(replace(ending, stepless=True))
    assert said.startswith("Too dim: 30 s gave 6554 ADU")


def test_where_the_exposure_that_would_do_is_not_well_known_both_ends_are_told():
    frames = (dim(255, 30.0, 6553.5), dim(128, 30.0, 4000.0))
    assert too_dim(*frames, enough_s=(100.0, 125.0)) == (
        f"{SEEN} Raise exposure_s.max to somewhere between 100 and 120 s."
    )


def test_of_frames_alike_the_longest_and_then_the_brightest_step_is_told():
    frames = (dim(9, 30.0, 6553.5), dim(255, 30.0, 6553.5), dim(255, 1.0, 6553.5))
    assert too_dim(*frames).startswith(SEEN[:-1])


@pytest.mark.parametrize(
    ("enough_s", "said"),
    [
        ((2999.0, 2999.0), "Raise exposure_s.max"),
        ((2999.0, 9999.0), "Raise exposure_s.max"),
        ((3000.0, 3000.0), "There is next to no"),
    ],
)
def test_an_exposure_a_hundred_times_too_long_is_no_advice(enough_s, said):
    assert said in too_dim(dim(255, 30.0, 6553.5), enough_s=enough_s)


def test_next_to_no_light_asks_for_the_panel():
    assert too_dim(dim(255, 30.0, 6553.5)) == f"{SEEN} There is next to no light: {UNLIT}."


def test_a_light_that_no_brightness_changes_asks_for_the_panel():
    frames = (dim(0, 1.0, 1000.0), dim(255, 1.0, 1000.0), dim(255, 30.0, 6553.5))
    assert too_dim(*frames) == f"{SEEN} Brightness changes next to nothing: {UNLIT}."


def test_a_light_that_no_exposure_changes_either_is_told_so():
    frames = (dim(0, 1.0, 1000.0), dim(255, 1.0, 1000.0), dim(255, 30.0, 1010.0))
    assert " Brightness and exposure change nothing: " in too_dim(*frames)


def test_of_one_exposure_alone_it_is_not_said_that_exposure_changes_nothing():
    frames = (dim(0, 30.0, 6553.5), dim(255, 30.0, 6553.5))
    assert " Brightness changes next to nothing: " in too_dim(*frames)


# The plateau of a camera with fewer bits


@pytest.mark.parametrize(("level", "bits"), [(255.0, 8), (4095.0, 12), (16383.0, 14)])
def test_a_level_that_more_light_does_not_raise_is_the_camera_s_full_scale(level, bits):
    assert too_dim(dim(200, 30.0, level), dim(255, 30.0, level)).endswith(
        f" The level stays at {level:.0f} ADU however much light there is, as if the camera "
        f"delivered {bits} bits: set camera.full_scale_adu to that."
    )


# Too bright


def test_too_bright_tells_the_dimmest_setting_and_both_remedies():
    frames = (bright(9, 0.1, 50000.0), bright(0, 0.1, 49151.25), bright(0, 1.0, 60000.0))
    assert too_bright(*frames, enough_s=(0.04, 0.041)) == (
        "Too bright: step 0 and 0.1 s gave 49151 ADU (75.0 %), and the band ends at 36677 ADU "
        f"(56.0 %). P{PAPER[1:]}, or lower exposure_s.min to about 0.038 s."
    )


def test_of_a_clipped_frame_no_exposure_is_foretold():
    said = too_bright(bright(0, 0.1, FULL, clipped=True))
    assert "step 0 and 0.1 s gave full scale, and" in said
    assert said.endswith("or lower exposure_s.min below 0.1 s.")


def test_a_panel_that_does_not_obey_is_told_of_where_it_is_too_bright():
    said = too_bright(bright(0, 0.1, 50000.0), bright(255, 0.1, 50000.0), enough_s=(0.04, 0.04))
    assert " Brightness changes nothing: see whether the panel obeys. Put " in said


# The other endings


def test_pixels_that_clip_at_the_lower_end_are_told_with_their_share():
    assert ending_sentence(endings.pixels_clip(seen(12, 0.25, 30146.1, 0.0123), BAND)) == (
        "Too bright: step 12 and 0.25 s gave 30146 ADU (46.0 %), at the lower end of the band, and "
        "still 1.23 % of the pixels clip. Lower flats.target, or see what makes part of the "
        "picture so bright."
    )


def test_steps_too_coarse_tells_the_two_frames_next_to_the_band():
    frames = (
        dim(3, 1.0, 9000.0),
        dim(9, 1.0, 20000.0),
        bright(10, 1.0, 45874.5),
        bright(99, 1.0, FULL, clipped=True),
    )
    assert ending_sentence(endings.too_coarse(frames, BAND)) == (
        "Steps too coarse: step 9 and 1 s gave 20000 ADU (30.5 %), step 10 and 1 s gave 45874 ADU "
        "(70.0 %), and the band from 30123 ADU (46.0 %) to 36677 ADU (56.0 %) lies between. Allow "
        "more exposures (exposure_s.min, exposure_s.max), widen flats.tolerance, or "
        f"{PAPER}."
    )


@pytest.mark.parametrize(("changes", "by"), [((1.2, 0.5), 50), ((1.7, 0.5), 70), ((), 0)])
def test_unstable_light_is_told_with_its_greatest_change_and_the_last_frame(changes, by):
    frames = (dim(3, 1.0, 9000.0), dim(128, 1.5, 13107.0))
    assert ending_sentence(endings.unstable(frames, BAND, changes)) == (
        f"Unstable light: the level changed by up to {by} % without a reason, at last step 128 and "
        "1.5 s gave 13107 ADU (20.0 %). Let the lamp warm up, keep stray light out, or raise "
        "panel.settle_s."
    )


def test_a_search_that_ran_out_of_exposures_tells_how_far_it_came():
    frames = (dim(3, 1.0, 9000.0), dim(128, 1.5, 13107.0))
    assert ending_sentence(endings.not_found(frames, BAND, 20)) == (
        "Not found within 20 exposures: at last step 128 and 1.5 s gave 13107 ADU (20.0 %), the "
        "band goes from 30123 ADU (46.0 %) to 36677 ADU (56.0 %). See whether light and camera are "
        "steady, or widen flats.tolerance."
    )


@pytest.mark.parametrize(
    ("outcome", "remedy"),
    [
        (
            Outcome.TOO_DIM,
            "The light faded and no setting is left to make up for it: raise exposure_s.max, or "
            "let the lamp warm up.",
        ),
        (
            Outcome.TOO_BRIGHT,
            f"The light grew and no setting is left to make up for it: {PAPER}, or lower "
            "exposure_s.min.",
        ),
        (
            Outcome.UNSTABLE,
            "The light does not stand still: let the lamp warm up, keep stray light out, or raise "
            "panel.settle_s.",
        ),
    ],
)
def test_a_set_that_broke_off_tells_its_figures_and_the_remedy(outcome, remedy):
    assert ending_sentence(endings.set_broken(outcome, seen(128, 1.5, 13107.0), BAND, 7, 3)) == (
        "3 frames rejected, 7 kept; at last step 128 and 1.5 s gave 13107 ADU (20.0 %), the band "
        f"goes from 30123 ADU (46.0 %) to 36677 ADU (56.0 %). {remedy}"
    )


def test_an_event_carries_the_sentence_and_the_facts_of_an_ending():
    ending = endings.not_found((dim(3, 1.0, 9000.0),), BAND, 20)
    event = FilterFinished(
        time=datetime(2026, 1, 1, tzinfo=UTC),
        set="L",
        filter="L",
        outcome=Outcome.UNSTABLE,
        trials=20,
        flats=0,
        why=ending,
    )
    plain = to_plain(event)
    assert plain["reason"] == ending_sentence(ending)
    assert plain["finding"] == {"kind": "not_found", "figures": ending.figures}
