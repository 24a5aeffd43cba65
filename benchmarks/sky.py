"""Twilight flats: what SkyFlatSearch and the rules of other programs make of random twilights.

python benchmarks/sky.py            print the tables
python benchmarks/sky.py --write    and put them into docs/explanation/sky-flats.md
"""

import argparse
import os
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from multiprocessing import Pool
from pathlib import Path
from typing import Any

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

from sky_limit import Clairvoyant
from sky_rigs import CHANGE_S, DISTRIBUTION, RANGE_DEG, Rig, Twilight
from sky_rivals import RIVALS
from sky_told import Told
from tables import insert

from flatctl import SkyFilter, SkyFlatSearch

PAGE = Path(__file__).parent.parent / "docs" / "explanation" / "sky-flats.md"
TARGET, FULL_ADU = 0.51, 65535.0
TOLERANCES = (0.05, 0.01)
STEPS_MAX = 20_000
OURS, AGAIN = "**flatctl**, first night", "**flatctl**, second night"
TOLD = "the same, told the sky but not its clouds"


@dataclass
class Score:
    """What one program made of one twilight; `broken` is a promise that was not kept."""

    program: str
    rig: Rig
    limit: Clairvoyant
    sets: int
    frames: int
    wasted: int
    out_of_band: int
    broken: str = ""
    cpu_s: float = 0.0
    steps: int = 0

    @staticmethod
    def of(program: str, twilight: Twilight, limit: Clairvoyant) -> "Score":
        """Return the score of what was taken."""
        kept, good = sum(twilight.kept.values()), twilight.good.values()
        frames = sum(min(n, twilight.rig.flats) for n in good)
        wasted = twilight.frames - kept
        return Score(
            program, twilight.rig, limit, twilight.complete, frames, wasted, kept - sum(good)
        )


@dataclass
class Ours:
    """SkyFlatSearch in a twilight; every promise of its interface is checked on the way."""

    twilight: Twilight
    memory: dict[str, Any] | None = None
    kind: type[SkyFlatSearch] = SkyFlatSearch
    cpu_s: float = 0.0
    steps: int = 0
    broken: list[str] = field(default_factory=list)

    def run(self) -> dict[str, Any]:
        """Take the twilight; return what the next night may know."""
        twilight, rig = self.twilight, self.twilight.rig
        exposures_s = (rig.shortest_s, rig.longest_s)
        hints = rig.hints or dict.fromkeys(rig.filters)
        search = self.kind(
            [SkyFilter(name, rig.flats, exposures_s, hints[name]) for name in rig.filters],
            target_adu=TARGET * FULL_ADU,
            tolerance_adu=twilight.tolerance * FULL_ADU,
            full_scale_adu=FULL_ADU,
            dawn=rig.dawn,
            sun_altitude=rig.sun_altitude,
            sun_altitude_range_deg=RANGE_DEG,
            overhead_s=rig.overhead_s,
            filter_change_s=CHANGE_S,
            pedestal_adu=rig.pedestal * FULL_ADU if rig.pedestal_known else None,
            memory=self.memory,
        )
        if isinstance(search, Told):
            search.twilight = twilight
        while self.steps < STEPS_MAX:
            step = self._timed(search.next, twilight.time_s)
            self.steps += 1
            match step.action:
                case "finish":
                    break
                case "wait":
                    twilight.wait(step.seconds)
                case "switch":
                    twilight.switch(step.filter)
                case "expose":
                    self._expose(search, step.exposure_s)
        else:
            self.broken.append("no end")
        for name in rig.filters:
            is_full = twilight.kept[name] >= rig.flats
            if (search.outcomes.get(name) == "complete") != is_full:
                self.broken.append(f"{name} ended {search.outcomes.get(name)}")
            if search.counts[name] != twilight.kept[name]:
                self.broken.append(f"{name} counted {search.counts[name]}")
        return search.memory

    def _expose(self, search: SkyFlatSearch, exposure_s: float) -> None:
        twilight, rig = self.twilight, self.twilight.rig
        if not rig.shortest_s - 1e-9 <= exposure_s <= rig.longest_s + 1e-9:
            self.broken.append(f"exposed {exposure_s} s")
        if not RANGE_DEG[0] <= twilight.sun_deg <= RANGE_DEG[1]:
            self.broken.append(f"exposed with the Sun at {twilight.sun_deg}")
        mid_s = twilight.time_s + exposure_s / 2
        level, clipped = twilight.expose(exposure_s)
        verdict = self._timed(
            search.observe,
            mid_s=mid_s,
            exposure_s=exposure_s,
            median_adu=level * FULL_ADU,
            clipped_frac=clipped,
        )
        if verdict.accepted:
            twilight.keep(level)

    def _timed(self, call: Any, *given: Any, **named: Any) -> Any:
        began = time.process_time()
        result = call(*given, **named)
        self.cpu_s += time.process_time() - began
        return result


def scores_of(rig: Rig, tolerance: float, rivals: bool) -> Iterator[Score]:
    """Yield the scores of all programs on a rig: two nights of ours, one of the others."""
    memory = None
    for night, program in enumerate((OURS, AGAIN)):
        twilight = Twilight(rig, TARGET, tolerance, night)
        limit = Clairvoyant(twilight)
        twilight.begin_again()
        ours = Ours(twilight, memory)
        memory = ours.run()
        score = Score.of(program, twilight, limit)
        score.broken, score.cpu_s, score.steps = "; ".join(ours.broken), ours.cpu_s, ours.steps
        yield score
        if night == 0:
            twilight.begin_again()
            Ours(twilight, kind=Told).run()
            yield Score.of(TOLD, twilight, limit)
        if night == 0 and rivals:
            for name, rival in RIVALS.items():
                twilight.begin_again()
                rival(twilight).run()
                yield Score.of(name, twilight, limit)


def all_scores_of(rig: Rig, tolerance: float, rivals: bool) -> list[Score]:
    """Return the scores of all programs on a rig, for another process."""
    return list(scores_of(rig, tolerance, rivals))


def ratio(scores: Sequence[Score]) -> tuple[float, float, float]:
    """Return sets and frames over the limit's, and frames not kept for each kept."""
    frames = sum(score.frames for score in scores)
    return (
        sum(score.sets for score in scores) / max(1, sum(score.limit.sets for score in scores)),
        frames / max(1, sum(score.limit.frames for score in scores)),
        sum(score.wasted for score in scores) / max(1, frames),
    )


def table(scores: Sequence[Score], tolerance: float) -> str:
    """Return the table of one tolerance, as Markdown."""
    skies = ("clear", "haze", "cloud")
    lines = [
        f"Tolerance ±{tolerance:.0%} of full scale: sets and frames over the limit's, frames not "
        "kept for each kept, and kept out of the band:",
        "",
        "| | sets | " + " | ".join(skies) + " | frames | not kept | clear | out of band |",
        "|---|" + "---|" * 8,
    ]
    for program in dict.fromkeys(score.program for score in scores):
        of = [score for score in scores if score.program == program]
        by_sky = {sky: ratio([s for s in of if s.rig.sky == sky]) for sky in skies}
        sets, frames, wasted = ratio(of)
        lines.append(
            f"| {program} | {sets:.3f} | "
            + " | ".join(f"{by_sky[sky][0]:.3f}" for sky in skies)
            + f" | {frames:.3f} | {wasted:.3f} | {by_sky['clear'][2]:.3f} "
            f"| {sum(score.out_of_band for score in of)} |"
        )
    ours = [score for score in scores if score.steps]
    broken = [score.broken for score in ours if score.broken]
    per_step_ms = 1e3 * sum(s.cpu_s for s in ours) / max(1, sum(s.steps for s in ours))
    return "\n".join(
        [
            *lines,
            "",
            f"Promises broken: {len(broken)}{': ' + '; '.join(broken) if broken else ''}. "
            f"`next` with `observe` costs {per_step_ms:.1f} ms on average.",
        ]
    )


def main() -> None:
    """Run all, print the tables, write them if asked."""
    parser = argparse.ArgumentParser(description="sky flats: flatctl, its rivals and the limit")
    parser.add_argument("--rigs", type=int, default=120)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--alone", action="store_true", help="without the rivals")
    parser.add_argument("--jobs", type=int, default=1, help="processes")
    parser.add_argument("--write", action="store_true")
    wanted = parser.parse_args()
    rigs = [Rig.draw(number, wanted.seed) for number in range(wanted.rigs)]
    parts = [" ".join(DISTRIBUTION.format(rigs=wanted.rigs).split())]
    for tolerance in TOLERANCES:
        of_rig = partial(all_scores_of, tolerance=tolerance, rivals=not wanted.alone)
        with Pool(wanted.jobs) as pool:
            scores = [s for of in pool.imap(of_rig, rigs) for s in of]
        first = [score for score in scores if score.program == OURS]
        possible = sum(len(score.rig.filters) for score in first)
        parts.append(
            f"The limit is {sum(s.limit.sets for s in first)} of {possible} sets.\n\n"
            + table(scores, tolerance)
        )
    text = "\n\n".join(parts)
    print(text)
    if wanted.write:
        insert(PAGE, text, "sky")


if __name__ == "__main__":
    main()
