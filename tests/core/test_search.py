"""The search, on panels and cameras of every kind."""

import pytest

from flatctl import FlatSearch, Outcome

FULL = 65535.0


def search(**changes) -> FlatSearch:
    settings = {
        "target_adu": 33400.0,
        "tolerance_adu": 3277.0,
        "full_scale_adu": FULL,
        "brightness_range": (0, 255),
        "exposure_range_s": (0.1, 30.0),
        "start": (128, 1.0),
    }
    return FlatSearch(**{**settings, **changes})


def follow(found: FlatSearch, light) -> list:
    """Let a search run on a light: a function (brightness, exposure_s) -> level in ADU."""
    path = []
    while found.outcome is None:
        path.append(found.setting)
        level = min(light(*found.setting), FULL)
        found.observe(median_adu=level, clipped_frac=1.0 if level >= FULL else 0.0)
    return path


def linear(k: float, pedestal: float = 1000.0, top: int = 255):
    return lambda b, t: pedestal + k * FULL * b / top * t


def test_a_start_in_the_band_is_accepted_at_once():
    found = search()
    path = follow(found, linear(1.0))
    assert (found.outcome, path) == (Outcome.REACHED, [(128, 1.0)])


@pytest.mark.parametrize("k", [0.01, 0.1, 0.6, 3.0, 20.0, 100.0])
def test_a_linear_panel_is_reached_whatever_the_filter_lets_through(k):
    found = search(exposure_range_s=(0.1, 120.0))
    follow(found, linear(k))
    assert found.outcome is Outcome.REACHED


def test_a_light_too_dim_at_its_best_is_told():
    found = search()
    follow(found, linear(0.001))
    assert found.outcome is Outcome.TOO_DIM
