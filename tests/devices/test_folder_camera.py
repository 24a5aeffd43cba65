"""A folder as a camera: what comes out of the files of any program, and what is refused."""

import numpy as np
import pytest
from astropy.io import fits
from dng_builder import write_dng

from flatctl.core.types import CameraSetup, FrameKind
from flatctl.devices.folder.camera import FolderCamera
from flatctl.errors import Unfit

RNG = np.random.default_rng(3)


class Time:
    """Waiting takes no time, and lets what is due arrive: a list of what puts a file there."""

    def __init__(self, *due) -> None:
        self.now_s, self.due = 0.0, list(due)

    def sleep(self, seconds):
        self.now_s += seconds
        if self.due and self.now_s % 4 < seconds:
            self.due.pop(0)()


def camera_of(folder, *due):
    said = []
    time = Time(*due)
    made = FolderCamera(
        folder, sleep=time.sleep, monotonic=lambda: time.now_s, say=said.append, counts=True
    )
    return made, said


def pixels(dtype=np.uint16, scale=1.0):
    return (RNG.integers(20000, 30000, (60, 80)) * scale).astype(dtype)


def put(folder, name, data, **cards):
    head = fits.Header([("EXPTIME", 0.5), ("INSTRUME", "X"), *cards.items()])
    return lambda: fits.PrimaryHDU(data, head).writeto(folder / name)


def first_frame(camera):
    camera.open(1.0)
    camera.prepare(CameraSetup(), 1.0)
    camera.start(0.5, FrameKind.FLAT)
    return camera.read(1.0)


@pytest.mark.parametrize(
    ("data", "full"),
    [(pixels(), None), (pixels(np.float32, 1 / 65535), None), (pixels(np.int32), None)],
)
def test_whatever_its_type_a_frame_has_16_bits(tmp_path, data, full):
    camera, _ = camera_of(tmp_path, put(tmp_path, "a.fits", data))
    frame = first_frame(camera)
    scale = 65535 if data.dtype.kind == "f" else 1
    assert frame.pixels.dtype == np.uint16
    assert np.abs(frame.pixels - data.astype(np.float64) * scale).max() < 0.51
    assert camera.open(1.0).full_scale_adu is full
    assert frame.path == tmp_path / "a.fits"


def test_what_is_said_of_full_pixels_counts_for_whole_numbers_only(tmp_path):
    whole, _ = camera_of(tmp_path, put(tmp_path, "a.fits", pixels(), SATURATE=50000.0))
    assert whole.open(1.0).full_scale_adu == 50000
    real, _ = camera_of(
        tmp_path, put(tmp_path, "b.fits", pixels(np.float32, 1 / 65535), SATURATE=1.0)
    )
    assert real.open(1.0).full_scale_adu is None


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (np.zeros((3, 60, 80), np.uint16), "several planes"),
        (np.full((60, 80), np.nan, np.float32), "no number"),
        (np.full((60, 80), -5, np.int16), "none of a camera"),
        (np.full((60, 80), 70000, np.int32), "none of a camera"),
    ],
)
def test_what_no_camera_delivers_is_named_and_the_next_picture_waited_for(tmp_path, data, words):
    good = put(tmp_path, "b.fits", pixels())
    camera, said = camera_of(tmp_path, put(tmp_path, "a.fits", data), good)
    assert first_frame(camera).path.name == "b.fits"
    assert [words in line for line in said if line.startswith("a.fits is not counted")] == [True]


def test_a_raw_file_tells_pattern_levels_and_iso(tmp_path):
    def shoot():
        write_dng(tmp_path / "a.dng", pixels(scale=0.5), pattern="GBRG", white=15000, iso=400)

    camera, _ = camera_of(tmp_path, shoot)
    info = camera.open(1.0)
    assert (info.bayer, info.full_scale_adu, info.pedestal_adu) == ("GBRG", 15000, 1024)
    assert camera.prepare(CameraSetup(), 1.0).iso == 400


def test_an_iso_speed_that_was_wished_for_is_not_set_by_itself(tmp_path):
    camera, _ = camera_of(tmp_path, lambda: write_dng(tmp_path / "a.dng", pixels(), iso=400))
    camera.open(1.0)
    with pytest.raises(Unfit, match="ISO 400, and 800 is wanted"):
        camera.prepare(CameraSetup(iso=800), 1.0)


def test_a_card_that_is_not_in_its_reader_yet_is_waited_for(tmp_path):
    card = tmp_path / "card"

    def insert():
        card.mkdir()
        put(card, "a.fits", pixels())()

    camera, said = camera_of(card, insert)
    assert first_frame(camera).path.name == "a.fits"
    assert "is the card in its reader?" in said[0]


def test_a_jpeg_that_comes_before_its_raw_file_is_no_reason_for_a_word(tmp_path):
    jpeg = lambda: (tmp_path / "a.jpg").write_bytes(b"x")  # noqa: E731 because it is one step
    camera, said = camera_of(tmp_path, jpeg, put(tmp_path, "a.fits", pixels()))
    first_frame(camera)
    assert [line for line in said if "JPEG" in line] == []


def test_jpegs_alone_are_said_to_be_no_use_once(tmp_path):
    jpegs = [lambda n=n: (tmp_path / f"{n}.jpg").write_bytes(b"x") for n in range(2)]
    nothing = [lambda: None] * 4
    camera, said = camera_of(tmp_path, *jpegs, *nothing, put(tmp_path, "a.fits", pixels()))
    first_frame(camera)
    assert sum("set the camera to RAW" in line for line in said) == 1
