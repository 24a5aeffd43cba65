"""ccdproc's own way of picking files finds ours."""

import pytest
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


def test_its_reader_gets_the_pixels_in_their_unit(night):
    found = ImageFileCollection(night.folder / "FLAT")
    ccd = next(iter(found.ccds(ccd_kwargs={"unit": "adu"}, filter="L")))
    assert (ccd.shape, str(ccd.unit)) == ((360, 480), "adu")
    assert ccd.data.mean() == pytest.approx(ccd.header["FLATMED"], rel=0.02)
