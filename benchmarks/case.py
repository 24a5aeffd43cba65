"""One filter of one rig, done by one program, and the nights of FlatSearch that make such cases."""

from collections.abc import Iterator
from dataclasses import dataclass

from random_rigs import Night, Rig, Task

from flatctl.core.band import Band
from flatctl.core.limits import Limits
from flatctl.core.search.response import Response
from flatctl.core.search.search import FlatSearch
from flatctl.core.types import Outcome, Setting


@dataclass(frozen=True)
class Case:
    """One filter of one rig, done by one program."""

    program: str
    part: str
    steps: int
    reachable: bool
    ending: str
    in_band: bool
    order_kept: bool
    frames: int
    open_s: float
    label: str


def wrong(case: Case) -> bool:
    """Tell whether a case ended wrongly: a bad frame kept, a reachable target missed, no end."""
    if case.ending == "accepted":
        return not case.in_band
    return case.reachable or case.ending == "endless"


def nights_of_search(
    rig: Rig, task: Task, reachable: list[bool], known: Response | None = None
) -> Iterator[Case]:
    """Do all filters of a rig by FlatSearch: untrained, then once more as trained by that.

    `known` is what was learned before the first.
    """
    middle = ((rig.dimmest + rig.steps) // 2, task.start_s)
    night, response, found = Night(rig), known, dict[int, Setting]()
    for turn in ("untrained", "trained"):
        for i, k in enumerate(rig.filters):
            if turn == "trained" and i not in found:
                continue
            night.select(k)
            first = turn == "untrained" and i == 0
            search, in_band, order = run_search(night, task, found.get(i, middle), response)
            response = search.response
            if turn == "untrained" and search.outcome is Outcome.REACHED:
                found[i] = search.setting
            yield Case(
                "flatctl",
                "trained" if turn == "trained" else "first" if first else "later",
                rig.steps,
                reachable[i],
                "accepted" if search.outcome is Outcome.REACHED else "given up",
                in_band,
                order,
                night.frames,
                night.open_s,
                f"{rig.number}/{i} {search.outcome} {rig} k={k}",
            )
        night = Night(rig)
        night.odds.seed(rig.seed + 1)


def run_search(
    night: Night,
    task: Task,
    start: tuple[float, float],
    response: Response | None,
) -> tuple[FlatSearch, bool, bool]:
    """Run FlatSearch on a night; return it, whether its frame was in the band, the order kept."""
    full = night.rig.full_scale_adu
    limits = Limits.checked(
        (night.rig.dimmest, night.rig.steps), (task.shortest_s, task.longest_s), task.exposures_s
    )
    search = FlatSearch.within(Band.of(task.target, task.tolerance, full), limits, start, response)
    dim, bright = set[int](), set[int]()
    first = search.setting.exposure_s
    order_kept, level = True, 0.0
    while search.outcome is None:
        setting = search.setting
        if setting.exposure_s != first and not _exhausted(night.rig, dim, bright):
            # What was learned earlier may prove the rest, as long as it is true. A step whose own
            # frame missed stays proven though the lamp may have warmed since: nobody can know.
            by_brightness = night.rig.reachable_at(
                night.k * night.lamp, task, first, first, without=dim | bright
            )
            order_kept = order_kept and response is not None and not by_brightness
        level, clipped = night.expose(*setting)
        if setting.exposure_s == first and level < task.low * full:
            dim.add(setting.brightness)
        if setting.exposure_s == first and level > task.high * full:
            bright.add(setting.brightness)
        search.observe(median_adu=level, clipped_frac=clipped)
    return search, task.low * full <= level <= task.high * full, order_kept


def _exhausted(rig: Rig, dim: set[int], bright: set[int]) -> bool:
    """Tell whether frames at the first exposure have shown that brightness can't do it."""
    at_limit = rig.steps in dim or rig.dimmest in bright
    return at_limit or any(step + 1 in bright for step in dim)
