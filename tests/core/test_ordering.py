"""Rows in order, and what is read off them: as NumPy has it, value by value."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from flatctl.core.pixels.ordering import deviation, in_order, middle, network

STACKS = st.integers(1, 40).flatmap(
    lambda count: arrays(
        np.float32,
        (count, 3),
        elements=st.one_of(st.floats(-1e4, 1e4, width=32), st.sampled_from([0.0, 1.0, 2.0])),
    )
)


def ordered(stack: np.ndarray) -> list[np.ndarray]:
    return in_order([row.copy() for row in stack])


@given(STACKS)
def test_each_column_ascends_and_keeps_its_values(stack):
    assert np.array_equal(np.array(ordered(stack)), np.sort(stack, axis=0))


@given(STACKS)
def test_the_middle_is_the_median(stack):
    assert np.array_equal(middle(ordered(stack)), np.median(stack, axis=0))


@given(STACKS)
def test_the_deviation_is_the_median_distance_from_the_median(stack):
    rows = ordered(stack)
    about = middle(rows)
    assert np.array_equal(deviation(rows, about), np.median(np.abs(stack - about), axis=0))


@pytest.mark.parametrize("count", range(1, 13))
def test_the_network_orders_whatever_is_high_and_low(count):
    """By the zero-one principle it orders everything that can be ordered then."""
    cases = np.array([[number >> bit & 1 for bit in range(count)] for number in range(1 << count)])
    rows = list(cases.T.astype(np.float32))
    assert (np.diff(np.array(in_order(rows)), axis=0) >= 0).all()


def test_the_pairs_grow_little_faster_than_the_frames():
    assert (len(network(30)), len(network(60))) == (178, 505)
