"""Calibration on ideal cameras and panels of every sort: what is asked for, what is found."""

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from flatctl.core.calibration.curve import curve_exposure, walk_curve
from flatctl.core.calibration.dark_levels import leak, short_level
from flatctl.core.calibration.full_scale import FRAMES_MAX, FullScale, find_full_scale
from flatctl.core.calibration.record import Calibration, relative
from flatctl.core.limits import Limits
from flatctl.core.search.response import Response


def times(shortest_s: float, longest_s: float, listed_s: tuple[float, ...] = ()) -> Limits:
    return Limits.checked((0, 255), (shortest_s, longest_s), listed_s)


ranges = st.builds(times, st.floats(1e-5, 0.2), st.floats(1.0, 300.0))
shutters = st.just(times(0.01, 30.0, (0.01, 0.02, 0.04, 0.08, 0.16, 0.3, 0.6, 1.3, 2.5, 5, 10, 20)))
Points = tuple[tuple[int, float], ...]

bits = st.sampled_from([(b, shift) for b in (8, 10, 12, 14, 16) for shift in (0, 16 - b)])
lights = st.floats(-1, 7).map(lambda x: 10**x)


def full_scale_of(converter: tuple[int, int]) -> float:
    b, shift = converter
    return float(((1 << b) - 1) << shift)


def calibration(**changes) -> Calibration:
    known = {
        "pedestal_adu": 1000.0,
        "leak_adu_s": 2.0,
        "full_scale_adu": 65535.0,
        "settle_s": 0.5,
        "exposure_s": 0.1,
        "curve": ((8, 1500.0), (128, 9000.0), (255, 45000.0)),
    }
    return Calibration(**{**known, **changes})


@given(st.floats(0.0, 1.0), st.floats(0.1, 10.0))
def test_between_two_lit_steps_the_step_for_a_level_is_that_of_a_power_law(share, exposure_s):
    light = [(level - 1000.0) / 0.1 for _, level in calibration().curve]
    wanted = light[1] * (light[2] / light[1]) ** share
    step = calibration().brightness_for(1000.0 + wanted * exposure_s, exposure_s)
    assert step == pytest.approx(128 * (255 / 128) ** share, abs=0.5001)


@pytest.mark.parametrize("exposure_s", [0.1, 0.7, 5.66956241741134])
def test_the_step_for_a_level_that_was_measured_is_known_at_any_exposure(exposure_s):
    for step, level in calibration().curve[1:]:
        scaled = 1000.0 + (level - 1000.0) / 0.1 * exposure_s
        assert calibration().brightness_for(scaled, exposure_s) == step


@pytest.mark.parametrize("level_adu", [900.0, 1100.0, 46000.0])
def test_beyond_the_measured_steps_the_step_for_a_level_is_unknown(level_adu):
    assert calibration().brightness_for(level_adu, 0.1) is None


# Pedestal and leak


@given(st.one_of(ranges, shutters), st.floats(0, 4000), st.floats(0, 20000))
def test_pedestal_and_leak_are_found(exposures, pedestal, leaking):
    tried = []

    def dark(exposure_s: float) -> float:
        tried.append(exposure_s)
        return pedestal + leaking * exposure_s

    short_adu = short_level(exposures, dark)
    assert short_adu == pedestal + leaking * exposures.shortest_s
    assert leak(exposures, short_adu, dark) == pytest.approx(leaking, rel=1e-6, abs=1e-6)
    assert all(exposures.shortest_s <= t <= exposures.longest_s for t in tried)
    assert len(tried) <= FRAMES_MAX


def test_a_leak_is_never_below_nothing():
    assert leak(times(0.001, 30.0), 1000.0, lambda exposure_s: 1000.0 - exposure_s) == 0.0


def test_a_strong_leak_is_not_exposed_into_full_scale():
    tried = []

    def dark(exposure_s: float) -> float:
        tried.append(exposure_s)
        return 1000.0 + 9000.0 * exposure_s

    leak(times(0.001, 30.0), 1000.0, dark)
    assert max(tried) == 1.0


def test_one_odd_frame_is_not_the_pedestal():
    levels = iter([900.0, 5000.0, 901.0])
    assert short_level(times(1.0, 1.0), lambda _: next(levels)) == 901.0


def test_a_camera_with_one_exposure_has_no_leak():
    assert leak(times(1.0, 1.0), 900.0, lambda _: 950.0) == 0.0


# Full scale


def searched(
    exposures: Limits, start_s: float, light: float, pedestal: float, full: float
) -> tuple[FullScale, list[float]]:
    tried = []

    def lit(exposure_s: float) -> float:
        tried.append(exposure_s)
        return float(min(round(pedestal + light * exposure_s), full))

    found = find_full_scale(exposures, start_s, pedestal, lit)
    assert len(tried) <= FRAMES_MAX
    return found, tried


@given(st.one_of(ranges, shutters), st.floats(0.01, 20), lights, st.floats(0, 0.05), bits)
def test_full_scale_is_found_wherever_the_light_suffices(
    exposures, start_s, light, pedestal_frac, converter
):
    full = full_scale_of(converter)
    assume(light * exposures.longest_s > 3.0 * full)
    search, tried = searched(exposures, start_s, light, pedestal_frac * full, full)
    assert search.full_adu == full
    assert all(exposures.shortest_s <= t <= exposures.longest_s for t in tried)


@given(st.one_of(ranges, shutters), st.floats(0.01, 20), lights, st.floats(0, 0.05), bits)
def test_no_full_scale_is_claimed_where_the_light_is_too_dim(
    exposures, start_s, light, pedestal_frac, converter
):
    full = full_scale_of(converter)
    assume(light * exposures.longest_s < 0.9 * full)
    search, _ = searched(exposures, start_s, light, pedestal_frac * full, full)
    assert search.full_adu is None


@given(
    st.floats(1e-4, 0.1),
    st.floats(0.01, 20),
    st.floats(0.004, 0.2),
    bits.map(full_scale_of).filter(lambda full: full > 4000),
)
def test_the_light_is_measured_on_a_frame_that_is_not_full(first_s, start_s, share, full):
    light = share * full / first_s
    search, _ = searched(times(first_s, 1000 * first_s), start_s, light, 0.0, full)
    assert search.light_adu_s == pytest.approx(light, rel=0.05)


def test_a_panel_too_bright_for_the_shortest_exposure_has_no_measured_light():
    search, _ = searched(times(0.1, 10.0), 1.0, 1e7, 500.0, 65535.0)
    assert (search.full_adu, search.light_adu_s) == (65535.0, None)


def test_a_panel_that_is_dark_has_no_full_scale():
    search, _ = searched(times(0.001, 10.0), 1.0, 0.0, 500.0, 65535.0)
    assert (search.full_adu, search.light_adu_s) == (None, 0.0)


# The curve


def walked(steps: range, gamma: float, top_adu: float, full: float) -> Points:
    tried = []

    def lit(brightness: int) -> float:
        assert brightness in steps
        tried.append(brightness)
        share = brightness / max(steps[-1], 1)
        return min(100.0 + top_adu * share**gamma, full)

    points = walk_curve(steps, full, lit)
    assert len(tried) <= FRAMES_MAX
    return points


@given(
    st.tuples(st.integers(0, 3), st.integers(1, 4096)).map(lambda s: range(s[0], s[0] + s[1])),
    st.floats(0.3, 3.2),
    lights,
    bits.map(full_scale_of),
)
def test_no_point_of_a_curve_is_clipped_and_they_are_sorted(steps, gamma, top_adu, full):
    points = walked(steps, gamma, top_adu, full)
    assert all(level < 0.95 * full for _, level in points)
    assert [step for step, _ in points] == sorted({step for step, _ in points})


def test_a_well_exposed_panel_gets_a_handful_of_points_up_to_its_brightest():
    points = walked(range(256), 2.2, 45000.0, 65535.0)
    assert [step for step, _ in points] == [8, 16, 32, 64, 128, 191, 255]


def test_a_panel_that_clips_at_the_top_is_measured_below():
    points = walked(range(256), 1.0, 10 * 65535.0, 65535.0)
    assert len(points) >= 3
    assert points[-1][0] < 26


def test_a_panel_of_one_step_gives_one_point_or_none():
    assert len(walked(range(1, 2), 1.0, 30000.0, 65535.0)) == 1
    assert walked(range(1, 2), 1.0, 99999.0, 65535.0) == ()


@given(ranges, lights, st.floats(0, 0.05), bits)
def test_the_curves_exposure_is_possible_and_does_not_clip(exposures, light, frac, converter):
    full = full_scale_of(converter)
    exposure_s = curve_exposure(exposures, light, frac * full, full)
    assert exposures.shortest_s <= exposure_s <= exposures.longest_s
    at_limit = exposure_s == exposures.shortest_s
    assert at_limit or frac * full + light * exposure_s <= 0.701 * full


@pytest.mark.parametrize(("light", "expected_s"), [(None, 0.001), (0.0, 10.0)])
def test_without_a_measured_light_the_curves_exposure_is_a_limit(light, expected_s):
    assert curve_exposure(times(0.001, 30.0), light, 500.0, 65535.0) == expected_s


# The result


@pytest.mark.parametrize(
    ("full_scale_adu", "found"),
    [(65535, 16), (16383, 14), (65532, 14), (4095, 12), (65520, 12), (255, 8), (50123, None)],
)
def test_the_bits_behind_a_full_scale_are_found_out(full_scale_adu, found):
    assert calibration(full_scale_adu=float(full_scale_adu)).bits == found


def test_without_full_scale_the_bits_are_not_known():
    assert calibration(full_scale_adu=None).bits is None


@given(
    st.builds(
        Calibration,
        st.floats(0, 5000),
        st.floats(0, 1000),
        st.none() | st.floats(0, 65535),
        st.none() | st.floats(0, 180),
        st.floats(1e-5, 100),
        st.lists(st.tuples(st.integers(0, 4096), st.floats(0, 65535)), max_size=8).map(tuple),
    )
)
def test_what_is_stored_comes_back(known):
    assert Calibration.from_json(known.to_json()) == known


@pytest.mark.parametrize("text", ["", "[]", "{}", "null", '{"curve": [[1]]}', '{"curve": []}'])
def test_what_is_no_calibration_is_refused(text):
    with pytest.raises(ValueError, match="not a calibration"):
        Calibration.from_json(text)


@pytest.mark.parametrize("figure", [float("nan"), float("inf"), -1.0])
def test_a_figure_that_makes_no_sense_is_refused(figure):
    with pytest.raises(ValueError, match="must be a number"):
        calibration(leak_adu_s=figure)


def test_the_search_gets_pedestal_and_curve():
    response = calibration().response
    assert response == Response.measured(1000.0, [(8, 5000.0), (128, 80000.0), (255, 440000.0)])


def test_points_that_are_not_clear_of_the_pedestal_are_no_part_of_the_response():
    assert calibration(curve=((8, 1001.0), (255, 1500.0))).response == Response(1000.0)


@pytest.mark.parametrize(
    ("change", "complete"),
    [
        ({}, True),
        ({"full_scale_adu": None}, False),
        ({"settle_s": None}, False),
        ({"curve": ()}, False),
    ],
)
def test_a_calibration_that_lacks_something_is_not_complete(change, complete):
    assert calibration(**change).complete is complete


def test_a_leak_is_told_as_a_fraction_of_a_flat():
    leaky = calibration(leak_adu_s=324.0)
    assert leaky.leak_frac(33400.0, 1.0) == pytest.approx(0.01)
    assert leaky.leak_frac(33400.0, 1000.0) == 1.0
    assert leaky.leak_frac(900.0, 1.0) == 1.0


def test_the_light_of_a_curve_is_relative_to_its_brightest_point():
    assert relative(((1, 200.0), (2, 1100.0)), 100.0) == [0.1, 1.0]
    assert relative(((1, 100.0),), 100.0) == [0.0]
    assert relative((), 100.0) == []
