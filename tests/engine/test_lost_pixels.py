"""Pixels that show no light: broken frames are taken again, stuck lines excused, bands not."""

import numpy as np
import pytest
from astropy.io import fits
from bench import Bench

from flatctl import events
from flatctl.core.quality.findings import Kind, QualityLimits
from flatctl.core.types import FrameKind
from flatctl.errors import BadReply
from flatctl.storage.verify import verify_file


@pytest.fixture
def bench(tmp_path) -> Bench:
    return Bench(tmp_path, filters=("L",), count=3, size_px=(160, 120))


def through(bench: Bench, change) -> None:
    """Let `change` have each frame's pixels, and its number from 0, before flatctl sees them."""
    camera, n = bench.fake.camera, iter(range(10_000))
    read = camera.read

    def changed(timeout_s):
        frame = read(timeout_s)
        change(frame.pixels, next(n))
        return frame

    camera.read = changed


def refused(bench: Bench) -> set[str]:
    return {found.kind for event in bench.all(events.Rejected) for found in event.why}


def a_black_band(pixels, n):
    pixels[-40:] = 0


def black_columns(pixels, n):
    pixels[:, ::3] = 1


def black_pixels_elsewhere_in_each_frame(pixels, n):
    pixels[np.random.default_rng(n).random(pixels.shape) < 0.05] = 1


def black_pixels_of_no_common_level(pixels, n):
    odds = np.random.default_rng(n)
    lost = odds.random(pixels.shape) < 0.05
    pixels[lost] = odds.integers(0, 300, lost.sum())


def half_of_a_checkerboard(pixels, n):
    pixels[::2, ::2] = pixels[1::2, 1::2] = 1


def two_thirds_of_the_columns(pixels, n):
    pixels[:, ::3] = pixels[:, 1::3] = 0


@pytest.mark.parametrize("harm", [half_of_a_checkerboard, two_thirds_of_the_columns])
def test_most_of_a_picture_is_not_excused_because_darks_lack_it_too(tmp_path, harm):
    bench = Bench(tmp_path, filters=("L",), size_px=(160, 120), job={"quality": QualityLimits()})
    through(bench, harm)
    assert (bench.run(), bench.frames) == (5, [])


@pytest.mark.parametrize(
    "harm", [a_black_band, black_columns, black_pixels_elsewhere_in_each_frame]
)
def test_a_picture_with_black_parts_is_never_a_flat(bench, harm):
    through(bench, harm)
    assert (bench.run(), bench.frames) == (5, [])
    assert refused(bench) == {Kind.BLACK}


def test_pixels_far_below_a_measured_pedestal_are_black_too(tmp_path):
    job = {"leak_check": True, "quality": QualityLimits()}
    bench = Bench(tmp_path, filters=("L",), size_px=(160, 120), job=job)
    through(bench, lambda pixels, n: n and black_pixels_of_no_common_level(pixels, n))
    bench.run()
    assert bench.frames == []
    assert Kind.BLACK in refused(bench)


def test_one_black_frame_in_between_costs_that_frame(bench):
    through(bench, lambda pixels, n: a_black_band(pixels, n) if n == 4 else None)
    assert bench.run() == 0
    assert len(bench.all(events.Rejected)) == 1


@pytest.mark.parametrize("level", [0, 65535])
def test_a_line_that_is_stuck_in_the_dark_too_does_not_make_flats_impossible(bench, level):
    def stick(pixels, n):
        pixels[60] = level

    through(bench, stick)
    assert bench.run() == 0
    assert bench.all(events.Rejected) == []
    for path in bench.frames:
        assert verify_file(path).problems == ()
        assert fits.getheader(path)["FLATSTUK"] == pytest.approx(1 / 120)


def test_a_part_of_the_picture_that_is_stuck_is_not_excused(bench):
    def stick(pixels, n):
        pixels[:20] = 65535

    through(bench, stick)
    assert bench.run() == 5


def test_a_line_that_only_light_fills_is_not_excused(bench):
    def fill(pixels, n):
        if np.median(pixels) > 5000:
            pixels[60] = 65535

    through(bench, fill)
    assert bench.run() == 5


@pytest.mark.parametrize("level", [0, 1000])
@pytest.mark.parametrize("number", [0, 1, 2])
def test_one_blank_frame_costs_one_exposure(bench, level, number):
    def blank(pixels, n):
        if n == number:
            pixels[:] = level

    through(bench, blank)
    assert bench.run() == 0


def test_a_camera_that_sends_blank_frames_only_has_failed(bench):
    def blank(pixels, n):
        pixels[:] = 0

    through(bench, blank)
    assert (bench.run(), bench.outcomes) == (5, {"L": "device"})


@pytest.mark.parametrize("full_adu", [65532, 65520, 65504, 64300, 58000, 16383, 4095])
def test_a_full_frame_is_no_broken_one_wherever_the_camera_ends(bench, full_adu):
    def end(pixels, n):
        np.minimum(pixels, full_adu, out=pixels)

    through(bench, end)
    assert (bench.run(), bench.outcomes) == (0, {"L": "complete"})
    assert bench.all(events.FaultSeen) == []


def torn(pixels):
    pixels[-40:] = 0


def black(pixels):
    pixels[:] = 0


@pytest.mark.parametrize("harm", [torn, black])
def test_a_dark_flat_that_is_black_is_taken_again(tmp_path, harm):
    job = {"quality": QualityLimits()}
    bench = Bench(tmp_path, filters=("L",), dark_flats=3, size_px=(160, 120), job=job)
    taken = bench.fake.camera.exposures
    bad = iter((True,))
    through(bench, lambda pixels, n: is_dark(taken) and next(bad, False) and harm(pixels))
    assert bench.run() == 0
    darks = [event.path for event in bench.all(events.DarkFlat)]
    assert [int(np.min(fits.getdata(path))) > 900 for path in darks] == [True] * 3
    assert len(bench.all(events.FaultSeen)) == 1


def test_a_camera_whose_dark_flats_are_all_black_in_part_has_failed(tmp_path):
    bench = Bench(tmp_path, filters=("L",), dark_flats=3, size_px=(160, 120))
    taken = bench.fake.camera.exposures
    through(bench, lambda pixels, n: is_dark(taken) and torn(pixels))
    with pytest.raises(BadReply, match="33% of a dark flat is black"):
        bench.run()
    assert bench.all(events.DarkFlat) == []
    assert bench.outcomes == {"L": "complete"}


def is_dark(taken) -> bool:
    """Tell of a dark flat, but for the frame that measures the pedestal before all flats."""
    return len(taken) > 1 and taken[-1][1] is FrameKind.DARK_FLAT


def test_a_blank_frame_tells_no_pedestal(tmp_path):
    bench = Bench(tmp_path, filters=("L",), size_px=(160, 120), job={"quality": QualityLimits()})
    through(bench, lambda pixels, n: None if n else black(pixels))
    assert bench.run() == 0
    assert [fits.getheader(path).get("FLATPED") for path in bench.frames] == [None] * 3


@pytest.mark.parametrize("share", [0.002, 0.1])
def test_a_frame_that_is_cut_off_at_a_level_of_its_own_is_clipped(bench, share):
    def cut(pixels, n):
        np.minimum(pixels, int(np.quantile(pixels, 1 - share)), out=pixels)

    through(bench, cut)
    assert (bench.run(), bench.frames) == (5, [])
