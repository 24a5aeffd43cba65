"""`flatctl stats` with the real application behind it, on FITS files of every sort."""

import json
import os

import numpy as np
import pytest
from astropy.io import fits

RNG = np.random.default_rng(1)
LEVELS = RNG.integers(100, 250, (40, 60))


@pytest.fixture
def measured(command, tmp_path):
    """Measure one image as JSON."""

    def run(pixels, keywords=(), *, compressed=False, options=()) -> dict:
        path = tmp_path / "a.fits"
        head = fits.Header(list(keywords))
        if compressed:
            fits.HDUList([fits.PrimaryHDU(), fits.CompImageHDU(pixels, head)]).writeto(path)
        else:
            fits.PrimaryHDU(pixels, head).writeto(path, overwrite=True)
        shown = command("stats", path, "--json", *options)
        assert shown.code == 0, shown.stderr
        return json.loads(shown.stdout)

    return run


@pytest.mark.parametrize(
    "dtype", [np.uint8, np.int16, np.uint16, np.int32, np.uint32, np.float32, np.float64]
)
def test_every_type_of_pixels_is_measured(measured, dtype):
    found = measured(LEVELS.astype(dtype))["adu"]["all"]
    assert found["median"] == np.median(LEVELS)
    assert found["std"] == pytest.approx(LEVELS.std(), rel=1e-6)


def test_a_compressed_image_is_measured(measured):
    found = measured(LEVELS.astype(np.uint16), compressed=True)
    assert found["adu"]["all"]["mean"] == pytest.approx(LEVELS.mean())


def test_all_figures_are_there_in_both_units(measured):
    found = measured(LEVELS.astype(np.uint16))
    keys = {
        "count", "mean", "median", "average_deviation", "std", "mad", "min", "max", "clipped_frac",
    }  # fmt: skip
    assert set(found["adu"]["all"]) == set(found["normalised"]["all"]) == keys
    assert found["normalised"]["all"]["max"] == found["adu"]["all"]["max"] / 65535


def test_a_bayer_image_is_measured_by_colour(measured):
    pixels = np.tile(np.array([[10, 20], [20, 30]], np.uint16), (5, 5))
    found = measured(pixels, [("BAYERPAT", "BGGR")])["adu"]
    assert [found[name]["mean"] for name in "RGB"] == [30, 20, 10]


def test_a_colour_image_is_measured_by_plane(measured):
    planes = np.stack([np.full((4, 5), level, np.uint16) for level in (1, 2, 3)])
    assert measured(planes)["adu"]["B"]["mean"] == 3


def test_full_scale_comes_from_the_header_before_the_type(measured):
    found = measured(np.full((4, 4), 4095, np.uint16), [("FLATFULL", 4095.0)])
    assert found["normalised"]["all"]["clipped_frac"] == 1.0


def test_full_scale_can_be_given(measured):
    found = measured(np.full((4, 4), 8191, np.uint16), options=("--full-scale", "16382"))
    assert found["normalised"]["all"]["mean"] == 0.5


def test_the_table_names_the_figures(command, tmp_path):
    path = tmp_path / "a.fits"
    fits.PrimaryHDU(np.full((4, 4), 100, np.uint16)).writeto(path)
    lines = command("stats", path).stdout.splitlines()
    assert lines[0] == f"{path}: 4 × 4 px, uint16, full scale 65535 ADU"
    assert [line.split("  ")[0] for line in lines[2:11]] == [
        "count", "mean", "median", "average deviation", "std", "MAD", "min", "max", "clipped",
    ]  # fmt: skip


def test_bad_files_are_named_the_good_ones_measured_and_the_end_is_7(command, tmp_path):
    good = tmp_path / "good.fits"
    fits.PrimaryHDU(np.ones((400, 400), np.uint16)).writeto(good)
    content = good.read_bytes()
    bad = {
        "empty.fits": b"",
        "text.fits": b"hello",
        "cut.fits": content[:9000],
        "odd.fits": content.replace(
            b"BITPIX  =                   16", b"BITPIX  =                   17"
        ),
    }
    for name, damage in bad.items():
        (tmp_path / name).write_bytes(damage)
    os.mkfifo(tmp_path / "pipe.fits")
    names = [*bad, "pipe.fits", "gone.fits", "."]
    shown = command("stats", *(tmp_path / name for name in names), good)
    assert shown.code == 7
    assert len(shown.stderr.splitlines()) == len(names)
    assert good.name in shown.stdout


def test_a_bad_file_is_an_object_with_its_problem(command, tmp_path):
    shown = command("stats", tmp_path / "gone.fits", "--json")
    assert json.loads(shown.stdout).keys() == {"path", "problem"}


def test_a_float_image_of_nothing_is_a_problem(command, tmp_path):
    path = tmp_path / "a.fits"
    fits.PrimaryHDU(np.full((4, 4), np.nan)).writeto(path)
    shown = command("stats", path)
    assert shown.code == 7
    assert "no pixel" in shown.stderr


def test_an_unknown_clipping_is_null(measured):
    assert measured(np.array([[0.5, 1.5]]))["adu"]["all"]["clipped_frac"] is None


def test_several_files_have_a_row_each(command, tmp_path):
    paths = [tmp_path / f"{level}.fits" for level in (100, 300)]
    for path, level in zip(paths, (100, 300), strict=True):
        head = fits.Header([("BAYERPAT", "RGGB")])
        fits.PrimaryHDU(np.full((4, 4), level, np.uint16), head).writeto(path)
    title, headings, *rows = command("stats", *paths).stdout.splitlines()
    assert title == f"{tmp_path}, in ADU"
    assert headings.split()[:2] == ["Median", "(0-1)"]
    assert [(row.split()[0], row.split()[-1]) for row in rows if row] == [
        ("100", "100.fits"),
        ("300", "300.fits"),
    ]
    assert "R 300, G 300, B 300" in rows[1]


def test_several_files_have_all_their_figures_where_that_is_wanted(command, tmp_path):
    paths = [tmp_path / "a.fits", tmp_path / "b.fits"]
    for path in paths:
        fits.PrimaryHDU(np.full((4, 4), 100, np.uint16)).writeto(path)
    said = command("stats", *paths, "--each").stdout
    assert said.count("average deviation") == 2
