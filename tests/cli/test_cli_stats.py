"""`flatctl stats` with the real application behind it, on FITS files of every sort."""

import json
import os

import numpy as np
import pytest
from astropy.io import fits
from dng_builder import write_dng

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
    assert (
        lines[0]
        == f"{path}: 4 × 4 px, uint16, full scale 65535 ADU (assumed: set it with --full-scale)"
    )
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
    names = [*bad, "pipe.fits", "gone.fits"]
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


def flat(path, level, keywords=()):
    head = fits.Header([("EXPTIME", 0.025), ("ISOSPEED", 200), ("FLATPED", 100.0), *keywords])
    head["BAYERPAT"] = "RGGB"
    light = np.tile([[level // 2, level], [level, 3 * level // 4]], (30, 30))
    path.parent.mkdir(exist_ok=True)
    fits.PrimaryHDU(RNG.normal(light, 20).astype(np.uint16), head).writeto(path)
    return path


def test_the_person_with_a_card_reader_is_told_what_to_set_next(command, tmp_path):
    path = flat(tmp_path / "IMG_0012.fits", 3800)
    said = command("stats", path, "--target", "0.51", "--full-scale", "10000").stdout
    last = said.splitlines()[-1]
    assert last == (
        "IMG_0012.fits: green 38 %: brighten to 1.35 times, or 1/40 s -> 1/30 s "
        "[red 19 %, blue 28 %; full scale 10000 ADU (as given); without light 100 ADU]"
    )


def test_the_verdict_is_there_as_figures(command, tmp_path):
    path = flat(tmp_path / "a.fits", 3800)
    said = command("stats", path, "--target", "0.51", "--full-scale", "10000", "--json").stdout
    found = json.loads(said)
    assert (found["full_scale_from"], found["pedestal_adu"]) == ("given", 100.0)
    advice = found["advice"]
    assert advice["ratio"] == pytest.approx((5100 - 100) / (3800 - 100), rel=2e-3)
    assert (advice["channel"], advice["verdict"], advice["bound"]) == ("G", "too_dim", "exact")
    assert (advice["next_speed"], advice["next_exposure_s"]) == ("1/30 s", pytest.approx(1 / 30))


def test_a_folder_is_measured_with_all_below_it_and_the_rest_is_counted(command, tmp_path):
    flat(tmp_path / "100CANON" / "b.fits", 5100)
    flat(tmp_path / "101CANON" / "a.fits", 3000)
    for name in ("IMG_1.JPG", "IMG_2.JPG", "notes.txt", "._b.fits"):
        (tmp_path / name).write_bytes(b"x")
    shown = command("stats", tmp_path, "--target", "0.51", "--full-scale", "10000")
    assert shown.code == 0, shown.stderr
    assert shown.stderr == (
        "flatctl: not looked at: 2 pictures (IMG_1.JPG, IMG_2.JPG), 1 other file (notes.txt)\n"
    )
    rows = shown.stdout.splitlines()
    assert [row.split()[-1] for row in rows[2:4]] == ["100CANON/b.fits", "101CANON/a.fits"]
    assert "1/40 s    accepted" in rows[2]
    assert "1 of 2 files within 46 to 56 %" in rows


def test_a_folder_without_images_is_said_to_have_none(command, tmp_path):
    (tmp_path / "notes.txt").write_text("x")
    shown = command("stats", tmp_path)
    assert (shown.code, "no images here or below" in shown.stderr) == (7, True)


@pytest.mark.parametrize(
    ("order", "names"),
    [("name", "abc"), ("level", "cab"), ("exposure", "bca"), ("time", "bac")],
)
def test_files_are_sorted_as_wanted(command, tmp_path, order, names):
    facts = {"a": (300, 3.0, "T02"), "b": (500, 1.0, "T01"), "c": (100, 2.0, "T03")}
    for name, (level, exposure_s, time) in facts.items():
        head = fits.Header([("EXPTIME", exposure_s), ("DATE-OBS", f"2026-11-22{time}:00:00")])
        fits.PrimaryHDU(np.full((4, 4), level, np.uint16), head).writeto(tmp_path / f"{name}.fits")
    said = command("stats", tmp_path, "--sort", order, "--json").stdout
    assert [json.loads(line)["path"][-6] for line in said.splitlines()] == list(names)


def test_what_can_not_be_sorted_comes_last(command, tmp_path):
    flat(tmp_path / "b.fits", 500)
    fits.PrimaryHDU(np.full((4, 4), 100, np.uint16)).writeto(tmp_path / "a.fits")
    (tmp_path / "c.fits").write_bytes(b"")
    said = command("stats", tmp_path, "--sort", "exposure", "--json").stdout
    assert [json.loads(line)["path"][-6] for line in said.splitlines()] == ["b", "a", "c"]


def test_full_scale_that_nobody_told_is_said_to_be_assumed(measured):
    assert measured(LEVELS.astype(np.uint16))["full_scale_from"] == "assumed"
    full = np.minimum(RNG.normal(16300, 200, (60, 80)), 16383).astype(np.uint16)
    found = measured(full)
    assert (found["full_scale_from"], found["full_scale_adu"]) == ("seen", 16383)


def test_a_rig_says_what_it_is_full_at_and_what_its_target_is(command, tmp_path):
    config = tmp_path / "rig.toml"
    config.write_text(
        '[camera]\ndevice = "X"\nfull_scale_adu = 10000\n[panel]\nkind = "manual"\n'
        f'[flats]\ntarget = 0.4\n[output]\nhistory = "{tmp_path}/h.sqlite"\n'
    )
    path = flat(tmp_path / "a.fits", 3800)
    found = json.loads(command("stats", path, "--rig", config, "--json").stdout)
    assert (found["full_scale_from"], found["advice"]["verdict"]) == ("configured", "accepted")


def test_a_raw_file_says_itself_what_is_full_and_what_is_dark(command, tmp_path):
    light = np.tile([[3000, 5600], [5600, 4000]], (30, 40))
    pixels = RNG.normal(light, 30).astype(np.uint16)
    path = write_dng(tmp_path / "IMG_0012.dng", pixels, white=15490, exposure_s=0.025)
    said = command("stats", path, "--target", "0.51").stdout.splitlines()[-1]
    ratio = (0.51 * 15490 - 1024) / (5600 - 1024)
    assert said.startswith(
        f"IMG_0012.dng: green 36 %: brighten to {ratio:.2f} times, or 1/40 s -> 1/25 s ["
    )
    assert said.endswith("full scale 15490 ADU (as the raw file says); without light 1 024 ADU]")


def test_what_can_not_be_judged_is_measured_among_what_can(command, tmp_path):
    flat(tmp_path / "a.fits", 5100, [("SATURATE", 10000.0)])
    fits.PrimaryHDU(np.full((4, 4), 70000, np.int32)).writeto(tmp_path / "b.fits")
    shown = command("stats", tmp_path, "--target", "0.51")
    assert shown.code == 0, shown.stderr
    *_, count, last = shown.stdout.splitlines()
    assert count == "1 of 1 file within 46 to 56 %"
    assert last.startswith("a.fits: green 51 %: good")


def test_a_tolerance_that_is_given_counts_before_that_of_the_rig(command, tmp_path):
    config = tmp_path / "rig.toml"
    config.write_text(
        '[camera]\ndevice = "X"\nfull_scale_adu = 10000\n[panel]\nkind = "manual"\n'
        f'[flats]\ntarget = 0.4\n[output]\nhistory = "{tmp_path}/h.sqlite"\n'
    )
    path = flat(tmp_path / "a.fits", 3800)
    said = command("stats", path, "--rig", config, "--tolerance", "0.01", "--json").stdout
    advice = json.loads(said)["advice"]
    assert (advice["verdict"], advice["low"]) == ("too_dim", pytest.approx(0.39))
