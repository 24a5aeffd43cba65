"""ccdproc's own way of picking files finds ours."""

import numpy as np
import pytest
from astropy.nddata import CCDData
from ccdproc import ImageFileCollection


@pytest.mark.parametrize("name", ["L", "Ha"])
def test_flats_are_selected_by_filter(night, name):
    found = ImageFileCollection(night.folder / "FLAT")
    files = found.files_filtered(imagetyp="FLAT", filter=name)
    expected = [path.name for path in night.frames("FLAT") if f"FILTER-{name}_" in path.name]
    assert sorted(files) == expected
    assert len(files) == 10


def test_each_filter_is_found_in_the_summary(night):
    found = ImageFileCollection(night.folder / "FLAT", keywords=["filter", "exptime", "gain"])
    assert sorted(found.values("filter", unique=True)) == ["Ha", "L"]


def test_dark_flats_are_selected_by_the_exposure_of_their_flats(night):
    flats = ImageFileCollection(night.folder / "FLAT", keywords="*")
    darks = ImageFileCollection(night.folder / "DARKFLAT", keywords="*")
    for name in ("L", "Ha"):
        (exposure_s,) = flats.filter(filter=name).values("exptime", unique=True)
        assert len(darks.files_filtered(imagetyp="DARK", flatdark=True, exptime=exposure_s)) == 5


def test_compressed_frames_are_selected_and_read_as_the_plain_ones(night, packed_night):
    found = ImageFileCollection(packed_night.folder / "FLAT", ext=1)
    files = found.files_filtered(imagetyp="FLAT", filter="L", include_path=True)
    plain = [path for path in night.frames("FLAT") if "FILTER-L_" in path.name]
    assert len(files) == 10
    for one, other in zip(sorted(files), plain, strict=True):
        packed = CCDData.read(one, hdu=1, unit="adu")
        assert np.array_equal(packed.data, CCDData.read(other, unit="adu").data)


def test_its_reader_gets_the_pixels_in_their_unit(night):
    found = ImageFileCollection(night.folder / "FLAT")
    ccd = next(iter(found.ccds(ccd_kwargs={"unit": "adu"}, filter="L")))
    assert (ccd.shape, str(ccd.unit)) == ((360, 480), "adu")
    assert ccd.data.mean() == pytest.approx(ccd.header["FLATMED"], rel=0.02)
