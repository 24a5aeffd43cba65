"""Compressed frames hold the plain ones: pixel for pixel, card for card, byte for byte."""

import subprocess

import numpy as np
import pytest
from astropy.io import fits
from hypothesis import given, settings
from hypothesis import strategies as st
from storage_builders import INDI_HEADER, driver_header, flat_pixels, flat_record

from flatctl.core.pixels.sixteen_bits import to_stored
from flatctl.fits.compressed import encode_compressed
from flatctl.fits.encoding import encode_frame
from flatctl.fits.header import Header
from flatctl.storage.headers import frame_header

ODD_HEADER = driver_header(
    "SIMPLE  =                    T / as the driver has it",
    "PCOUNT  =                    0 / of an image",
    "GCOUNT  =                    1 / of an image",
    "EXTNAME = 'SENSOR  '           / a name of its own",
    "NOTES   = 'It goes on and on and on and on and on and on and on and on, until&'",
    "CONTINUE  'it ends'",
    "HIERARCH ESO DET WIN1 = 3 / long",
    "HISTORY  of the frame",
    "COMMENT  on the frame",
    "EMPTY   =                      / nothing",
)
HEADERS = {"INDI": INDI_HEADER, "odd": ODD_HEADER, "none": b""}


def joined(parts) -> bytes:
    return b"".join(parts)


def cards_of(pixels, driver=INDI_HEADER):
    return frame_header(flat_record(pixels), Header(driver), pixels.shape)


@given(
    st.tuples(st.integers(1, 40), st.integers(1, 70)),
    st.sampled_from([0, 1, 3, 255, 65535]),
    st.integers(0, 99),
)
@settings(max_examples=40)
def test_every_pixel_comes_back(tmp_path_factory, shape, spread, seed):
    random = np.random.default_rng(seed)
    pixels = random.integers(0, spread, shape, np.uint16, endpoint=True)
    path = tmp_path_factory.mktemp("packed") / "a.fits.fz"
    path.write_bytes(joined(encode_compressed(pixels, sized(pixels))))
    with fits.open(path) as units:
        assert np.array_equal(units[1].data, pixels)


def sized(pixels):
    return frame_header(flat_record(flat_pixels()), Header(INDI_HEADER), pixels.shape)


def test_stored_pixels_are_taken_as_they_are():
    pixels = flat_pixels()
    cards = cards_of(pixels)
    assert joined(encode_compressed(to_stored(pixels), cards)) == joined(
        encode_compressed(pixels, cards)
    )


@pytest.mark.filterwarnings("error")
def test_its_checksums_are_right(tmp_path):
    pixels = flat_pixels()
    path = tmp_path / "a.fits.fz"
    path.write_bytes(joined(encode_compressed(pixels, cards_of(pixels))))
    with fits.open(path, checksum=True, disable_image_compression=True) as units:
        assert [unit.verify_checksum() for unit in units] == [1, 1]
        assert [unit.verify_datasum() for unit in units] == [1, 1]


@pytest.mark.funpack
@pytest.mark.parametrize("driver", HEADERS)
@pytest.mark.parametrize("shape", [(24, 31), (33, 100), (1, 1)])
def test_funpack_gives_the_very_bytes_of_the_plain_file(tmp_path, driver, shape):
    pixels = flat_pixels(*shape)
    cards = cards_of(pixels, HEADERS[driver])
    (tmp_path / "a.fits.fz").write_bytes(joined(encode_compressed(pixels, cards)))
    subprocess.run(["funpack", "a.fits.fz"], cwd=tmp_path, check=True, timeout=60)
    assert (tmp_path / "a.fits").read_bytes() == joined(encode_frame(pixels, cards))


@pytest.mark.parametrize("electrons_per_adu", [1.0, 3.0])
def test_a_flat_of_a_camera_of_14_bits_takes_at_most_six_tenths_of_the_disk(electrons_per_adu):
    level_e = 0.5 * 16383 * electrons_per_adu
    light_e = np.random.default_rng(1).poisson(level_e, (400, 600))
    pixels = np.round(light_e / electrons_per_adu).astype(np.uint16)
    cards = sized(pixels)
    packed, plain = joined(encode_compressed(pixels, cards)), joined(encode_frame(pixels, cards))
    assert len(packed) <= 0.6 * len(plain)
