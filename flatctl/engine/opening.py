"""What a run finds when it begins, and tells of itself."""

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from flatctl import events
from flatctl.core.calibration.record import SETTLE_ADOPTED_MAX_S
from flatctl.core.nights.history import Calibrated
from flatctl.core.nights.room import bytes_wanted
from flatctl.core.pixels.full_scale import FullScale, Origin
from flatctl.core.types import FilterPlan, LightSource
from flatctl.engine.context import RunContext
from flatctl.engine.job import Job
from flatctl.engine.rig import Rig
from flatctl.storage.history import History
from flatctl.storage.writer import FrameWriter


def full_scale(job: Job, rig: Rig, history: History, known: Calibrated | None) -> FullScale:
    """Return the level of a full pixel: configured, calibrated, seen earlier, or as claimed."""
    calibrated = known.calibration.full_scale_adu if known else None
    said = (
        (job.full_scale_adu, Origin.CONFIGURED),
        (calibrated, Origin.CALIBRATED),
        (history.full_scale_adu(rig.key(job.rig, prepared=False)), Origin.SEEN),
    )
    claimed = (rig.claimed_full_scale_adu, Origin.CLAIMED)
    adu, origin = next(((adu, origin) for adu, origin in said if adu), claimed)
    return FullScale(adu, origin, rig.info.bits)


def ensure_room(job: Job, rig: Rig, writer: FrameWriter, plans: Sequence[FilterPlan]) -> None:
    """Raise `StorageError` where the frames of the plans don't fit on the disk, as far as known."""
    across, down = rig.info.width_px, rig.info.height_px
    if across and down:
        needed = bytes_wanted(plans, job.dark_flats, rig.setup, (across, down))
        writer.ensure_room(needed, rig.clock.now(), resume=job.resume)


def started(
    context: RunContext, plans: Sequence[FilterPlan], now: datetime, folder: Path
) -> events.RunStarted:
    """Return the event that tells what the run is."""
    names = [(events.label(plan.filter), events.set_label(plan), plan) for plan in plans]
    past = [(name, context.job.flat_s(plan)) for _, name, plan in names]
    return events.RunStarted(
        time=now,
        run=context.run,
        rig=context.job.rig,
        filters=tuple(dict.fromkeys(label for label, _, _ in names)),
        sets=tuple(dict.fromkeys(name for _, name, _ in names)),
        folder=folder,
        camera=context.rig.camera.name,
        panel=context.rig.panel.name,
        brightness_min=context.steps[0],
        brightness_max=context.steps[-1],
        full_scale_adu=context.full_scale_adu,
        target={name: plan.target for *both, plan in names for name in both},
        tolerance={name: plan.tolerance for *both, plan in names for name in both},
        overrides=context.job.overrides,
        flat_s={name: past_s for name, past_s in past if past_s is not None},
        light=LightSource.SKY if context.job.sky else LightSource.PANEL,
    )


def adopt(context: RunContext, known: Calibrated) -> None:
    """Wait for the light as long as a calibration has measured, and tell of that calibration."""
    calibration = known.calibration
    if context.job.adopt_settling and calibration.settle_s is not None:
        context.rig.light.settle_s = min(calibration.settle_s, SETTLE_ADOPTED_MAX_S)
    context.emit(
        events.CalibrationUsed(
            time=context.clock.now(),
            measured=known.time,
            pedestal_adu=calibration.pedestal_adu,
            leak_adu_s=calibration.leak_adu_s,
            calibrated_full_scale_adu=calibration.full_scale_adu,
            bits=calibration.bits,
            settle_s=calibration.settle_s,
            exposure_s=calibration.exposure_s,
            curve_brightness=tuple(brightness for brightness, _ in calibration.curve),
            curve_adu=tuple(level for _, level in calibration.curve),
        )
    )
