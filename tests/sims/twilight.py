"""A twilight under a simulated sky, taken by the search itself, in virtual time."""

from dataclasses import dataclass, field, replace
from datetime import timedelta

import numpy as np

from flatctl import SkyFilter, SkyFlatSearch
from flatctl.core.nights.sun import sun_altitude_deg
from flatctl.core.pointing.directions import offset, to_equatorial
from flatctl.core.pointing.dither import dither_arcsec
from flatctl.core.pointing.target import Limits, choose
from flatctl.core.types import FrameKind
from hardware_sims.fakes import FakeRig
from hardware_sims.world import Scenario

TARGET_ADU, TOLERANCE_ADU, FULL_ADU = 0.51 * 65535, 0.05 * 65535, 65535
RANGE_S = (0.5, 30.0)


@dataclass
class Taken:
    """What came of it: the search at its end, and the frames that it accepted, by filter."""

    search: SkyFlatSearch
    rig: FakeRig
    frames: dict[str, list[np.ndarray]] = field(default_factory=dict)
    refused: int = 0


def small(rig: Scenario, size_px: tuple[int, int] = (64, 48)) -> Scenario:
    return replace(rig, sensor=replace(rig.sensor, width_px=size_px[0], height_px=size_px[1]))


def taken(rig: Scenario, *, count: int = 10, tracking: bool = False, dither: float = 60.0) -> Taken:
    """Take a twilight, with the mount at the null point if there is one that moves."""
    fake = FakeRig(rig)
    scene = fake.world.scene
    site, clock = scene.twilight.site, fake.clock
    fake.camera.open(5.0)
    fake.wheel.open(5.0)

    def altitude(time_s: float) -> float:
        return sun_altitude_deg(clock.now() + timedelta(seconds=time_s - clock.monotonic()), site)

    search = SkyFlatSearch(
        filters=[SkyFilter(each.name, count, exposure_range_s=RANGE_S) for each in rig.filters],
        target_adu=TARGET_ADU,
        tolerance_adu=TOLERANCE_ADU,
        full_scale_adu=FULL_ADU,
        dawn=rig.sky.dawn,
        sun_altitude=altitude,
        overhead_s=3.0,
        filter_change_s=2.0,
    )
    found = Taken(search, fake)
    pointed = 0
    while (step := search.next(clock.monotonic())).action != "finish":
        if step.action == "wait":
            clock.sleep(step.seconds)
            continue
        if step.action == "switch":
            fake.wheel.select(step.filter, 60.0)
            continue
        if fake.mount is not None and (not tracking or pointed == 0):
            fake.mount.may_move = True
            aim = choose("null", (clock.now(),), site, Limits(moon_deg=0.0))
            place = to_equatorial(aim, clock.now(), site)
            fake.mount.slew(offset(place, *dither_arcsec(pointed, dither)), 60.0, tracking=tracking)
        pointed += 1
        start_s = clock.monotonic()
        fake.camera.start(step.exposure_s, FrameKind.FLAT)
        pixels = fake.camera.read(60.0).pixels
        verdict = search.observe(
            mid_s=start_s + step.exposure_s / 2,
            exposure_s=step.exposure_s,
            median_adu=float(np.median(pixels)),
            clipped_frac=float(np.mean(pixels >= FULL_ADU)),
        )
        if verdict.accepted:
            found.frames.setdefault(search.filter, []).append(pixels)
        else:
            found.refused += 1
    return found
