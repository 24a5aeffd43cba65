"""Show what each guard and clue of the search earns: switched off alone, on several kinds of rigs.

python benchmarks/ablation.py            print the table
python benchmarks/ablation.py --write    and put it into docs/explanation/search.md
"""

import argparse
import os
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import mean
from unittest.mock import patch

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import numpy as np
from case import Case, nights_of_search, wrong
from random_rigs import Night, Rig, Task
from tables import insert

from flatctl.core.limits import Limits
from flatctl.core.search import clues, endings, exposure, panels
from flatctl.core.search import search as searching
from flatctl.core.search.evidence import Evidence, Judged
from flatctl.core.search.forecast import Forecast
from flatctl.core.search.panels import Panels
from flatctl.core.search.response import Response
from flatctl.core.search.search import FlatSearch
from flatctl.core.types import Measurement, Setting

PAGE = Path(__file__).parent.parent / "docs" / "explanation" / "search.md"
MARK = "ablation"
# The rig of whose panel was learned is so many further on.
OTHER = 10_000
# Differences below these are not told: exposures of a filter, seconds of open shutter.
TOLD_EXPOSURES, TOLD_S = 0.01, 0.1

FULL_STOPS = (1 / 8, 1 / 4, 1 / 2, 1, 2, 4, 8, 15, 30)
THIRD_STOPS = (0.1, 1 / 8, 1 / 6, 0.2, 1 / 4, 0.3, 0.4, 0.5, 0.6, 0.8, 1, 1.3, 1.6, 2, 2.5, 3.2)
THIRD_STOPS += (4, 5, 6, 8, 10, 13, 15, 20, 25, 30)


@dataclass(frozen=True)
class Kind:
    """A kind of rigs, and what is asked of them."""

    name: str
    rig: Callable[[Rig], Rig]
    tolerance: float = 0.05
    listed: bool = False
    misled: bool = False

    def response(self, rig: Rig) -> Response | None:
        """Return what was learned before: nothing, or of a rig that this one is not."""
        if not self.misled:
            return None
        other = Rig.draw(rig.number + OTHER, rig.seed)
        times_s = (Task().shortest_s, Task().start_s, Task().longest_s)
        night = Night(replace(other, bits=rig.bits, steps=rig.steps))
        night.select(other.filters[0])
        steps = (rig.steps // 4, rig.steps // 2, rig.steps)
        seen = [(Setting(b, t), night.expose(b, t)) for b in steps for t in times_s]
        run = tuple(Measurement(s, adu) for s, (adu, clipped) in seen if clipped == 0)
        return Response(None, 0.0, (run,)) if run else None

    def task(self, number: int) -> Task:
        """Return what is asked of one rig of it."""
        speeds = (FULL_STOPS if number % 2 else THIRD_STOPS) if self.listed else ()
        return Task(tolerance=self.tolerance, exposures_s=speeds)


def as_drawn(rig: Rig) -> Rig:
    return rig


KINDS = (
    Kind("±5 %", as_drawn),
    Kind("±1 %", as_drawn, 0.01),
    Kind("cold lamps, ±1 %", Rig.cold, 0.01),
    Kind("shutter speeds", as_drawn, listed=True),
    Kind("shutter speeds, ±1 %", as_drawn, 0.01, listed=True),
    Kind("jumping panels", Rig.jumping),
    Kind("both", Rig.jumping, listed=True),
    Kind("high pedestals", Rig.high_pedestal),
    Kind("light that does not respond", Rig.unresponsive),
    Kind("learned of another panel", as_drawn, misled=True),
    Kind("jumps, learned of another", Rig.jumping, misled=True),
)


@dataclass(frozen=True)
class Off:
    """How a part of the search is switched off: what stands in for it, and where.

    Where it stands in for a function that only looks, a rig on which both always give the same
    need not be done again.
    """

    where: object
    name: str
    instead: object
    looks: bool = False


def answer(where: object, name: str, value: object) -> Off:
    """Return the switch that makes a function give always the same."""
    return Off(where, name, lambda *_, **__: value, looks=True)


def keep_all(self: Evidence, frame: Judged) -> None:
    self.frames = [*self.frames, frame]


def straight_shapes(shapes: Callable[[], np.ndarray] = panels._shapes) -> np.ndarray:
    return shapes()[(shapes()[:, 1] == 1) & (shapes()[:, 2] == 0)]


def as_known(known: Response, *_: object) -> tuple[float, float]:
    return known.pedestal_adu or 0.0, known.pedestal_error_adu


def middle(_: Limits, low_s: float, high_s: float) -> float:
    return (low_s * high_s) ** 0.5


BEFORE_ALL = "everything"
GUARDS: dict[str, tuple[Off, ...]] = {
    "**What it knows**": (),
    "shapes of panels other than straight lines": (Off(panels, "_shapes", straight_shapes),),
    "panels bent to what earlier searches measured": (Off(Panels, "_learn", lambda *_: None),),
    "pedestal on which the earlier searches agree": (Off(panels, "_agreed_pedestal", as_known),),
    "steps that the learned curve proves": (
        Off(Forecast, "proven", lambda _, steps, __: steps, looks=True),
    ),
    "pedestal read from two exposures of a step": (answer(clues, "_by_two_exposures", []),),
    "pedestal read from a level that settings share": (Off(clues, "_DARK_FRAC", -1.0),),
    "full frames whose corners stayed below": (Off(Judged, "partly", False),),
    "light that begins between a dark and a lit step": (answer(clues, "onset", (-1, -1)),),
    "the same, of earlier searches": (Off(Panels, "_add_onsets", lambda *_: None),),
    "**What it tries**": (),
    "straight line through measured steps": (answer(Forecast, "straight", None),),
    "halving when the exposures run short": (Off(searching, "_FREE", 99),),
    "exposures kept for what comes after halving": (Off(exposure, "RESERVE", -99),),
    "dimmest step after three clipped frames": (Off(searching, "_BLIND_MAX", 99),),
    "halving of steps after two clipped frames, late": (Off(exposure, "BLIND", 99),),
    "halving of exposures after two clipped frames": (answer(exposure, "_blind", False),),
    "no exposure right next to a bound": (
        Off(exposure, "_untried", lambda _, low_s, high_s: (low_s, high_s), looks=True),
    ),
    "a limit itself where it is near": (Off(Limits, "between", middle, looks=True),),
    "list: measured steps first": (Off(exposure, "_LIKELY", -1.0),),
    "list: halving of what is foretold to be open": (answer(exposure, "narrowed", {}),),
    "**What ends it**": (),
    "no exposure that can't be enough": (answer(Evidence, "at_best", float("inf")),),
    "short proof for a light that does not respond": (answer(endings, "unresponsive", False),),
    "near miss at the limits taken again": (answer(FlatSearch, "_near_miss", None),),
    "**A light that changes**": (),
    "older frames forgotten that a newer one disproves": (Off(Evidence, "add", keep_all),),
    "bound measured again when all newer frames miss one way": (
        answer(FlatSearch, "_doubted_bound", None),
    ),
    "brightness tried again after a change": (
        Off(FlatSearch, "_is_exhausted", lambda self: not self._steps, looks=True),
    ),
}


def done(
    off: tuple[Off, ...], rig: Rig, task: Task, reachable: list[bool], known: Response | None
) -> list[Case]:
    """Do a rig with something switched off."""
    with ExitStack() as stack:
        for one in off:
            stack.enter_context(patch.object(one.where, one.name, one.instead))
        return list(nights_of_search(rig, task, reachable, known))


def watched(
    rig: Rig, task: Task, reachable: list[bool], known: Response | None
) -> tuple[list[Case], set[str]]:
    """Do a rig with everything, and return which guards would have given something else."""
    differ: set[str] = set()

    def watch(guard: str, off: Off) -> Callable[..., object]:
        original, instead = getattr(off.where, off.name), off.instead

        def both(*args: object, **kwargs: object) -> object:
            given = original(*args, **kwargs)
            if given != instead(*args, **kwargs):
                differ.add(guard)
            return given

        return both

    with ExitStack() as stack:
        for guard, switches in GUARDS.items():
            if not all(off.looks for off in switches):
                differ.add(guard)
                continue
            for off in switches:
                stack.enter_context(patch.object(off.where, off.name, watch(guard, off)))
        return list(nights_of_search(rig, task, reachable, known)), differ


def measure(kind: Kind, rigs: int, seed: int) -> dict[str, list[Case]]:
    """Return the cases of all guards on one kind of rigs."""
    found: dict[str, list[Case]] = {guard: [] for guard in (BEFORE_ALL, *GUARDS)}
    for number in range(rigs):
        rig, task = kind.rig(Rig.draw(number, seed)), kind.task(number)
        reachable = [rig.reachable(k, task) for k in rig.filters]
        known = kind.response(rig)
        usual, differ = watched(rig, task, reachable, known)
        found[BEFORE_ALL] += usual
        for guard, off in GUARDS.items():
            if off:
                found[guard] += done(off, rig, task, reachable, known) if guard in differ else usual
    return found


@dataclass(frozen=True)
class Sum:
    """What the cases of one kind of rigs come to, with something switched off or not.

    Exposures before the accepted one, those of a target that can't be reached, seconds of open
    shutter for a filter, and how often it went wrong.
    """

    first: float
    later: float
    trained: float
    hopeless: float
    open_s: float
    missed: int
    out_of_band: int
    order_broken: int

    @staticmethod
    def of(cases: list[Case]) -> "Sum":
        """Return the sums."""

        def spent(part: str) -> float:
            accepted = [c.frames - 1 for c in cases if c.part == part and c.ending == "accepted"]
            return mean(accepted or [0])

        given_up = [c.frames for c in cases if not c.reachable and c.ending != "accepted"]
        return Sum(
            *map(spent, ("first", "later", "trained")),
            hopeless=mean(given_up or [0]),
            open_s=mean(c.open_s for c in cases),
            missed=sum(c.reachable and c.ending != "accepted" for c in cases),
            out_of_band=sum(wrong(c) and c.ending == "accepted" for c in cases),
            order_broken=sum(not c.order_kept for c in cases),
        )

    def against(self, usual: "Sum") -> str:
        """Return what differs from the usual, in words; nothing where it is not worth a word."""
        told = []
        for name in ("first", "later", "trained", "hopeless"):
            more = getattr(self, name) - getattr(usual, name)
            told += [f"{name} {more:+.2f}"] if abs(more) >= TOLD_EXPOSURES else []
        more_s = self.open_s - usual.open_s
        told += [f"shutter {more_s:+.1f} s"] if abs(more_s) >= TOLD_S else []
        for name in ("missed", "out_of_band", "order_broken"):
            more = getattr(self, name) - getattr(usual, name)
            told += [f"**{name.replace('_', ' ')} {more:+d}**"] if more else []
        return ", ".join(told)


def tables(kinds: dict[str, dict[str, Sum]], rigs: int) -> str:
    """Return the tables: everything switched on, and what each part switched off costs."""
    lines = [
        f"With everything switched on, {rigs} rigs of each kind:",
        "",
        "| rigs | first | later | trained | hopeless | shutter | missed | out of band "
        "| order broken |",
        "|---|---|---|---|---|---|---|---|---|",
    ]
    for kind, sums in kinds.items():
        s = sums[BEFORE_ALL]
        lines.append(
            f"| {kind} | {s.first:.2f} | {s.later:.2f} | {s.trained:.2f} | {s.hopeless:.2f} "
            f"| {s.open_s:.1f} s | {s.missed} | {s.out_of_band} | {s.order_broken} |"
        )
    lines += ["", "| switched off | what changes |", "|---|---|"]
    for guard, off in GUARDS.items():
        told = [
            f"{kind}: {words}"
            for kind, sums in kinds.items()
            if off and (words := sums[guard].against(sums[BEFORE_ALL]))
        ]
        lines.append(f"| {guard} | {'; '.join(told) or ('nothing' if off else '')} |")
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rigs", type=int, default=400)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--write", action="store_true", help="put the tables into the docs")
    options = parser.parse_args()
    kinds = {
        kind.name: {
            guard: Sum.of(cases)
            for guard, cases in measure(kind, options.rigs, options.seed).items()
            if cases
        }
        for kind in KINDS
    }
    text = tables(kinds, options.rigs)
    print(text)
    if options.write:
        insert(PAGE, text, MARK)


if __name__ == "__main__":
    main()
