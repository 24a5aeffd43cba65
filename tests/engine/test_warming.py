"""Sets taken while the lamp warms up from 70 % of its light, with a time constant of 8 s."""

from itertools import permutations
from math import sqrt

import numpy as np
import pytest
from astropy.io import fits
from bench import Bench

from flatctl import events

# Each of a bright, a usual and a dark filter as the first, the second and the last, and of the
# others those that are unlike; `make nightly` takes every order.
_ALL = [
    *permutations(("L", "R", "Ha")),
    *permutations(("L", "B", "Ha")),
    *permutations(("G", "L", "Ha")),
]
ORDERS = [
    ("L", "R", "Ha"),
    ("R", "Ha", "L"),
    ("Ha", "L", "R"),
    ("Ha", "B", "L"),
    ("B", "L", "Ha"),
    ("G", "Ha", "L"),
    ("L", "R", "G"),
    ("R", "G", "B"),
    ("B", "L", "R"),
]
ORDERS += [pytest.param(each, marks=pytest.mark.nightly) for each in _ALL if each not in ORDERS]


@pytest.mark.parametrize("filters", ORDERS, ids="-".join)
def test_a_warming_lamp_costs_at_most_six_frames_and_none_on_disk_is_out_of_the_band(
    tmp_path, filters
):
    bench = Bench(tmp_path, "warmup", filters=filters, count=10)
    assert bench.run() == 0
    not_kept = len(bench.all(events.Trial)) + len(bench.all(events.Rejected)) - len(filters)
    assert not_kept <= 6
    assert len(bench.frames) == 30
    levels = [float(np.median(fits.getdata(path))) / 65535 for path in bench.frames]
    assert all(0.46 <= level <= 0.56 for level in levels)


@pytest.mark.parametrize("filters", [("L", "R"), ("Ha", "L"), ("R", "Ha")])
def test_every_set_of_a_warming_lamp_keeps_to_one_exposure(tmp_path, filters):
    bench = Bench(tmp_path, "warmup", filters=filters, count=10)
    bench.run()
    exposures = {(e.filter, e.exposure_s) for e in bench.all(events.Flat)}
    assert len(exposures) == len(filters)


@pytest.mark.parametrize("filters", [("L", "R", "Ha"), ("Ha", "R", "L")])
def test_a_later_filter_starts_between_half_the_plans_brightness_and_the_dimmest_so_far(
    tmp_path, filters
):
    bench = Bench(tmp_path, filters=filters)
    bench.run()
    started = [e.start_brightness for e in bench.all(events.FilterStarted)]
    accepted = [e.brightness for e in bench.all(events.Trial) if e.verdict == "accepted"]
    dimmest = [min(64, *accepted[:n]) for n in (1, 2)]
    assert started == [128, *(round(sqrt(64 * step)) for step in dimmest)]
