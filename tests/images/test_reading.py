"""The one door to images: what it says of a file is the same whatever the file's format."""

import gzip

import numpy as np
import pytest
from astropy.io import fits
from light_builders import light_bytes

from flatctl.fits.header import NotReadable
from flatctl.images import reading
from flatctl.images.facts import Format
from flatctl.images.reading import read_facts, read_image

PIXELS = np.random.default_rng(17).integers(0, 65536, (42, 62), dtype=np.uint16)
SAID = {"EXPTIME": "0.025", "ISOSPEED": 800, "FOCRATIO": 4.0, "INSTRUME": "Camera 7"}


def plain(path):
    fits.PrimaryHDU(PIXELS, fits.Header({**SAID, "BAYERPAT": "GRBG"})).writeto(path)


def compressed(path):
    inside = fits.CompImageHDU(PIXELS, fits.Header({**SAID, "BAYERPAT": "GRBG"}))
    fits.HDUList([fits.PrimaryHDU(), inside]).writeto(path)


def zipped(path):
    plain(path.with_name("x.fits"))
    path.write_bytes(gzip.compress(path.with_name("x.fits").read_bytes()))


WRITERS = {
    "a.fits": plain,
    "a.fits.fz": compressed,
    "packed-inside.fit": compressed,
    "a.fits.gz": zipped,
}


@pytest.mark.parametrize("name", WRITERS)
def test_facts_and_pixels_are_the_same_of_every_kind(tmp_path, name):
    path = tmp_path / name
    WRITERS[name](path)
    image = read_image(path)
    facts = read_facts(path)
    assert np.array_equal(image.pixels, PIXELS)
    assert (facts.format, facts.shape, image.pattern) == (Format.FITS, (42, 62), "GRBG")
    assert (facts.exposure_s, facts.iso, facts.f_number) == (0.025, 800, 4)
    assert (facts.camera, facts.filter, facts.gain) == ("Camera 7", None, None)
    assert image.facts == facts


@pytest.mark.parametrize(
    "shape", [(42, 62), (1, 42, 62), (3, 42, 62), (42, 62, 3), (1, 1, 42, 62), (1, 3, 4, 4)]
)
@pytest.mark.parametrize("hdu", [fits.PrimaryHDU, fits.CompImageHDU])
def test_facts_have_the_shape_of_the_pixels(tmp_path, shape, hdu):
    path = tmp_path / "a.fits"
    hdu(np.zeros(shape, np.uint16)).writeto(path)
    assert read_facts(path).shape == read_image(path).pixels.shape


def test_a_header_tells_where_a_pixel_is_full(tmp_path):
    path = tmp_path / "a.fits"
    path.write_bytes(light_bytes({"SATURATE": "15490", "SATLEVEL": 1.0}))
    assert read_image(path).full_scale_adu == 15490


@pytest.mark.parametrize("said", [-1, 0, "unknown", True])
def test_a_senseless_full_scale_is_none(tmp_path, said):
    path = tmp_path / "a.fits"
    path.write_bytes(light_bytes({"SATURATE": said}))
    assert read_image(path).full_scale_adu is None


def test_whatever_a_library_raises_is_told_of_the_file(tmp_path, monkeypatch):
    def break_down(path):
        raise SystemError("what nobody expected")

    monkeypatch.setitem(reading._IMAGES, Format.FITS, break_down)
    with pytest.raises(NotReadable, match="can't be read: what nobody expected"):
        read_image(tmp_path / "a.fits")
