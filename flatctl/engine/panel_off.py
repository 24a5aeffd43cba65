"""Two frames with the panel off at the end of a run: light that leaks in, and the pedestal."""

from flatctl import events
from flatctl.core.pedestal import Origin, Pedestal, most_trusted
from flatctl.core.quality.leak import judge_leak
from flatctl.engine.context import RunContext
from flatctl.engine.recovery import RigLost
from flatctl.errors import FlatctlError


def check_leak(
    context: RunContext, *, shortest_s: float, longest_s: float, flat_adu: float
) -> None:
    """Compare a frame of `shortest_s` with one of `longest_s`, panel off, and tell the result.

    `flat_adu` is the level of a flat of the longer exposure. The flats are on disk by now: what
    fails here is told as a fault, and changes nothing about how the run ends.
    """
    if context.job.quality is None:
        return
    last = _last(context)
    try:
        short, long = (context.begin_dark(each).read()[0] for each in (shortest_s, longest_s))
        found = judge_leak(
            short.raw,
            long.raw,
            exposure_s=longest_s,
            flat_adu=flat_adu,
            last_pedestal_adu=None if last is None else last.adu,
            limits=context.job.quality,
        )
    except (FlatctlError, RigLost, ValueError):
        return
    _remember(context, found.pedestal_adu)
    context.emit(
        events.LightLeak(
            time=context.clock.now(),
            exposure_s=found.exposure_s,
            pedestal_adu=found.pedestal_adu,
            leak_adu=found.leak_adu,
            leak_frac=found.leak_frac,
            findings=found.findings,
        )
    )


def measure_pedestal(context: RunContext, shortest_s: float) -> None:
    """Take a frame of `shortest_s` with the panel off, unless an earlier run knows its level.

    Without it the light of a flat, and so its photons, would count the pedestal in.
    """
    if not _wanted(context):
        return
    try:
        dark = context.read(context.begin_dark(shortest_s))
    except (FlatctlError, RigLost):
        return
    if dark.is_blank:
        return  # a frame that did not come through tells no level
    context.learn_stuck(dark)
    _remember(context, dark.statistics.median)


def learn_pedestal(context: RunContext, dark_adu: float) -> None:
    """Take the level of a dark flat for the pedestal of later runs, unless one is known."""
    if _wanted(context):
        _remember(context, dark_adu)


def known_pedestal(context: RunContext) -> Pedestal | None:
    """Return the level without light, as far as frames without light or the camera tell it."""
    calibrated = None
    if context.calibration is not None:
        adu = context.calibration.calibration.pedestal_adu
        calibrated = Pedestal.measured(adu, Origin.CALIBRATION)
    told = context.rig.info.pedestal_adu
    said = None if told is None else Pedestal.measured(told, Origin.CAMERA)
    return most_trusted(_last(context), calibrated, said)


def _wanted(context: RunContext) -> bool:
    return context.job.quality is not None and _last(context) is None


def _last(context: RunContext) -> Pedestal | None:
    return context.history.pedestal(context.key())


def _remember(context: RunContext, adu: float) -> None:
    context.history.remember_pedestal(context.key(), Pedestal.measured(adu))
