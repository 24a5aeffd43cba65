"""FITS as drivers send it, and as they should not."""

import io

import numpy as np
import pytest
from astropy.io import fits as astropy_fits
from hypothesis import given
from hypothesis import strategies as st

from flatctl.core.pixels.sixteen_bits import to_unsigned
from flatctl.fits.header import Header, read_header
from flatctl.fits.pixels import StoredImage, any_image, decode


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


def stored_by_astropy(pixels: np.ndarray, **cards: object) -> tuple[Header, bytes, np.ndarray]:
    """Return header and data of an image, and what astropy makes of them."""
    file = io.BytesIO()
    unit = astropy_fits.PrimaryHDU(pixels)
    unit.header.update(cards)
    unit.writeto(file)
    content = file.getvalue()
    header = read_header(io.BytesIO(content))
    seen = astropy_fits.open(io.BytesIO(content))[0].data
    return header, content[header.length :], seen


@pytest.mark.parametrize("dtype", ["u1", "i2", "u2", "i4", "u4", "i8", "f4", "f8"])
def test_an_image_of_any_type_is_read_as_astropy_reads_it(dtype):
    pixels = np.random.default_rng(2).integers(0, 200, (3, 5, 7)).astype(dtype)
    header, data, seen = stored_by_astropy(pixels)
    image = any_image(header, data)
    assert np.array_equal(image, seen)
    assert image.dtype == seen.dtype.newbyteorder("=")


@pytest.mark.parametrize("dtype", ["u1", "i2", "i4", "f4"])
def test_scaled_numbers_are_read_as_astropy_reads_them(dtype):
    pixels = np.arange(35).reshape(5, 7).astype(dtype)
    header, data, _ = stored_by_astropy(pixels)
    more = Header(card("BSCALE", 0.5) + card("BZERO", 10.0) + header.raw)
    assert np.allclose(any_image(more, data), 0.5 * pixels + 10.0)


def test_a_blank_pixel_is_no_number():
    header, data, _ = stored_by_astropy(np.arange(35, dtype="i2").reshape(5, 7), BLANK=3)
    assert np.isnan(any_image(header, data)[0, 3])


def test_a_single_plane_is_an_image():
    header, data, _ = stored_by_astropy(np.ones((1, 5, 7), "u2"))
    assert any_image(header, data).shape == (5, 7)


def test_colours_pixel_by_pixel_are_planes():
    header, data, _ = stored_by_astropy(np.ones((5, 7, 3), "u2"))
    assert any_image(header, data).shape == (3, 5, 7)
