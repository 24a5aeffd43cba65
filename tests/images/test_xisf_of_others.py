"""Files that another program wrote hold what was put into them: those of the package xisf 0.9.7."""

from pathlib import Path
from zipfile import ZipFile

import numpy as np
import pytest
from foreign_pixels import PIXELS

from flatctl.images.reading import read_facts, read_image

FILES = Path(__file__).with_name("written_by_xisf_0.9.7.zip")
NAMES = ZipFile(FILES).namelist()


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    there = tmp_path_factory.mktemp("xisf")
    ZipFile(FILES).extractall(there)
    return there


def test_they_are_of_every_type_codec_and_shuffling():
    assert len(NAMES) == len(PIXELS) * 7


@pytest.mark.parametrize("name", NAMES)
def test_pixel_for_pixel_and_keyword_for_keyword(folder, name):
    expected = PIXELS[name.partition("-")[0]]
    image = read_image(folder / name)
    assert image.pixels.dtype == expected.dtype
    assert np.array_equal(image.pixels, expected)
    facts = read_facts(folder / name)
    assert (facts.filter, facts.exposure_s, facts.gain) == ("Ha", 0.025, 100)
