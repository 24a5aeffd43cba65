import io
from pathlib import Path

import numpy as np
import pytest
from astropy.io import fits
from dng_builder import sensor, write_dng
from event_streams import write_flat
from PIL import Image
from xisf_builder import write_xisf

from flatctl.errors import StorageError
from flatctl.outputs.thumbnail import load_thumbnail


def saved(tmp_path: Path, pixels: np.ndarray, **cards: str) -> Path:
    frame = fits.PrimaryHDU(pixels)
    frame.header.update(cards)
    path = tmp_path / "frame.fits"
    frame.writeto(path)
    return path


def greys(path: Path) -> np.ndarray:
    return np.asarray(Image.open(io.BytesIO(load_thumbnail(path).png))) / 255.0


def ramp(rows: int = 100, cols: int = 120) -> np.ndarray:
    return np.linspace(1000, 3000, rows * cols).reshape(rows, cols).astype(np.uint16)


def test_a_large_frame_becomes_a_small_picture_of_the_same_shape(tmp_path: Path) -> None:
    write_flat(tmp_path / "flat.fits", 33000.0, rows=1024)
    thumbnail = load_thumbnail(tmp_path / "flat.fits")
    assert max(thumbnail.width_px, thumbnail.height_px) <= 420
    assert thumbnail.width_px / thumbnail.height_px == pytest.approx(1.25, rel=0.01)


def test_the_picture_is_stretched_between_its_darkest_and_brightest_parts(tmp_path: Path) -> None:
    grey = greys(saved(tmp_path, ramp()))
    assert (grey.min(), grey.max()) == (0.0, 1.0)


def test_the_levels_shown_as_black_and_white_are_told(tmp_path: Path) -> None:
    thumbnail = load_thumbnail(saved(tmp_path, ramp()))
    assert thumbnail.black_adu == pytest.approx(1010, abs=3)
    assert thumbnail.white_adu == pytest.approx(2990, abs=3)


def test_the_first_row_is_at_the_top(tmp_path: Path) -> None:
    grey = greys(saved(tmp_path, ramp()))
    assert grey[0].mean() < grey[-1].mean()


def test_a_frame_stored_from_the_bottom_is_turned(tmp_path: Path) -> None:
    grey = greys(saved(tmp_path, ramp(), ROWORDER="BOTTOM-UP"))
    assert grey[0].mean() > grey[-1].mean()


def test_the_colour_mosaic_does_not_show(tmp_path: Path) -> None:
    mosaic = np.tile(np.array([[1000, 2000], [2000, 1500]], np.uint16), (50, 50))
    thumbnail = load_thumbnail(saved(tmp_path, mosaic, BAYERPAT="RGGB"))
    assert thumbnail.black_adu == thumbnail.white_adu == 1625.0


def test_a_frame_of_one_level_is_a_picture_too(tmp_path: Path) -> None:
    assert np.all(greys(saved(tmp_path, np.full((20, 30), 500, np.uint16))) == 0.0)


def test_a_pixel_without_a_value_is_black(tmp_path: Path) -> None:
    pixels = ramp().astype(np.float32)
    pixels[-1, -1] = np.nan
    assert greys(saved(tmp_path, pixels))[-1, -1] == 0.0


def test_a_frame_in_three_colours_is_a_picture_too(tmp_path: Path) -> None:
    assert greys(saved(tmp_path, np.stack([ramp()] * 3))).shape == (100, 120)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(StorageError, match=r"gone\.fits: the file is not there any more"):
        load_thumbnail(tmp_path / "gone.fits")


@pytest.mark.parametrize("keep", [0, 100, 2880, 4000])
def test_a_file_cut_short_is_named(tmp_path: Path, keep: int) -> None:
    path = saved(tmp_path, ramp())
    path.write_bytes(path.read_bytes()[:keep])
    with pytest.raises(StorageError, match=r"frame\.fits"):
        load_thumbnail(path)


def test_a_file_of_something_else_is_named(tmp_path: Path) -> None:
    (tmp_path / "notes.fits").write_text("not a frame at all" * 500)
    with pytest.raises(StorageError, match=r"notes\.fits"):
        load_thumbnail(tmp_path / "notes.fits")


def test_a_spectrum_is_not_a_picture(tmp_path: Path) -> None:
    with pytest.raises(StorageError, match="no image in it"):
        load_thumbnail(saved(tmp_path, np.zeros(100, np.uint16)))


def test_contours_follow_the_light_at_round_fractions(tmp_path: Path) -> None:
    y, x = np.mgrid[0:400, 0:400]
    radius = np.hypot(x - 200, y - 200) / 283
    light = 30_000 * (1 - 0.2 * radius**2)
    contours = load_thumbnail(saved(tmp_path, light.astype(np.uint16))).contours
    assert [c.level_frac for c in contours] == pytest.approx([0.98 - 0.02 * n for n in range(8)])
    for contour in contours[:4]:
        way = 283 * np.sqrt((1 - contour.level_frac) / 0.2)
        ring = np.concatenate([np.array(line) for line in contour.lines])
        assert np.hypot(*(ring - 200).T) == pytest.approx(way, abs=5)


def test_contours_run_to_the_edge_of_the_picture(tmp_path: Path) -> None:
    pixels = np.tile(np.linspace(20_000, 30_000, 300), (200, 1)).astype(np.uint16)
    contour = load_thumbnail(saved(tmp_path, pixels)).contours[0]
    rows = [y for line in contour.lines for _, y in line]
    assert (min(rows), max(rows)) == (0.0, 200.0)


@pytest.mark.parametrize("level", [0, 500])
def test_a_frame_of_one_level_has_no_contours(tmp_path: Path, level: int) -> None:
    assert load_thumbnail(saved(tmp_path, np.full((40, 60), level, np.uint16))).contours == ()


def test_a_raw_file_and_an_xisf_file_have_pictures_of_their_lit_pixels(tmp_path: Path) -> None:
    area = (4, 6, 58, 78)
    pixels = sensor(area)
    raw = load_thumbnail(write_dng(tmp_path / "a.dng", pixels, area=area))
    lit = pixels[4:58, 6:78]
    same = load_thumbnail(write_xisf(tmp_path / "a.xisf", lit, {"BAYERPAT": "'RGGB'"}, codec="lz4"))
    assert (raw.width_px, raw.height_px) == (36, 27)
    assert raw == same
