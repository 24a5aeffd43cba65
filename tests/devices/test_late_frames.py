"""Which frames are believed to be of the exposure that is waited for."""

from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from flatctl.devices.indi.imaging.late_frames import Doubt, Exposure, LateFrames
from flatctl.fits.header import Header
from flatctl.fits.pixels import StoredImage

BEGAN = datetime(2026, 11, 27, 18, 0, tzinfo=UTC)
NOISE = np.random.default_rng(5)
WHOLE, FINE = "seconds", "milliseconds"


class Camera:
    """Takes exposures one after the other, on a clock that shows `unit`, and is `wrong_s` off."""

    def __init__(self, unit: str | None = FINE, wrong_s: float = 0.0, stands: bool = False) -> None:
        self.frames = LateFrames()
        self.unit, self.wrong, self.stands = unit, timedelta(seconds=wrong_s), stands
        self.now_s = 0.0

    def begin(self, exposure_s: float = 1.0) -> Exposure:
        self.now_s += 0.05
        started = BEGAN + timedelta(seconds=self.now_s)
        return Exposure(exposure_s, started, self.now_s, since=0)

    def picture(self, exposure: Exposure, pixels: np.ndarray | None = None) -> StoredImage:
        cards = {}
        if self.unit:
            said = (BEGAN if self.stands else exposure.started) + self.wrong
            text = said.replace(tzinfo=None).isoformat(timespec=self.unit)
            cards["DATE-OBS"] = f"'{text}'"
        header = "".join(f"{k:<8}= {v}".ljust(80) for k, v in cards.items()) + "END".ljust(80)
        pixels = noise() if pixels is None else pixels
        return StoredImage(Header(header.ljust(2880).encode()), pixels, unsigned=True)

    def doubt(self, exposure: Exposure, image: StoredImage, after_s: float) -> Doubt | None:
        doubt = self.frames.doubt(exposure, image, exposure.begun_s + after_s)
        self.frames.note(image)
        return doubt

    def take(self, exposure_s: float = 1.0, pixels: np.ndarray | None = None) -> StoredImage:
        """Take a frame as it should be, which must be believed at last."""
        exposure = self.begin(exposure_s)
        image = self.picture(exposure, pixels)
        doubt = self.doubt(exposure, image, exposure_s + 0.1)
        assert doubt is None or not doubt.certain
        self.frames.arrive(exposure, image)
        self.now_s += exposure_s + 0.1
        return image


def noise(level: int = 1000) -> np.ndarray:
    return NOISE.normal(level, 9, (20, 30)).astype(">i2")


CAMERAS = {
    "dated": Camera,
    "dated in whole seconds": lambda: Camera(WHOLE),
    "not dated": lambda: Camera(None),
    "three hours off": lambda: Camera(wrong_s=-10800.0),
    "on a clock that stands still": lambda: Camera(stands=True, wrong_s=-1e9),
}


@pytest.fixture(params=CAMERAS)
def camera(request) -> Camera:
    return CAMERAS[request.param]()


@pytest.mark.parametrize("after_s", [0.2, 0.7, 1.3, 3.0])
@pytest.mark.parametrize("frames_ago", [1, 3])
def test_a_copy_is_never_believed_whenever_it_comes(camera, frames_ago, after_s):
    images = [camera.take() for _ in range(4)]
    assert camera.doubt(camera.begin(), images[-frames_ago], after_s).certain


def test_a_copy_of_a_copy_is_not_believed_either(camera):
    image = camera.take()
    exposure = camera.begin()
    assert [camera.doubt(exposure, image, 0.2 * n).certain for n in range(1, 4)] == [True] * 3


def test_a_copy_of_a_frame_that_was_refused_is_refused(camera):
    camera.take()
    early = camera.picture(camera.begin(exposure_s=5.0))
    camera.doubt(camera.begin(exposure_s=5.0), early, 0.1)
    assert camera.doubt(camera.begin(), early, 1.1).certain


@given(
    exposures_s=st.lists(st.floats(0.001, 300.0), min_size=2, max_size=30),
    unit=st.sampled_from([None, WHOLE, FINE]),
    wrong_s=st.floats(-1e6, 1e6),
)
def test_what_a_sound_camera_sends_is_believed_at_once(exposures_s, unit, wrong_s):
    camera = Camera(unit, wrong_s)
    for exposure_s in exposures_s:
        exposure = camera.begin(exposure_s)
        image = camera.picture(exposure)
        assert camera.doubt(exposure, image, exposure_s + 0.02) is None
        camera.frames.arrive(exposure, image)
        camera.now_s += exposure_s + 0.02


def test_short_exposures_within_one_second_of_the_clock_are_believed():
    camera = Camera(WHOLE)
    for _ in range(40):
        exposure = camera.begin(0.1)
        image = camera.picture(exposure)
        assert camera.doubt(exposure, image, 0.12) is None
        camera.frames.arrive(exposure, image)
        camera.now_s += 0.12


def test_a_clock_that_stands_still_costs_two_doubts_and_no_frame():
    camera = Camera(stands=True, wrong_s=-1e9)
    camera.take(5.0)
    doubts = []
    for _ in range(5):
        exposure = camera.begin(5.0)
        image = camera.picture(exposure)
        doubts.append(camera.doubt(exposure, image, 5.1))
        camera.frames.arrive(exposure, image)
        camera.now_s += 5.1
    assert [doubt is not None for doubt in doubts] == [True, True, False, False, False]
    assert not any(doubt.certain for doubt in doubts if doubt)


def test_the_time_of_the_frame_before_is_that_of_another_exposure():
    camera = Camera()
    before = camera.begin()
    camera.frames.arrive(before, camera.picture(before))
    camera.now_s += 5.0
    assert camera.doubt(camera.begin(), camera.picture(before), 1.1).certain


def test_a_clock_that_goes_in_steps_of_a_minute_is_asked_no_more_after_two_mistakes():
    camera = Camera()
    before = camera.begin()
    camera.frames.arrive(before, camera.picture(before))
    camera.now_s += 5.0
    for _ in range(2):
        camera.frames.distrust_clock()
    assert camera.doubt(camera.begin(), camera.picture(before), 1.1) is None


def test_a_frame_that_comes_before_its_exposure_can_be_over_waits_for_the_drivers_word(camera):
    camera.take()
    exposure = camera.begin(5.0)
    doubt = camera.doubt(exposure, camera.picture(exposure), 0.3)
    assert doubt.settled_by_rest


@pytest.mark.parametrize("level", [0, 65535])
def test_blank_frames_that_are_dated_apart_are_believed(level):
    camera = Camera()
    blank = np.full((20, 30), level - 32768, ">i2")
    camera.take(pixels=blank)
    exposure = camera.begin()
    assert camera.doubt(exposure, camera.picture(exposure, blank), 1.1) is None


def test_of_a_blank_frame_that_is_not_dated_nobody_can_be_certain():
    camera = Camera(None)
    blank = np.full((20, 30), 32767, ">i2")
    blank[:, 3] = -32768  # a dead column
    camera.take(pixels=blank)
    exposure = camera.begin()
    doubt = camera.doubt(exposure, camera.picture(exposure, blank), 1.1)
    assert doubt == Doubt(doubt.reason, readout_s=doubt.readout_s)


def test_the_late_frame_of_an_exposure_given_up_is_known_by_its_time():
    camera = Camera(wrong_s=-10800.0)
    camera.take()
    lost = camera.begin()
    camera.frames.lose(lost)
    camera.now_s += 14.0
    exposure = camera.begin()
    doubt = camera.doubt(exposure, camera.picture(lost), 3.0)
    assert doubt.certain
    camera.frames.refuse(doubt)
    assert 16.0 < camera.frames.readout_s < 25.0
    assert camera.doubt(exposure, camera.picture(exposure), 10.0) is None


def test_without_a_time_the_next_frame_may_be_the_one_that_was_given_up():
    camera = Camera(None)
    camera.take()
    camera.frames.lose(camera.begin())
    assert camera.frames.may_come
    exposure = camera.begin()
    doubt = camera.doubt(exposure, camera.picture(exposure), 3.0)
    assert doubt == Doubt(doubt.reason, readout_s=doubt.readout_s)
