"""Two frames with the panel off at the end of a run: light that leaks in, and the pedestal."""

import json

from flatctl import events
from flatctl.core.pixels.statistics import measure
from flatctl.core.quality.leak import judge_leak
from flatctl.engine.context import RunContext
from flatctl.engine.recovery import RigLost
from flatctl.errors import FlatctlError

# The history keeps the pedestal under a name which no filter can have.
_PANEL_OFF = "\0panel off"


def check_leak(
    context: RunContext, *, shortest_s: float, longest_s: float, flat_adu: float
) -> None:
    """Compare a frame of `shortest_s` with one of `longest_s`, panel off, and tell the result.

    `flat_adu` is the level of a flat of the longer exposure. The flats are on disk by now: what
    fails here is told as a fault, and changes nothing about how the run ends.
    """
    if context.quality is None:
        return
    try:
        short, long = (context.begin_dark(each).read()[0] for each in (shortest_s, longest_s))
        found = judge_leak(
            short.raw,
            long.raw,
            exposure_s=longest_s,
            flat_adu=flat_adu,
            last_pedestal_adu=last_pedestal(context),
            limits=context.quality,
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
        frame, _ = context.begin_dark(shortest_s).read()
    except (FlatctlError, RigLost):
        return
    _remember(context, measure(frame.raw, context.full_scale_adu).median)


def learn_pedestal(context: RunContext, dark_adu: float) -> None:
    """Take the level of a dark flat for the pedestal of later runs, unless one is known."""
    if _wanted(context):
        _remember(context, dark_adu)


def _wanted(context: RunContext) -> bool:
    return context.quality is not None and last_pedestal(context) is None


def _remember(context: RunContext, pedestal_adu: float) -> None:
    key = context.setting_key(_PANEL_OFF)
    context.history.remember_set(key, json.dumps({"pedestal_adu": pedestal_adu}))


def last_pedestal(context: RunContext) -> float | None:
    """Return the level without light in ADU, as the last run measured it."""
    text = context.history.last_set(context.setting_key(_PANEL_OFF))
    try:
        return None if text is None else float(json.loads(text)["pedestal_adu"])
    except (KeyError, TypeError, ValueError):
        return None
