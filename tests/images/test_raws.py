"""Raw files of DSLRs: the pixels that get light as the sensor gave them, and what was set."""

import struct
import sys

import numpy as np
import pytest
import rawpy
from dng_builder import dng_bytes, sensor, write_dng

from flatctl.core.pixels.survey import survey_channels
from flatctl.fits.header import NotReadable, OtherFormat
from flatctl.images.exif import Exposure, read_exposure
from flatctl.images.facts import Format, Missing
from flatctl.images.reading import read_facts, read_image

AREA = (4, 6, 58, 78)


@pytest.fixture
def path(tmp_path):
    return tmp_path / "IMG_0012.dng"


@pytest.mark.parametrize("area", [None, AREA, (3, 5, 59, 77)])
@pytest.mark.parametrize("pattern", ["RGGB", "GBRG"])
def test_pixels_are_those_that_get_light_as_rawpy_has_them(path, area, pattern):
    write_dng(path, sensor(area), area=area, pattern=pattern)
    image = read_image(path)
    with rawpy.imread(str(path)) as raw:
        assert np.array_equal(image.pixels, raw.raw_image_visible)
        colours = raw.raw_colors_visible
        medians = survey_channels(image.pixels, image.pattern, None)
        for name, indices in {"R": [0], "G": [1, 3], "B": [2]}.items():
            own = raw.raw_image_visible[np.isin(colours, indices)]
            assert medians[name].median == np.median(own)


def test_masked_borders_are_left_out(path):
    pixels = sensor(AREA)
    write_dng(path, pixels, area=AREA)
    assert np.array_equal(read_image(path).pixels, pixels[4:58, 6:78])
    assert read_facts(path).shape == (54, 72)


def test_levels_are_told_by_colour(path):
    write_dng(path, sensor(AREA), area=AREA, black=(1000, 1010, 1020, 1030), white=15490)
    image = read_image(path)
    assert image.black_adu == {"R": 1000, "G": 1015, "B": 1030}
    assert image.white_adu == {"R": 15490, "G": 15490, "B": 15490}
    assert image.full_scale_adu == 15490


def test_the_cell_of_six_by_six_pixels_is_read(path):
    pattern = "GBGGRGRGRBGBGBGGRGGRGGBGBGBRGRGRGGBG"
    pixels = sensor()
    write_dng(path, pixels, pattern=pattern, black=(256,) * 4)
    image = read_image(path)
    assert image.pattern == pattern
    reds = [pixels[place // 6 :: 6, place % 6 :: 6] for place in range(36) if pattern[place] == "R"]
    medians = survey_channels(image.pixels, image.pattern, None)
    assert medians["R"].median == np.median(np.concatenate([part.ravel() for part in reds]))


def test_a_sensor_without_colours_has_one_channel(path):
    pixels = sensor()
    write_dng(path, pixels, samples=1)
    image = read_image(path)
    assert np.array_equal(image.pixels, pixels)
    assert (image.pattern, image.white_adu) == (None, {"M": 15490})


def test_mixed_colours_are_named_and_not_measured(path):
    write_dng(path, sensor(), samples=3)
    assert read_facts(path).shape == (60, 80)
    with pytest.raises(OtherFormat, match="mixed colours"):
        read_image(path)


@pytest.mark.parametrize("exposure_s", [1 / 4000, 0.025, 1 / 3, 30])
def test_what_was_set_is_told(path, exposure_s):
    write_dng(path, sensor(), exposure_s=exposure_s, iso=1600, f_number=5.6)
    facts = read_facts(path)
    assert (facts.format, facts.iso, facts.f_number) == (Format.RAW, 1600, 5.6)
    assert facts.exposure_s == pytest.approx(exposure_s, rel=1e-6)
    assert (facts.camera, facts.filter, facts.gain) == ("Camera 7", None, None)


@pytest.mark.parametrize(
    ("written", "told"),
    [("2026:11:22 19:03:59", "2026-11-22T19:03:59"), ("    :  :     :  :  ", None), ("", None)],
)
def test_when_it_was_taken_is_told_by_the_cameras_clock(path, written, told):
    write_dng(path, sensor(), taken=written)
    assert read_facts(path).text("DATE-LOC") == told


def test_a_lens_without_contacts_has_no_aperture(path):
    write_dng(path, sensor(), f_number=None)
    assert read_facts(path).f_number is None


@pytest.mark.parametrize("missing", ["exposure_s", "iso"])
def test_what_is_not_told_is_none(path, missing):
    write_dng(path, sensor(), **{missing: None})
    assert getattr(read_facts(path), missing) is None


def test_facts_are_read_without_pixels(path):
    """The pixels end before their first row does; their size is told all the same."""
    content = dng_bytes(sensor())
    path.write_bytes(content[: -2 * 80 * 60 + 50])
    assert read_facts(path).shape == (60, 80)
    with pytest.raises(NotReadable, match="damaged"):
        read_image(path)


@pytest.mark.parametrize("content", [b"", b"hello", b"II*\0\x08\0\0\0", bytes(5000)])
@pytest.mark.parametrize("read", [read_facts, read_image])
def test_what_is_no_raw_file_is_told(path, content, read):
    path.write_bytes(content)
    with pytest.raises(NotReadable, match="it is damaged, or not a raw file: "):
        read(path)


def test_without_rawpy_the_line_to_install_it_is_told(path, monkeypatch):
    write_dng(path, sensor())
    monkeypatch.setitem(sys.modules, "rawpy", None)
    with pytest.raises(Missing, match="pip install rawpy"):
        read_facts(path)


def tiff(order: str, tags) -> bytes:
    """Return a TIFF of whole numbers and texts of up to three letters."""
    head = struct.pack(f"{order}2sHI", b"II" if order == "<" else b"MM", 42, 8)
    entries = [
        struct.pack(f"{order}HHI4s", tag, 2, len(value) + 1, value.encode())
        if isinstance(value, str)
        else struct.pack(f"{order}HHII", tag, 4, 1, value)
        for tag, value in tags.items()
    ]
    return head + struct.pack(f"{order}H", len(tags)) + b"".join(entries) + bytes(4)


@pytest.mark.parametrize("order", ["<", ">"])
def test_a_camera_with_boxes_tells_the_same(path, order):
    boxes = b"\0\0\0\x18ftypcrx " + bytes(40)
    boxes += b"CMT1" + tiff(order, {272: "R7"}) + b"CMT2" + tiff(order, {33434: 2, 34855: 800})
    path.write_bytes(boxes)
    assert read_exposure(path) == Exposure("R7", 2, 800)


def test_a_camera_with_its_tags_in_the_preview_tells_the_same(path):
    preview = b"\xff\xd8\xff\xe1\0\x40Exif\0\0" + tiff("<", {272: "X-T", 34855: 640, 33434: 1})
    head = b"FUJIFILMCCD-RAW ".ljust(84, b"\0") + struct.pack(">I", 200)
    path.write_bytes(head.ljust(200, b"\0") + preview)
    assert read_exposure(path) == Exposure("X-T", 1, 640)


def test_an_iso_beyond_16_bits_is_read_from_where_it_fits(path):
    path.write_bytes(tiff("<", {34855: 65535, 34866: 102400}))
    assert read_exposure(path).iso == 102400


@pytest.mark.parametrize("cut", range(0, 160, 7))
def test_a_directory_cut_short_is_no_matter(path, cut):
    whole = dng_bytes(sensor())
    path.write_bytes(whole[:cut])
    read_exposure(path)


def test_a_directory_that_points_to_itself_ends(path):
    path.write_bytes(tiff("<", {34665: 8, 34855: 100}))
    assert read_exposure(path).iso == 100
