"""FITS as drivers send it, and as they should not."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from flatctl.core.pixels.sixteen_bits import to_unsigned
from flatctl.fits.pixels import StoredImage, decode


def pixels_of(image: StoredImage) -> np.ndarray:
    return to_unsigned(image.pixels()) if image.unsigned else image.pixels()


def card(keyword: str, value: object) -> bytes:
    return f"{keyword:<8}= {value!s:>20}".ljust(80).encode()


def fits(data: bytes, *, bitpix: object = 16, cols: object = 3, rows: object = 2, **more) -> bytes:
    cards = [
        card("SIMPLE", "T"),
        card("BITPIX", bitpix),
        card("NAXIS", more.pop("NAXIS", 2)),
        card("NAXIS1", cols),
        card("NAXIS2", rows),
        *(card(keyword, value) for keyword, value in more.items()),
        b"END".ljust(80),
    ]
    header = b"".join(cards)
    return header.ljust(-(-len(header) // 2880) * 2880) + data


def test_unsigned_16_bit_pixels_come_out_as_they_went_in():
    levels = np.array([[0, 1, 32767], [32768, 40000, 65535]], dtype=np.uint16)
    data = (levels.astype(np.int32) - 32768).astype(">i2").tobytes()

    pixels = pixels_of(decode(fits(data, BZERO=32768, BSCALE=1)))

    assert pixels.dtype == np.uint16
    assert pixels.dtype.isnative
    np.testing.assert_array_equal(pixels, levels)


def test_signed_pixels_below_zero_become_zero():
    data = np.array([-5, 0, 7, 300, 32767, 1], dtype=">i2").tobytes()

    assert pixels_of(decode(fits(data))).ravel().tolist() == [0, 0, 7, 300, 32767, 1]


def test_8_bit_pixels_keep_their_values():
    assert pixels_of(decode(fits(bytes([0, 1, 2, 3, 128, 255]), bitpix=8))).ravel().tolist() == [
        0, 1, 2, 3, 128, 255,
    ]  # fmt: skip


def test_the_header_is_handed_over_without_its_end():
    image = decode(fits(bytes(12), EXPTIME=1.5, FILTER="'Ha''s'   / name"))

    assert image.header.cards.endswith(card("FILTER", "'Ha''s'   / name"))
    assert len(image.header.cards) == 7 * 80
    assert image.header.real("EXPTIME") == 1.5
    assert image.header.values["FILTER"] == "Ha's"


@pytest.mark.parametrize(
    ("broken", "complaint"),
    [
        (b"", "empty"),
        (b"\xff\xd8\xff\xe0" * 100, "not a FITS file"),
        (fits(bytes(12))[:160], "no end"),
        (fits(bytes(11)), "cut off"),
        (fits(bytes(36), NAXIS=3), "3 axes"),
        (fits(bytes(12), NAXIS="two"), "NAXIS"),
        (fits(bytes(12)).replace(b"T", b"F", 1), "not a FITS file"),
        (fits(bytes(12), BZERO=""), "BZERO is blank"),
        (fits(bytes(12), BZERO="''"), "BZERO is blank"),
        (fits(bytes(12), BSCALE="/ none"), "BSCALE is blank"),
        (fits(bytes(12), cols=0), "0×2"),
        (fits(bytes(12), cols=-3), "-3×2"),
        (fits(bytes(12), cols=1000000, rows=1000000), "cut off"),
        (fits(bytes(12), cols=10**11), "no sense"),
        (fits(bytes(12), cols=10**30), "no sense"),
        (fits(bytes(24), bitpix=-32), "BITPIX -32"),
        (fits(bytes(12), BZERO=100), "BZERO 100"),
        (fits(bytes(12), BZERO="x"), "BZERO"),
        (fits(bytes(12), BSCALE=2), "BSCALE"),
        (fits(bytes(12), BSCALE="nan"), "BSCALE"),
    ],
)
def test_a_broken_file_is_refused_with_its_reason(broken: bytes, complaint: str):
    with pytest.raises(ValueError, match=complaint):
        decode(broken)


@given(st.binary(max_size=6000), st.integers(0, 2880), st.booleans())
def test_no_garbage_does_more_than_be_refused(noise: bytes, at: int, whole: bool):
    good = fits(bytes(12), EXPTIME=1.0)
    data = noise if whole else good[:at] + noise + good[at + len(noise) :]
    try:
        image = decode(data)
    except ValueError:
        return
    assert pixels_of(image).dtype == np.uint16
    assert pixels_of(image).nbytes <= 2 * len(data)


def test_unsigned_pixels_stay_where_they_are():
    data = fits(bytes(12), BZERO=32768)
    assert np.shares_memory(decode(data).pixels(), np.frombuffer(data, np.uint8))
