"""What is said where a search or a set ends without its frames: word for word."""

import pytest
from panel_rigs import FULL

from flatctl.core.band import Band
from flatctl.core.limits import Limits
from flatctl.core.search import endings
from flatctl.core.search.evidence import Judged
from flatctl.core.types import Outcome, Setting

BAND = Band(33400.0, 3277.0, FULL)
LIMITS = Limits.checked((0, 255), (0.1, 30.0))
FAR = (1e9, 2e9)

PAPER = "put a sheet of white paper over the panel"
UNLIT = "see whether the panel is lit, in front of the telescope, and the cover open"


def dim(step: int, exposure_s: float, level: float) -> Judged:
    return Judged(Setting(step, exposure_s), level, bright=False, clipped=False)


def bright(step: int, exposure_s: float, level: float, *, clipped: bool = False) -> Judged:
    return Judged(Setting(step, exposure_s), level, bright=True, clipped=clipped)


def too_dim(*frames: Judged, enough_s: tuple[float, float] = FAR, limits: Limits = LIMITS) -> str:
    return endings.too_dim(frames, BAND, limits, enough_s)


def too_bright(*frames: Judged, enough_s: tuple[float, float] = FAR) -> str:
    return endings.too_bright(frames, BAND, LIMITS, enough_s)


# Too dim

SEEN = (
    "Too dim: step 255 and 30 s gave 6554 ADU (10.0 %), and the band starts at 30123 ADU (46.0 %)."
)


def test_too_dim_tells_the_brightest_frame_and_the_exposure_that_would_do():
    frames = (dim(255, 30.0, 6553.5), dim(128, 30.0, 4000.0))
    assert too_dim(*frames, enough_s=(139.0, 160.0)) == (
        f"{SEEN} Raise exposure_s.max to about 160 s."
    )


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
        ((29999.0, 29999.0), "Raise exposure_s.max"),
        ((29999.0, 99999.0), "Raise exposure_s.max"),
        ((30000.0, 30000.0), "There is next to no"),
    ],
)
def test_an_exposure_a_thousand_times_too_long_is_no_advice(enough_s, said):
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


@pytest.mark.parametrize(
    ("top", "second", "plateau"),
    [
        (16383.0, 16367.0, True),  # a thousandth below is the same
        (16383.0, 16366.0, False),
        (16383.0, 9000.0, False),
        (0.999 * 4095, 0.999 * 4095, True),  # at the ceiling of 12 bits
        (0.998 * 4095, 0.998 * 4095, False),  # a pedestal may lie anywhere
        (4096.0, 4096.0, False),
        (127.0, 127.0, False),  # no camera has 7 bits
        (10000.0, 9990.0, True),
        (6553.5, 6553.5, False),
        (6554.0, 6554.0, True),  # no pedestal is that high
    ],
)
def test_what_is_a_plateau_and_what_may_be_a_pedestal(top, second, plateau):
    said = too_dim(dim(200, 30.0, second), dim(255, 30.0, top))
    assert ("stays at" in said) == plateau


def test_the_same_setting_twice_is_no_plateau():
    assert "stays at" not in too_dim(dim(255, 30.0, 16383.0), dim(255, 30.0, 16383.0))


# Too bright


def test_too_bright_tells_the_dimmest_setting_and_both_mends():
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


# The light that does not listen


@pytest.mark.parametrize(
    ("low", "high", "deaf"),
    [(1000.0, 1010.0, True), (1000.0, 1011.0, False), (0.0, 0.01, True), (0.0, 0.015, False)],
)
def test_levels_within_a_hundredth_are_the_same(low, high, deaf):
    assert endings.deaf([dim(0, 1.0, low), dim(255, 1.0, high)]) is deaf


def test_only_frames_of_one_exposure_tell_whether_brightness_changes_anything():
    assert not endings.deaf([dim(0, 1.0, 1000.0), dim(255, 2.0, 1000.0)])


def test_only_different_steps_tell_it_and_only_frames_that_did_not_clip():
    assert not endings.deaf([dim(7, 1.0, 1000.0), dim(7, 1.0, 1000.0)])
    assert not endings.deaf([])
    full = [bright(step, 1.0, FULL, clipped=True) for step in (0, 255)]
    assert not endings.deaf(full)
    assert endings.deaf([*full, dim(3, 1.0, 500.0), dim(9, 1.0, 500.0)])


def test_the_dimmest_and_the_brightest_step_are_compared():
    assert not endings.deaf([dim(128, 1.0, 1000.0), dim(0, 1.0, 1000.0), dim(255, 1.0, 3000.0)])


# The other endings


def test_pixels_that_clip_at_the_lower_end_are_told_with_their_share():
    assert endings.clipped_pixels(Setting(12, 0.25), 30146.1, 0.0123, BAND) == (
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
    assert endings.too_coarse(frames, BAND) == (
        "Steps too coarse: step 9 and 1 s gave 20000 ADU (30.5 %), step 10 and 1 s gave 45874 ADU "
        "(70.0 %), and the band from 30123 ADU (46.0 %) to 36677 ADU (56.0 %) lies between. Allow "
        "more exposures (exposure_s.min, exposure_s.max), widen flats.tolerance, or "
        f"{PAPER}."
    )


@pytest.mark.parametrize(("changes", "by"), [((1.2, 0.5), 50), ((1.7, 0.5), 70), ((), 0)])
def test_unstable_light_is_told_with_its_greatest_change_and_the_last_frame(changes, by):
    frames = (dim(3, 1.0, 9000.0), dim(128, 1.5, 13107.0))
    assert endings.unstable(frames, BAND, changes) == (
        f"Unstable light: the level changed by up to {by} % without a reason, at last step 128 and "
        "1.5 s gave 13107 ADU (20.0 %). Let the lamp warm up, keep stray light out, or raise "
        "panel.settle_s."
    )


def test_a_search_that_ran_out_of_exposures_tells_how_far_it_came():
    frames = (dim(3, 1.0, 9000.0), dim(128, 1.5, 13107.0))
    assert endings.budget_spent(frames, BAND, 20) == (
        "Not found within 20 exposures: at last step 128 and 1.5 s gave 13107 ADU (20.0 %), the "
        "band goes from 30123 ADU (46.0 %) to 36677 ADU (56.0 %). See whether light and camera are "
        "steady, or widen flats.tolerance."
    )


@pytest.mark.parametrize(
    ("outcome", "mend"),
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
def test_a_set_that_broke_off_tells_its_figures_and_the_mend(outcome, mend):
    assert endings.set_broken(outcome, Setting(128, 1.5), 13107.0, BAND, 7, 3) == (
        "3 frames rejected, 7 kept; at last step 128 and 1.5 s gave 13107 ADU (20.0 %), the band "
        f"goes from 30123 ADU (46.0 %) to 36677 ADU (56.0 %). {mend}"
    )
