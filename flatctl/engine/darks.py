"""Dark flats: the panel off, one set for each exposure that the flats were taken with."""

from collections.abc import Iterable
from functools import partial
from pathlib import Path

from flatctl.core.statistics import measure
from flatctl.core.types import FrameKind
from flatctl.engine import events
from flatctl.engine.context import RunContext


def take_dark_flats(context: RunContext, exposures_s: Iterable[float], count: int) -> int:
    """Take `count` dark flats of each exposure (seconds) and return how many are on disk."""
    taken = 0

    def placed(exposure_s: float, index: int, path: Path) -> None:
        nonlocal taken
        taken += 1
        context.emit(
            events.DarkFlat(
                time=context.clock.now(),
                exposure_s=exposure_s,
                index=index,
                count=count,
                path=path,
            )
        )

    for exposure_s in exposures_s:
        for index in range(1, count + 1):
            context.emit(
                events.Exposing(
                    time=context.clock.now(),
                    filter=events.NO_FILTER,
                    kind="dark_flat",
                    n=index,
                    brightness=0,
                    exposure_s=exposure_s,
                )
            )
            context.recovery.renew()
            frame = context.recovery.surviving(partial(context.rig.expose_dark, exposure_s))
            record = context.record(
                FrameKind.DARK_FLAT,
                frame,
                measure(frame.pixels, context.full_scale_adu),
                number=index,
                count=count,
            )
            context.shelf.put(frame, record, partial(placed, exposure_s, index))
    context.shelf.drain()
    return taken
