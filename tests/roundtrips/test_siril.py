"""Siril makes a master flat of our folder, and the light it calibrates is even."""

import re
import subprocess
from pathlib import Path

import numpy as np
import pytest
from astropy.io import fits
from nights import Night, blocks

from flatctl.images.reading import read_facts

pytestmark = pytest.mark.siril

LIGHTS = 4
SKY_E = 9000.0
PEDESTAL_ADU = 1000.0
# The noise of a pixel is 1.1 % in a light and a third of that in a master of ten flats, so that of
# a block of 24 × 24 in four lights 0.03 %; the extremes of 300 blocks lie 0.16 % apart.
BLOCK_PX = 24
VIGNETTING_MAX_FRAC = 0.005

OF_OUR_FRAMES = """\
requires 1.0.0
cd {night}/DARKFLAT
convert dark -out={work}
cd {work}
stack dark rej 3 3 -nonorm -out=master_dark
cd {night}/FLAT
convert flat -out={work}
cd {work}
{calibrate} flat -dark=master_dark
stack pp_flat rej 3 3 -norm=mul -out=master_flat
cd {lights}
convert light -out={work}
cd {work}
{calibrate} light -dark=master_dark -flat=master_flat
"""
OF_OUR_MASTERS = """\
requires 1.0.0
cd {lights}
convert light -out={work}
cd {work}
{calibrate} light -dark={dark} -flat={flat}
"""


def command() -> str:
    """Return what the installed Siril calls calibrating: it was renamed in version 1.2."""
    said = subprocess.run(["siril-cli", "--version"], capture_output=True, text=True, timeout=60)
    major, minor = re.search(r"(\d+)\.(\d+)", said.stdout).groups()
    return "preprocess" if (int(major), int(minor)) < (1, 2) else "calibrate"


def calibrate(script: str, folder: Path, **names: object) -> np.ndarray:
    """Run a script of Siril's and return the mean of the lights that it calibrated."""
    path = folder / "calibrate.ssf"
    path.write_text(script.format(work=folder, calibrate=command(), **names))
    done = subprocess.run(
        ["siril-cli", "-s", path, "-d", folder], capture_output=True, text=True, timeout=110
    )
    said = done.stdout + done.stderr
    assert "Script execution finished successfully" in said, said
    assert not re.search("warning|invalid|unknown", said, re.IGNORECASE), said
    calibrated = sorted(folder.glob("pp_light_*.fit"))
    assert len(calibrated) == LIGHTS
    return np.mean([fits.getdata(path).astype(np.float64) for path in calibrated], axis=0)


def unevenness(image: np.ndarray) -> float:
    """Return the peak-to-peak difference of the image's blocks, as a fraction of their mean."""
    means = blocks(image, BLOCK_PX)
    return float(np.ptp(means) / means.mean())


def dust_depth(image: np.ndarray, night: Night) -> float:
    """Return by how much the deepest shadows of dust lie under what surrounds them."""
    rows, cols = image.shape
    clean = night.optics.__class__(**{**vars(night.optics), "motes": 0, "prnu_frac": 0.0})
    shadow = night.relative / clean.relative(rows, cols, night.seed)
    inside = blocks(shadow, 4) < 0.96
    ratio = blocks(image / image.mean(), 4)
    return float(np.median(ratio[~inside]) - ratio[inside].mean())


@pytest.fixture(scope="module")
def lights(night, tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("sky") / "LIGHT"
    for nth in range(LIGHTS):
        night.write_light(folder / f"sky_{nth}.fits", SKY_E, "L", seed=nth + 100)
    return folder


def of_one_filter(night: Night, folder: Path) -> Path:
    """Make a folder with the frames of the lights' filter alone, as one gives it to Siril."""
    flats = [path for path in night.frames("FLAT") if "FILTER-L_" in path.name]
    exposure_s = read_facts(flats[0]).exposure_s
    darks = [p for p in night.frames("DARKFLAT") if read_facts(p).exposure_s == exposure_s]
    for path in (*flats, *darks):
        place = folder / path.parent.name / path.name
        place.parent.mkdir(exist_ok=True)
        place.symlink_to(path)
    return folder


def test_the_light_was_uneven_and_dusty(night, lights):
    raw = np.mean([fits.getdata(p).astype(float) for p in lights.iterdir()], axis=0) - PEDESTAL_ADU
    assert unevenness(raw) > 0.2
    assert dust_depth(raw, night) > 0.03


@pytest.mark.parametrize("stored", ["night", "packed_night"])
def test_a_light_calibrated_with_our_frames_is_even_and_clean(request, lights, tmp_path, stored):
    night = request.getfixturevalue(stored)
    (folder := tmp_path / "L").mkdir()
    (work := tmp_path / "work").mkdir()
    image = calibrate(OF_OUR_FRAMES, work, night=of_one_filter(night, folder), lights=lights)
    assert unevenness(image) < VIGNETTING_MAX_FRAC
    assert abs(dust_depth(image, night)) < 0.002


def test_a_light_calibrated_with_our_masters_is_even_and_clean(night, lights, masters, tmp_path):
    names = {}
    for path in masters:
        header = fits.getheader(path)
        if header["EXPTIME"] == 1.0:
            names["dark" if "DARK" in path.name else "flat"] = path.name
            (tmp_path / path.name).symlink_to(path)
    image = calibrate(OF_OUR_MASTERS, tmp_path, lights=lights, **names)
    assert unevenness(image) < VIGNETTING_MAX_FRAC
    assert abs(dust_depth(image, night)) < 0.002
