"""Compare the search with the rules of other programs on thousands of random rigs.

python benchmarks/search.py            print the tables
python benchmarks/search.py --write    and put them into docs/explanation/search.md
"""

import argparse
import os
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from random_rigs import DISTRIBUTION, Night, Rig, Task
from rivals import RIVALS
from tables import insert, tables

from flatctl.core.search.response import Response
from flatctl.core.search.search import FlatSearch
from flatctl.core.types import Outcome, Setting

# Two processes share the work; threads of the numeric library would only be in their way.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

PAGE = Path(__file__).parent.parent / "docs" / "explanation" / "search.md"


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


def run_search(
    night: Night,
    task: Task,
    start: tuple[float, float],
    response: Response | None,
) -> tuple[FlatSearch, bool, bool]:
    """Run FlatSearch on a night; return it, whether its frame was in the band, the order kept."""
    full = night.rig.full_scale_adu
    search = FlatSearch(
        target_adu=task.target * full,
        tolerance_adu=task.tolerance * full,
        full_scale_adu=full,
        brightness_range=(night.rig.dimmest, night.rig.steps),
        exposure_range_s=(task.shortest_s, task.longest_s),
        start=start,
        response=response,
    )
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


def run_rig(number: int, seed: int, task: Task, rivals: bool) -> list[Case]:
    """Return what every program does on one rig."""
    rig = Rig.draw(number, seed)
    middle = ((rig.dimmest + rig.steps) // 2, task.start_s)
    reachable = [rig.reachable(k, task) for k in rig.filters]
    cases = []
    night, response, found = Night(rig), None, dict[int, Setting]()
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
            part = "trained" if turn == "trained" else "first" if first else "later"
            ending = "accepted" if search.outcome is Outcome.REACHED else "given up"
            cases.append(
                Case(
                    "flatctl",
                    part,
                    rig.steps,
                    reachable[i],
                    ending,
                    in_band,
                    order,
                    night.frames,
                    night.open_s,
                    f"{number}/{i} {search.outcome} {rig} k={k}",
                )
            )
        night = Night(rig)
        night.odds.seed(rig.seed + 1)
    for name, rule in RIVALS.items() if rivals else ():
        night = Night(rig)
        for i, k in enumerate(rig.filters):
            night.select(k)
            ending = rule(night, task)
            cases.append(
                Case(
                    name,
                    "any",
                    rig.steps,
                    reachable[i],
                    ending,
                    _last_in_band(night, task),
                    True,
                    night.frames,
                    night.open_s,
                    f"{number}/{i}",
                )
            )
    return cases


def _last_in_band(night: Night, task: Task) -> bool:
    full = night.rig.full_scale_adu
    return task.low * full <= night.last_adu <= task.high * full


def run_all(rigs: int, seed: int, task: Task, rivals: bool = True) -> list[Case]:
    """Return the cases of all rigs, two processes at work."""
    work = partial(run_rig, seed=seed, task=task, rivals=rivals)
    with ProcessPoolExecutor(2) as pool:
        return [case for cases in pool.map(work, range(rigs), chunksize=10) for case in cases]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rigs", type=int, default=2000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--write", action="store_true", help="put the tables into the docs")
    options = parser.parse_args()
    wide = run_all(options.rigs, options.seed, Task())
    narrow = run_all(options.rigs, options.seed, Task().with_tolerance(0.01), rivals=False)
    text = DISTRIBUTION.format(rigs=options.rigs) + "\n\n" + tables(wide, narrow)
    print(text)
    if options.write:
        insert(PAGE, text)


if __name__ == "__main__":
    main()
