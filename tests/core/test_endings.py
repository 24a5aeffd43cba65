"""What kept a search or a set from its frames: kinds, figures and proofs."""

import pytest
from panel_rigs import FULL, measured

from flatctl.core.band import Band
from flatctl.core.limits import Limits
from flatctl.core.search import endings
from flatctl.core.search.endings import Ending
from flatctl.core.search.evidence import Judged
from flatctl.core.types import Measurement, Outcome, Setting

BAND = Band(33400.0, 3277.0, FULL)
LIMITS = Limits.checked((0, 255), (0.1, 30.0))
FAR = (1e9, 2e9)


def dim(step: int, exposure_s: float, level: float) -> Judged:
    return Judged(Setting(step, exposure_s), level, bright=False, clipped=False)


def bright(step: int, exposure_s: float, level: float, *, clipped: bool = False) -> Judged:
    return Judged(Setting(step, exposure_s), level, bright=True, clipped=clipped)


def too_dim(
    *frames: Judged, enough_s: tuple[float, float] = FAR, limits: Limits = LIMITS
) -> Ending:
    return endings.too_dim(frames, BAND, limits, enough_s)


def too_bright(*frames: Judged, enough_s: tuple[float, float] = FAR) -> Ending:
    return endings.too_bright(frames, BAND, LIMITS, enough_s)


# Too dim


def test_too_dim_carries_the_brightest_frame_and_the_exposure_that_would_do():
    found = too_dim(dim(255, 30.0, 6553.5), dim(128, 30.0, 4000.0), enough_s=(139.0, 160.0))
    assert found == Ending(
        "needs_longer",
        BAND,
        {
            "brightness": 255,
            "exposure_s": 30.0,
            "level_adu": 6553.5,
            "enough_min_s": 139.0,
            "enough_max_s": 160.0,
        },
    )


def test_of_frames_alike_the_longest_and_then_the_brightest_step_is_carried():
    figures = too_dim(dim(9, 30.0, 6553.5), dim(255, 30.0, 6553.5), dim(255, 1.0, 6553.5)).figures
    assert (figures["brightness"], figures["exposure_s"]) == (255, 30.0)


@pytest.mark.parametrize(
    ("enough_s", "kind"),
    [
        ((2999.0, 2999.0), "needs_longer"),
        ((2999.0, 9999.0), "needs_longer"),
        ((3000.0, 3000.0), "no_light"),
    ],
)
def test_an_exposure_a_hundred_times_too_long_is_no_advice(enough_s, kind):
    assert too_dim(dim(255, 30.0, 6553.5), enough_s=enough_s).kind == kind


@pytest.mark.parametrize(
    ("longer", "kind"),
    [
        (dim(255, 30.0, 6553.5), "unresponsive"),
        (dim(255, 30.0, 1010.0), "unresponsive_to_all"),
        (dim(128, 1.0, 1000.0), "unresponsive"),  # one exposure alone tells nothing of exposures
    ],
)
def test_what_the_light_does_not_respond_to(longer, kind):
    assert too_dim(dim(0, 1.0, 1000.0), dim(255, 1.0, 1000.0), longer).kind == kind


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
    found = too_dim(dim(200, 30.0, second), dim(255, 30.0, top))
    assert (found.kind == "plateau") == plateau


def test_the_same_setting_twice_is_no_plateau():
    assert too_dim(dim(255, 30.0, 16383.0), dim(255, 30.0, 16383.0)).kind != "plateau"


# Too bright


def test_too_bright_carries_the_dimmest_setting_and_the_exposure_that_would_do():
    frames = (bright(9, 0.1, 50000.0), bright(0, 0.1, 49151.0), bright(0, 1.0, 60000.0))
    assert too_bright(*frames, enough_s=(0.04, 0.041)) == Ending(
        "needs_shorter",
        BAND,
        {
            "brightness": 0,
            "exposure_s": 0.1,
            "level_adu": 49151.0,
            "shortest_s": 0.1,
            "enough_min_s": 0.04,
            "enough_max_s": 0.041,
        },
    )


def test_of_a_clipped_frame_no_exposure_is_foretold():
    assert "enough_min_s" not in too_bright(bright(0, 0.1, FULL, clipped=True)).figures


def test_a_panel_that_does_not_obey_is_told_apart_where_it_is_too_bright():
    assert too_bright(bright(0, 0.1, 50000.0), bright(255, 0.1, 50000.0)).kind == "always_bright"


# The light that does not respond


@pytest.mark.parametrize(
    ("low", "high", "unresponsive"),
    [(1000.0, 1010.0, True), (1000.0, 1011.0, False), (0.0, 0.01, True), (0.0, 0.015, False)],
)
def test_levels_within_a_hundredth_are_the_same(low, high, unresponsive):
    assert endings.unresponsive([dim(0, 1.0, low), dim(255, 1.0, high)]) is unresponsive


def test_only_frames_of_one_exposure_tell_whether_brightness_changes_anything():
    assert not endings.unresponsive([dim(0, 1.0, 1000.0), dim(255, 2.0, 1000.0)])


def test_only_different_steps_tell_it_and_only_frames_that_did_not_clip():
    assert not endings.unresponsive([dim(7, 1.0, 1000.0), dim(7, 1.0, 1000.0)])
    assert not endings.unresponsive([])
    full = [bright(step, 1.0, FULL, clipped=True) for step in (0, 255)]
    assert not endings.unresponsive(full)
    assert endings.unresponsive([*full, dim(3, 1.0, 500.0), dim(9, 1.0, 500.0)])


def test_the_dimmest_and_the_brightest_step_are_compared():
    assert not endings.unresponsive(
        [dim(128, 1.0, 1000.0), dim(0, 1.0, 1000.0), dim(255, 1.0, 3000.0)]
    )


# The other endings


def test_pixels_that_clip_carry_their_share():
    frame = Measurement(Setting(12, 0.25), 30146.0, 0.0123)
    found = endings.pixels_clip(frame, BAND)
    assert (found.kind, found.figures["clipped_frac"]) == ("pixels_clip", 0.0123)


def test_steps_too_coarse_carry_the_two_frames_next_to_the_band():
    found = endings.too_coarse(
        (
            dim(3, 1.0, 9000.0),
            dim(9, 1.0, 20000.0),
            bright(10, 2.0, 45874.0),
            bright(99, 1.0, FULL),
        ),
        BAND,
    )
    assert found == Ending(
        "too_coarse",
        BAND,
        {
            "brightness": 9,
            "exposure_s": 1.0,
            "level_adu": 20000.0,
            "above_brightness": 10,
            "above_exposure_s": 2.0,
            "above_level_adu": 45874.0,
        },
    )


@pytest.mark.parametrize(("changes", "by"), [((1.2, 0.5), 0.5), ((1.7, 0.5), 0.7), ((), 0.0)])
def test_unstable_light_carries_its_greatest_change_and_the_last_frame(changes, by):
    found = endings.unstable((dim(3, 1.0, 9000.0), dim(128, 1.5, 13107.0)), BAND, changes)
    assert (found.kind, found.figures["brightness"]) == ("unstable", 128)
    assert found.figures["change_frac"] == pytest.approx(by)


def test_a_search_that_ran_out_of_exposures_carries_their_number_and_the_last_frame():
    found = endings.not_found((dim(3, 1.0, 9000.0), dim(128, 1.5, 13107.0)), BAND, 20)
    assert (found.kind, found.figures["trials"], found.figures["brightness"]) == (
        "not_found",
        20,
        128,
    )


@pytest.mark.parametrize(
    ("outcome", "kind"),
    [(Outcome.TOO_DIM, "faded"), (Outcome.TOO_BRIGHT, "grew"), (Outcome.UNSTABLE, "unsteady")],
)
def test_a_set_that_broke_off_carries_its_last_frame_and_its_counts(outcome, kind):
    assert endings.set_broken(outcome, measured(128, 1.5, 13107.0), BAND, 7, 3) == Ending(
        kind,
        BAND,
        {"brightness": 128, "exposure_s": 1.5, "level_adu": 13107.0, "kept": 7, "rejected": 3},
    )
