"""`flatctl master` with the real application behind it, on what a run on the simulated rig left."""

import json
import shutil

import numpy as np
import pytest
from astropy.io import fits
from bench import Bench


@pytest.fixture(scope="module")
def night(tmp_path_factory):
    folder = tmp_path_factory.mktemp("night")
    assert Bench(folder, filters=("L", "R"), count=3, dark_flats=3).run() == 0
    return folder / "flats"


@pytest.fixture
def flats(night, tmp_path):
    """A folder of flats which a test may spoil."""
    return shutil.copytree(night, tmp_path / "flats")


def frames(folder, kind: str):
    return sorted(folder.rglob(f"{kind}_*.fits"))


def without_darks(folder) -> None:
    for path in frames(folder, "DARKFLAT"):
        path.unlink()


def test_a_night_makes_a_master_of_each_set(command, flats):
    ending = command("master", flats)
    assert (ending.code, ending.stderr) == (0, "")
    made = sorted(path.name.split("_2")[0] for path in (flats / "MASTER").iterdir())
    assert made == [
        "MASTERDARKFLAT_EXPTIME-1.000s_GAIN-100_BINNING-1",
        "MASTERFLAT_FILTER-L_EXPTIME-1.000s_GAIN-100_BINNING-1",
        "MASTERFLAT_FILTER-R_EXPTIME-1.000s_GAIN-100_BINNING-1",
    ]
    lines = ending.stdout.splitlines()
    assert ["master dark flat" in line for line in lines] == [False, True, True]


def test_the_same_again_makes_nothing_and_says_so(command, flats):
    command("master", flats)
    before = {path: path.stat().st_mtime_ns for path in (flats / "MASTER").iterdir()}
    ending = command("master", flats)
    assert (ending.code, ending.stdout.count("was there already")) == (0, 3)
    assert {path: path.stat().st_mtime_ns for path in (flats / "MASTER").iterdir()} == before


def test_masters_go_where_they_are_asked_to(command, flats, tmp_path):
    command("master", flats, "--output", tmp_path / "elsewhere" / "deep")
    assert len(list((tmp_path / "elsewhere" / "deep").glob("MASTER*.fits"))) == 3
    assert not (flats / "MASTER").exists()


def changed(content: bytes) -> bytes:
    return content[:-3000] + bytes([content[-3000] ^ 1]) + content[-2999:]


@pytest.mark.parametrize(
    ("damage", "said"),
    [(changed, "its data do not have the sum"), (lambda c: c[:-2880], "it is truncated")],
    ids=["changed", "truncated"],
)
def test_a_damaged_frame_is_named_left_out_and_ends_with_5(command, flats, damage, said):
    damaged = frames(flats, "FLAT_FILTER-L")[1]
    damaged.write_bytes(damage(damaged.read_bytes()))
    ending = command("master", flats)
    assert (ending.code, f"skipped {damaged}: {said}" in ending.stderr) == (5, True)
    (master,) = (flats / "MASTER").glob("MASTERFLAT_FILTER-L*")
    assert fits.getheader(master)["NCOMBINE"] == 2


def spoil(path, how: str) -> None:
    match how:
        case "empty":
            path.write_bytes(b"")
        case "half a header":
            path.write_bytes(path.read_bytes()[:2880])
        case "no FITS":
            path.write_text("these are not the flats")
        case "foreign":
            with fits.open(path, memmap=False) as file:
                fits.PrimaryHDU(file[0].data, fits.Header([("IMAGETYP", "FLAT")])).writeto(
                    path, overwrite=True
                )


@pytest.mark.parametrize("how", ["empty", "half a header", "no FITS", "foreign"])
def test_a_file_of_no_use_is_named_and_left_out(command, flats, how):
    path = frames(flats, "FLAT_FILTER-R")[0]
    spoil(path, how)
    ending = command("master", flats)
    assert (ending.code, f"skipped {path}: " in ending.stderr) == (0, True)
    (master,) = (flats / "MASTER").glob("MASTERFLAT_FILTER-R*")
    assert fits.getheader(master)["NCOMBINE"] == 2


def test_without_dark_flats_the_pedestal_given_is_subtracted(command, flats):
    without_darks(flats)
    ending = command("master", flats, "--pedestal", 1000)
    assert (
        ending.stdout.count("subtracted: a pedestal of 1000 ADU, as given: no dark flats match")
        == 2
    )


def test_without_anything_to_subtract_that_is_said(command, flats):
    without_darks(flats)
    ending = command("master", flats)
    assert ending.code == 0
    why = "no matching dark flats, no bias level calibrated before them"
    assert ending.stdout.count(f"subtracted: nothing ({why})") == 2


def test_a_pedestal_above_the_flats_makes_no_master_and_ends_with_5(command, flats):
    without_darks(flats)
    ending = command("master", flats, "--pedestal", 60000)
    assert (ending.code, ending.stdout) == (5, "")
    assert "L: no master: " in ending.stderr


def test_json_tells_every_master(command, flats):
    ending = command("master", flats, "--json")
    told = [json.loads(line) for line in ending.stdout.splitlines()]
    assert [(one["kind"], one["filter"], one["frames"], one["made"]) for one in told] == [
        ("dark_flat", None, 3, True),
        ("flat", "L", 3, True),
        ("flat", "R", 3, True),
    ]


def test_a_folder_without_flats_ends_with_7_and_says_what_to_name(command, tmp_path):
    ending = command("master", tmp_path)
    assert (ending.code, "no flats of flatctl's here or below" in ending.stderr) == (7, True)


def test_a_folder_that_is_not_there_ends_with_7(command, tmp_path):
    ending = command("master", tmp_path / "none")
    assert (ending.code, "No such file" in ending.stderr) == (7, True)


def write_light(path):
    header = fits.Header([("IMAGETYP", "Light")])
    fits.PrimaryHDU(np.zeros((48, 64), np.uint16), header).writeto(path)


def test_a_folder_of_lights_is_told_for_what_it_is(command, tmp_path):
    write_light(tmp_path / "light.fits")
    (tmp_path / "empty.fits").touch()
    said = command("master", tmp_path).stderr
    assert "but 1 light, 1 file without use (empty.fits: it is empty)" in said


def test_lights_beside_the_flats_are_counted_and_passed_over(command, flats):
    write_light(flats / "light.fits")
    ending = command("master", flats)
    assert (ending.code, ending.stderr) == (0, "flatctl: ignored other frames: 1 light\n")


def test_a_single_flat_is_a_master_that_says_what_it_lacks(command, flats):
    without_darks(flats)
    for path in frames(flats, "FLAT")[1:]:
        path.unlink()
    assert "1 flat, subtracted: nothing" in command("master", flats).stdout
    assert command("master", flats).stdout.count("too few to clip what doesn't belong") == 1


def test_images_of_other_formats_are_counted(command, flats):
    for name in ("a.xisf", "b.CR2", "c.jpg"):
        (flats / name).write_bytes(b"")
    said = command("master", flats).stderr
    assert "1 XISF file, 1 raw file, 1 picture" in said
