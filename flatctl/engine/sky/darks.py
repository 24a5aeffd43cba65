"""Dark flats for flats of the sky, once all of these are on disk."""

from collections.abc import Callable, Iterable
from functools import partial

from flatctl.core.nights.rungs import is_bias_enough, is_lit, rungs
from flatctl.core.pixels.stuck import stuck_in
from flatctl.core.types import FilterPlan
from flatctl.devices.protocols import Cover
from flatctl.engine.context import RunContext
from flatctl.engine.darks import take_dark_flats
from flatctl.errors import BadReply, DeviceError


def take_sky_darks(
    context: RunContext,
    plans: Iterable[FilterPlan],
    exposures_s: Iterable[float],
    tell_fault: Callable[[DeviceError, bool], None],
) -> None:
    """Take dark flats at the rungs that cover these exposures, or one short set that serves all.

    Where light gets to the sensor there are none, and `tell_fault` hears of it: the flats are on
    disk by then. Raises what ends a run.
    """
    chosen, count = tuple(plans), context.job.dark_flats
    lowest_s = min(plan.exposure_min_s for plan in chosen)
    longest_s = max(plan.exposure_max_s for plan in chosen)
    found = rungs(exposures_s, lowest_s, longest_s)
    if not found or not count:
        return
    _close_cover(context)
    light_adu = min(plan.target for plan in chosen) * context.full_scale_adu
    short, long = (_look(context, each_s) for each_s in (found[0], found[-1]))
    if is_lit(short, long, light_adu):
        lit = BadReply(
            context.rig.camera.name,
            "light of the sky reaches it, so that there are no dark flats",
            "cover the telescope, or take them later: flatctl run with --only-darks",
        )
        tell_fault(lit, True)
        return
    if is_bias_enough(short, long, light_adu):
        found = found[:1]
    # The longest first: in a long one light is seen for certain.
    take_dark_flats(
        context,
        reversed(found),
        count,
        flat_adu=light_adu,
        use="BIAS" if len(found) == 1 else "RUNG",
    )


def learn_stuck(context: RunContext, shortest_s: float) -> None:
    """Look which pixels are full or black without light too, with a cover closed if there is one.

    Where light of the sky is in the frame nothing is learned. Raises as `Exposure.read` does.
    """
    cover, retry = context.rig.panel, context.recovery.retry
    _close_cover(context)
    try:
        dark = context.read(context.begin_dark(shortest_s))
    finally:
        if isinstance(cover, Cover) and cover.has_cover:
            retry(partial(cover.open_cover, context.rig.timeouts.panel_s))
    found = stuck_in(*dark.measure(), context.full_scale_adu)
    if found is not None:
        context.stuck[context.rig.setup] = found
    dark.release_pixels()


def _look(context: RunContext, exposure_s: float) -> tuple[float, float]:
    """Return an exposure without light, and its level."""
    context.recovery.renew()
    shot = context.read(context.begin_dark(exposure_s))
    level_adu = shot.statistics.median
    shot.release_pixels()
    return exposure_s, level_adu


def _close_cover(context: RunContext) -> None:
    cover = context.rig.panel
    if isinstance(cover, Cover) and cover.has_cover:
        context.recovery.retry(partial(cover.close_cover, context.rig.timeouts.panel_s))
