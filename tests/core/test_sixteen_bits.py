import numpy as np
import pytest

from flatctl.core.pixels.sixteen_bits import to_stored, to_unsigned

LEVELS = np.arange(1 << 16, dtype=np.uint16).reshape(256, 256)


def test_every_level_is_stored_less_32768():
    assert np.array_equal(to_stored(LEVELS), LEVELS.astype(np.int32) - 32768)


def test_pixels_are_stored_big_endian():
    assert to_stored(LEVELS).dtype == ">i2"


@pytest.mark.parametrize("order", "<>")
def test_every_level_comes_back_in_native_order(order):
    pixels = to_unsigned(to_stored(LEVELS).astype(f"{order}i2"))
    assert (pixels.dtype, pixels.dtype.isnative) == (np.uint16, True)
    assert np.array_equal(pixels, LEVELS)


def test_a_cut_out_of_a_frame_is_converted_as_well():
    assert np.array_equal(to_unsigned(to_stored(LEVELS)[3:9, ::2]), LEVELS[3:9, ::2])
