"""The checksum's arithmetic; whole files are checked by astropy in test_fits.py."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from flatctl.fits.checksum import ALL_ONES, encode, ones_complement_sum

words = st.lists(st.integers(0, ALL_ONES), max_size=50)


def as_bytes(numbers: list[int]) -> bytes:
    return b"".join(number.to_bytes(4, "big") for number in numbers)


@given(words)
def test_the_sum_is_the_one_of_ones_complement_arithmetic(numbers: list[int]) -> None:
    found = ones_complement_sum(as_bytes(numbers))
    assert found % ALL_ONES == sum(numbers) % ALL_ONES
    assert 0 <= found <= ALL_ONES


@given(words, words)
def test_a_sum_can_be_taken_in_parts(first: list[int], second: list[int]) -> None:
    in_parts = ones_complement_sum(as_bytes(second), ones_complement_sum(as_bytes(first)))
    assert in_parts == ones_complement_sum(as_bytes(first + second))


@given(st.integers(0, ALL_ONES))
def test_the_encoding_is_letters_and_digits_that_sum_up_to_the_value(value: int) -> None:
    text = encode(value)
    aligned = text[1:] + text[0]
    zeros = ones_complement_sum(b"0" * 16)
    assert text.isalnum()
    assert len(text) == 16
    assert ones_complement_sum(aligned.encode()) % ALL_ONES == (zeros + value) % ALL_ONES


@pytest.mark.parametrize(("value", "text"), [(868229149, "hcHjjc9ghcEghc9g")])
def test_the_example_of_the_standard_is_met(value: int, text: str) -> None:
    assert encode(ALL_ONES - value) == text


@pytest.mark.parametrize("length", [1, 2, 3, 6, 7, 4 * (1 << 18) + 2])
def test_a_length_that_is_no_multiple_of_four_counts_as_padded_with_zeros(length: int) -> None:
    content = bytes(i % 251 + 1 for i in range(length))
    padded = content + bytes(-length % 4)
    assert ones_complement_sum(content) == ones_complement_sum(padded)


def test_the_sum_of_many_words_is_that_of_plain_arithmetic() -> None:
    content = np.random.default_rng(1).bytes(4 * 700_000)
    words = [int(word) for word in np.frombuffer(content, ">u4")]
    expected = sum(words)
    while expected > 0xFFFFFFFF:
        expected = (expected & 0xFFFFFFFF) + (expected >> 32)
    assert ones_complement_sum(content) == expected
