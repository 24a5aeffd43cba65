"""Headers read at a glance, against astropy and against every sort of damage."""

import gzip
import os

import numpy as np
import pytest
from astropy.io import fits
from hypothesis import given, settings
from hypothesis import strategies as st
from light_builders import BLOCK, NINA, card, header, light_bytes

from flatctl.fits.header import HEADER_BLOCKS_MAX, NotReadable
from flatctl.images.fits_files import glance, read_image


def why(path) -> str:
    with pytest.raises(NotReadable) as error:
        glance(path)
    return str(error.value)


def damaged(tmp_path, content: bytes, name: str = "a.fits") -> str:
    path = tmp_path / name
    path.write_bytes(content)
    return why(path)


def test_a_tile_compressed_image_says_what_the_image_inside_says(tmp_path):
    pixels = np.random.default_rng(1).integers(0, 60000, (41, 62), dtype=np.uint16)
    head = fits.Header([("FILTER", "Ha"), ("GAIN", 100)])
    path = tmp_path / "a.fits.fz"
    fits.HDUList([fits.PrimaryHDU(), fits.CompImageHDU(pixels, head)]).writeto(path)
    values = glance(path).values
    assert (values["NAXIS1"], values["NAXIS2"]) == (62, 41)
    assert (values["FILTER"], values["GAIN"]) == ("Ha", 100)


def test_an_image_in_the_second_part_is_found(tmp_path):
    path = tmp_path / "a.fits"
    image = fits.ImageHDU(np.zeros((4, 5), np.uint16), fits.Header([("FILTER", "Ha")]))
    fits.HDUList([fits.PrimaryHDU(), image]).writeto(path)
    assert glance(path).values["NAXIS1"] == 5


def test_a_gzipped_file_is_read(tmp_path):
    path = tmp_path / "a.fits.gz"
    path.write_bytes(gzip.compress(light_bytes()))
    assert glance(path).values["FILTER"] == "Ha"


FILLING = -(2 * 62 * 41) % BLOCK


def test_a_file_that_ends_with_its_last_pixel_is_read(tmp_path):
    path = tmp_path / "a.fits"
    path.write_bytes(light_bytes()[:-FILLING])
    assert glance(path).unfilled
    assert read_image(path).pixels.shape == (41, 62)


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "it is empty"),
        (b"hello", "it is not a FITS file"),
        (b"XISF0100" + bytes(9000), "it is an XISF file: its name should end with .xisf"),
        (bytes(10 * BLOCK), "it is not a FITS file"),
        (b"\xff\xd8\xff\xe0" * 5000, "it is not a FITS file"),
        (light_bytes()[:1000], "it is truncated: its header has no end"),
        (light_bytes()[: -FILLING - 1], "it is truncated: its end is missing (1 bytes)"),
        (header(card("SIMPLE", True), card("BITPIX", 16)), "its NAXIS is missing"),
        (header(card("SIMPLE", True), card("BITPIX", 13)), "makes no sense"),
        (
            header(card("SIMPLE", True), card("BITPIX", 16), card("NAXIS", -1)),
            "makes no sense",
        ),
        (light_bytes().replace(b"  62 /", b" -62 /"), "its NAXIS1 is -62"),
    ],
)
def test_damage_is_told(tmp_path, content, reason):
    assert reason in damaged(tmp_path, content)


def test_a_header_without_end_is_given_up(tmp_path):
    endless = card("SIMPLE", True) + b"COMMENT ".ljust(80) * (HEADER_BLOCKS_MAX + 1) * 36
    assert "header doesn't end" in damaged(tmp_path, endless)


def test_a_damaged_gzip_is_told(tmp_path):
    packed = gzip.compress(light_bytes())
    assert "can't be unpacked" in damaged(tmp_path, packed[: len(packed) // 2], "a.fits.gz")


def test_a_table_is_no_image(tmp_path):
    path = tmp_path / "a.fits"
    table = fits.BinTableHDU.from_columns([fits.Column("x", "J", array=np.arange(5))])
    fits.HDUList([fits.PrimaryHDU(), table]).writeto(path)
    assert "no image" in why(path)


def test_a_huge_sparse_file_costs_nothing(tmp_path):
    path = tmp_path / "a.fits"
    with path.open("wb") as file:
        file.truncate(1 << 40)
    assert "not a FITS file" in why(path)


def test_a_pipe_does_not_hold_the_reader_up(tmp_path):
    os.mkfifo(tmp_path / "a.fits")
    assert "not a file" in why(tmp_path / "a.fits")


def test_a_link_to_nowhere_is_told(tmp_path):
    (tmp_path / "a.fits").symlink_to(tmp_path / "gone")
    assert "can't be read: No such file" in why(tmp_path / "a.fits")


@given(st.integers(0, 2 * BLOCK), st.binary(min_size=1, max_size=300))
def test_any_damage_gets_an_answer(tmp_path_factory, start, patch):
    content = bytearray(light_bytes(NINA))
    content[start : start + len(patch)] = patch
    path = tmp_path_factory.mktemp("damage") / "a.fits"
    path.write_bytes(content)
    try:
        values = glance(path).values
    except NotReadable:
        return
    assert values["NAXIS1"] > 0


@pytest.fixture(scope="module")
def compressed(tmp_path_factory) -> bytes:
    path = tmp_path_factory.mktemp("compressed") / "a.fits.fz"
    pixels = np.random.default_rng(1).normal(30000, 180, (60, 90)).astype(np.uint16)
    fits.CompImageHDU(pixels).writeto(path)
    return path.read_bytes()


@settings(max_examples=25)
@given(st.floats(0, 1, exclude_max=True), st.binary(min_size=1, max_size=64))
def test_a_damaged_compressed_image_is_told_or_read(tmp_path_factory, compressed, place, patch):
    start = int(place * len(compressed))
    content = (compressed[:start] + patch + compressed[start + len(patch) :])[: len(compressed)]
    path = tmp_path_factory.mktemp("damage") / "a.fits.fz"
    path.write_bytes(content)
    try:
        image = read_image(path)
    except NotReadable:
        return
    assert image.pixels.size > 0


@pytest.mark.parametrize("name", ["a.fits.fz", "a.fits"])
def test_compressed_pixels_that_take_more_than_plain_ones_are_not_unpacked(tmp_path, name):
    """A tile of many zeros, which no tile of that image can be, before memory is asked for them."""
    pixels = np.random.default_rng(1).integers(0, 65536, (300, 400), np.uint16)
    path = tmp_path / name
    fits.CompImageHDU(pixels, compression_type="GZIP_1").writeto(path)
    assert read_image(path).pixels.shape == (300, 400)
    said = path.read_bytes()
    for axis, large, small in (("ZNAXIS1", 400, 40), ("ZNAXIS2", 300, 3)):
        start = said.index(axis.encode())
        said = (
            said[:start]
            + said[start : start + 80].replace(
                str(large).rjust(20).encode(), str(small).rjust(20).encode()
            )
            + said[start + 80 :]
        )
    path.write_bytes(said)
    with pytest.raises(NotReadable, match="more bytes than plain ones could"):
        read_image(path)
