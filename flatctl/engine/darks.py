"""Dark flats: the panel off, one set for each exposure that the flats were taken with."""

from collections.abc import Callable, Iterable, Sequence
from functools import partial
from itertools import islice, zip_longest
from pathlib import Path

from flatctl import events
from flatctl.core.band import CLIPPED_FRAC_MAX
from flatctl.core.pixels.statistics import measure
from flatctl.core.pixels.stuck import Stuck, black_frac, stuck_in
from flatctl.core.types import FrameKind, Statistics
from flatctl.devices.protocols import Frame
from flatctl.engine.context import RunContext
from flatctl.engine.identity import SetIdentity
from flatctl.engine.panel_off import known_pedestal, learn_pedestal
from flatctl.engine.shot import Exposure
from flatctl.errors import BadReply
from flatctl.storage.record import DarkUse

# A dark flat as bright as this, of the lowest flat accepted, was taken with the light on.
_LIT_FRAC = 0.8
# Nothing is below this fraction of the level without light.
_BELOW_FRAC = 0.5

DarkFlat = tuple[float, int]  # its exposure in seconds, its number


def take_dark_flats(
    context: RunContext,
    exposures_s: Iterable[float],
    count: int,
    *,
    flat_adu: float,
    use: DarkUse | None = None,
) -> None:
    """Take `count` dark flats of each exposure (seconds); their headers say what `use` they are of.

    Those that an earlier run of the night left count, each verified. `flat_adu` is the level of
    the dimmest flat accepted. Where the light is still on the panel is reached anew, once. Raises
    `BadReply` where that does not help.
    """

    def placed(exposure_s: float, index: int, path: Path) -> None:
        context.emit(
            events.DarkFlat(
                time=context.clock.now(),
                exposure_s=exposure_s,
                index=index,
                count=count,
                path=path,
            )
        )

    def keep(
        exposure_s: float, index: int, frame: Frame, statistics: Statistics
    ) -> BadReply | None:
        if statistics.median >= _LIT_FRAC * flat_adu:
            return _still_lit(context, statistics.median)
        learn_pedestal(context, statistics.median)
        record = identities[exposure_s].record(
            frame, statistics, number=index, count=count, dark_use=use
        )
        context.writer.put(frame.raw, frame.header, record, partial(placed, exposure_s, index))
        return None

    identities = {
        each_s: SetIdentity(context, FrameKind.DARK_FLAT, exposure_s=each_s)
        for each_s in exposures_s
    }
    wanted = [(each_s, n) for each_s, each in identities.items() for n in _missing(each, count)]
    left, fault = _take(context, wanted, keep)
    if fault is not None:
        # A panel that says that it is off is told so anew once it is reached anew.
        context.recovery.bring_back(fault)
        _, fault = _take(context, left, keep)
    if fault is not None:
        raise fault
    context.writer.drain()


def _take(
    context: RunContext,
    wanted: Sequence[DarkFlat],
    keep: Callable[..., BadReply | None],
    *,
    again: bool = True,
) -> tuple[Sequence[DarkFlat], BadReply | None]:
    """Take dark flats until `keep` refuses one; return those that are left, and why.

    Broken frames are taken once more at the end, if `again`.
    """
    under_way: Exposure | None = None
    broken: list[DarkFlat] = []
    for n, ((exposure_s, index), later) in enumerate(zip_longest(wanted, wanted[1:])):
        context.recovery.renew()
        under_way = under_way or context.begin_dark(exposure_s)
        _tell_exposing(context, exposure_s, index)
        frame, _ = under_way.read()
        begun_after = under_way.disturbances
        try:
            under_way = context.begin_dark(later[0]) if later else None
        finally:
            disturbed = context.disturbance(begun_after)
            statistics = measure(frame.raw, context.full_scale_adu)
            fault = _lit(context) if disturbed else _broken(context, statistics)
            if fault is not None and again and not disturbed:
                context.recovery.forgive(fault)
                broken.append((exposure_s, index))
                fault = None
            elif fault is None:
                fault = keep(exposure_s, index, frame, statistics)
        if fault is not None:
            return [*broken, *wanted[n:]], fault
    return _take(context, broken, keep, again=False) if broken else ((), None)


def _broken(context: RunContext, dark: Statistics) -> BadReply | None:
    """Return what is wrong with a dark flat that no camera makes: it is black, or in part."""
    pedestal = known_pedestal(context)
    stuck = stuck_in(dark, {}, context.full_scale_adu) or Stuck()
    black = black_frac(dark, {}, stuck)
    below = pedestal is not None and dark.median < _BELOW_FRAC * pedestal.adu
    # Each sensor has some noise, or a hot pixel: where all are alike, nothing came through.
    if below or dark.min == dark.max:
        black = 1.0
    if black <= CLIPPED_FRAC_MAX:
        return None
    return BadReply(
        context.rig.camera.name,
        f"{black:.0%} of a dark flat is black ({dark.bottom_adu:g} ADU)",
        "see its cable and its power",
    )


def _still_lit(context: RunContext, dark_adu: float) -> BadReply:
    return BadReply(
        context.rig.panel.name,
        f"it should be off, and a dark flat has {dark_adu:.0f} ADU, as much as a flat",
        "put the light out, or ask for no dark flats where flatctl can't switch it",
    )


def _lit(context: RunContext) -> BadReply:
    return BadReply(
        context.rig.panel.name,
        "its light was on during a dark flat",
        "stop the other program that drives them",
    )


def _missing(identity: SetIdentity, count: int) -> list[int]:
    """Return the numbers of the dark flats of an exposure that are not on disk yet."""
    present = identity.present[:count] if count else ()
    taken = {frame.number for frame in present}
    free = (n for n in range(1, count + len(taken) + 1) if n not in taken)
    return list(islice(free, count - len(present)))


def _tell_exposing(context: RunContext, exposure_s: float, index: int) -> None:
    context.emit(
        events.Exposing(
            time=context.clock.now(),
            filter=events.NO_FILTER,
            kind="dark_flat",
            n=index,
            brightness=None if context.job.sky else 0,
            exposure_s=exposure_s,
        )
    )
