"""Masters of the sky's flats: stars are not in them, or there is no master and it says why."""

from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path

import numpy as np
import pytest
from astropy.io import fits
from hypothesis import given
from hypothesis import strategies as st
from storage_builders import NIGHT, STARTED, flat_record

from flatctl.core.nights.masters import SKY_FRAMES_LEAST, master_sets
from flatctl.core.pixels.clipping import mean_without_stars
from flatctl.core.pixels.statistics import measure
from flatctl.core.pointing.directions import offset
from flatctl.core.pointing.dither import dither_arcsec
from flatctl.core.types import FrameKind
from flatctl.fits.header import Header
from flatctl.outputs.tables.master import Master
from flatctl.storage.master_frames import Source, find_sources
from flatctl.storage.masters import StandingStars, Subtraction, master_flat
from flatctl.storage.record import SkyFacts
from flatctl.storage.writer import write_frame
from hardware_sims.fakes import FakeRig
from hardware_sims.scenarios import scenario
from hardware_sims.sky.twilight import Sky

PLENTY = 500_000_000
BIAS_ADU = 1000.0
LIGHT_E = 25_000.0


@dataclass(frozen=True)
class Night:
    """Flats of a late sky in the Milky Way, and the flat that they are to show."""

    frames: list[np.ndarray]
    truth: np.ndarray


def starry(*, tracking: bool) -> Night:
    """Take nine flats, dithered or with the tracking left on."""
    rig = scenario("dusk-clear", rows=320, cols=320)
    rig = replace(
        rig, sensor=replace(rig.sensor, gain=0), sky=Sky(starts_deg=-6.2, stars=6.0), roof=None
    )
    fake = FakeRig(rig)
    scene, mount = fake.world.scene, fake.mount
    fake.camera.open(5.0)
    mount.may_move = True
    place = mount.report(1.0).at
    frames: list[np.ndarray] = []
    for n in range(9):
        if not tracking or n == 0:
            mount.slew(offset(place, *dither_arcsec(n, 60.0)), 60.0, tracking=tracking)
        start_s = fake.clock.monotonic()
        rate_e_s = scene.light_e(fake.world.filter.nm, rig.sensor.pixel_um, start_s, 1.0)
        fake.camera.start(LIGHT_E / rate_e_s, FrameKind.FLAT)
        frames.append(fake.camera.read(600.0).pixels)
    truth = fake.world._field()
    return Night(frames, truth / truth.mean())


@pytest.fixture(scope="module")
def dithered() -> Night:
    return starry(tracking=False)


@pytest.fixture(scope="module")
def tracked() -> Night:
    return starry(tracking=True)


def on_disk(folder: Path, found: Night, count: int) -> list[Source]:
    frames = found.frames[:count]
    for number, pixels in enumerate(frames, start=1):
        median = measure(pixels, 65535).median
        record = flat_record(
            pixels,
            number=number,
            count=count,
            started=STARTED + timedelta(seconds=number),
            target_adu=median,
            full_scale_adu=65535,
            sky=SkyFacts(sun_alt_deg=-6.0 - 0.1 * number, dawn=False),
        )
        write_frame(folder, NIGHT, pixels, Header(), record)
    return list(find_sources(folder).frames)


def made(sources: list[Source], folder: Path) -> fits.PrimaryHDU:
    bias = Subtraction("PEDESTAL", "a pedestal", [BIAS_ADU] * len(sources))
    masters = folder / "MASTER"
    masters.mkdir()
    path, _ = master_flat(sources, bias, masters, PLENTY)
    with fits.open(path, memmap=False) as file:
        return file[0].copy()


def off_frac(master: np.ndarray, found: Night) -> float:
    """Return which part of the pixels is off by more than a hundredth from the true flat."""
    return float(np.mean(np.abs(master / found.truth - 1.0) > 0.01))


def test_the_frames_are_full_of_stars_that_move(dithered):
    stack = np.array(dithered.frames, dtype=float) - BIAS_ADU
    stack /= np.median(stack, axis=(1, 2))[:, None, None]
    bright = stack - np.median(stack, axis=0) > 0.04
    assert bright.mean() > 2e-4


def test_nine_dithered_flats_make_a_master_without_stars(dithered, tmp_path):
    master = made(on_disk(tmp_path, dithered, 9), tmp_path)
    assert off_frac(master.data, dithered) < 1e-3
    assert "3 sigma, bright values first" in str(master.header["HISTORY"])


def test_seven_are_enough(dithered, tmp_path):
    assert off_frac(made(on_disk(tmp_path, dithered, 7), tmp_path).data, dithered) < 1e-3


@given(
    st.floats(0.03, 50.0),
    st.integers(0, 8),
    st.integers(0, 2**32 - 1),
)
def test_of_a_pixel_with_a_star_in_one_frame_the_others_are_averaged(star, frame, seed):
    """However bright it is: a faint one costs no more than a bright one."""
    values = 1.0 + 0.005 * np.random.default_rng(seed).uniform(-1, 1, (9, 1))
    others = np.delete(values, frame, axis=0).mean()
    values[frame] += star
    floor = np.full(1, 0.005, np.float32)
    mean, clipped = mean_without_stars(values.astype(np.float32), floor)
    assert (mean[0], clipped) == (pytest.approx(others, abs=1e-5), 1)


def test_fewer_become_their_median_and_that_is_said(dithered, tmp_path):
    sources = on_disk(tmp_path, dithered, 5)
    master = made(sources, tmp_path)
    assert "median" in str(master.header["HISTORY"])
    told = Master(FrameKind.FLAT, "L", 5, Path("x"), made=True, too_few_for_stars=True)
    assert f"take {SKY_FRAMES_LEAST}" in told.line()


@pytest.mark.parametrize("count", [4, 9])
def test_stars_that_stand_still_are_named_and_make_no_master(tracked, tmp_path, count):
    with pytest.raises(StandingStars, match=r"stars stand on the same pixels in all \d flats"):
        made(on_disk(tmp_path, tracked, count), tmp_path)
    assert not list(tmp_path.glob("MASTER/*.fits"))


def test_the_same_frames_of_a_panel_are_averaged(tracked, tmp_path):
    sources = on_disk(tmp_path, tracked, 9)
    panel = [replace(each, info=replace(each.info, sky=False)) for each in sources]
    assert "4 sigma" in str(made(panel, tmp_path).header["HISTORY"])


def test_flats_of_the_sky_are_joined_over_a_week_and_with_none_of_a_panel(dithered, tmp_path):
    infos = [each.info for each in on_disk(tmp_path, dithered, 4)]
    later = [
        replace(infos[0], name="later", night=infos[0].night + timedelta(days=6)),
        replace(infos[0], name="too late", night=infos[0].night + timedelta(days=20)),
        replace(infos[0], name="panel", sky=False),
    ]
    sets = [{each.name for each in group} for group in master_sets([*infos, *later])]
    assert {each.name for each in infos} | {"later"} in sets
    assert {"too late"} in sets
    assert {"panel"} in sets
