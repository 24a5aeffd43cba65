"""In which order the filters are taken: the exact optimum for the light that is expected.

An exposure that begins later never ends earlier, so of two ways to have finished the same sets the
one that is done first is never worse: a dynamic program over sets of filters (Held & Karp 1962)
finds the order that completes the most, then takes the most frames, then is done first. It costs
2^n n runs of a set for n filters, each a walk over a table of when the next frame may begin.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from math import inf

import numpy as np

from flatctl.core.sky.light import STEP_S
from flatctl.core.sky.twilight import Floats

# More filters than this are planned in groups: the first so many to close.
PLANNED_MAX = 10
LIGHT_POINTS = 9
# The chance of a frame is told for times so far apart.
_CHANCE_S = 20
# No light, as a logarithm is taken of it.
_DARK = 1e-30


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is missing of a filter, with the light that is expected and the light of a frame.

    `rates` and `sums` are full scales per second and full scales on a grid of `STEP_S` that begins
    at `start_s`; `aim`, and the bounds `low` and `high`, are full scales. `chances` gives, for the
    logarithms of light and the exposures expected of frames, those of a level in the band.
    """

    name: str
    frames: int
    start_s: float
    rates: Floats
    sums: Floats
    low: float
    aim: float
    high: float
    exposure_range_s: tuple[float, float]
    chances: Callable[[Floats, Floats], Floats] | None = None


@dataclass(frozen=True, slots=True)
class Run:
    """A set as it is foretold: its flats, the time after the last, and when its light is right."""

    frames: int
    ends_s: float
    opens_s: float
    closes_s: float


@dataclass(frozen=True, slots=True)
class Plan:
    """The filter to take first, and what the whole order would complete.

    `lights` are full scales per second in each run, evenly spaced from its opening to its closing.
    """

    first: str
    complete: int
    frames: int
    runs: tuple[tuple[str, Run], ...]
    lights: tuple[tuple[float, ...], ...] = ()


class Timetable:
    """When the next frame of one filter may begin, for each second of the window."""

    def __init__(
        self, wanted: Wanted, window_s: tuple[float, float], overhead_s: float, *, dawn: bool
    ) -> None:
        self.wanted = wanted
        shortest, longest = wanted.exposure_range_s
        self._start_s, sums, rates = wanted.start_s, wanted.sums, wanted.rates
        grid = np.arange(len(sums)) * STEP_S

        def during(exposure_s: float) -> Floats:
            if exposure_s < STEP_S:
                return rates * exposure_s
            later: Floats = np.interp(grid + exposure_s, grid, sums)
            return later - sums

        begin = (window_s[0] - self._start_s, window_s[1] - self._start_s)
        early, late = (longest, shortest) if dawn else (shortest, longest)
        # Too dim before at dawn and too bright after; the other way round at dusk.
        open_now = during(early) >= wanted.low if dawn else during(early) <= wanted.high
        shut_now = during(late) > wanted.high if dawn else during(late) < wanted.low
        first = int(np.argmax(open_now)) if open_now.any() else grid.size
        last = int(np.argmax(shut_now)) if shut_now.any() else grid.size
        self.opens_s = self._start_s + max(first * STEP_S, begin[0])
        self.closes_s = self._start_s + min(last * STEP_S, begin[1])
        ends = np.interp(sums + wanted.aim, sums, grid)
        exposures = np.where(ends - grid < STEP_S, wanted.aim / rates, ends - grid)
        exposures = np.clip(exposures, shortest, longest)
        self._overhead_s = overhead_s
        self._exposures_s, self._right = exposures, (first, max(first, last))

    @cached_property
    def _next(self) -> list[float]:
        """Return how long after the beginning of a frame another may begin."""
        following: list[float] = (self._exposures_s + self._overhead_s).tolist()
        return following

    @cached_property
    def _chances(self) -> list[float]:
        """Return the chances of the exposures, from before the light is right until after it."""
        wanted, exposures_s, (first, last) = self.wanted, self._exposures_s, self._right
        grid = np.arange(exposures_s.size) * STEP_S
        if wanted.chances is None:
            return [1.0] * grid.size
        some = np.minimum(np.arange(first, last + _CHANCE_S, _CHANCE_S), grid.size - 1)
        taken_s = exposures_s[some]
        sampled = wanted.rates[some] * taken_s
        summed = np.interp(grid[some] + taken_s, grid, wanted.sums) - wanted.sums[some]
        light = np.maximum(np.where(taken_s < STEP_S, sampled, summed), _DARK)
        chances: list[float] = np.interp(
            grid, grid[some], wanted.chances(np.log(light), taken_s)
        ).tolist()
        return chances

    def run(self, time_s: float) -> Run:
        """Return the set if it begins at a time, or when its light gets right after that."""
        wanted, closes, start = self.wanted.frames, self.closes_s, self._start_s
        following, chances = self._next, self._chances
        when, frames, last = max(time_s, self.opens_s), 0.0, len(following) - 1
        # Expected, and so a fraction of a frame short of whole ones.
        while frames < wanted - 0.5 and when <= closes:
            i = min(int((when - start) / STEP_S), last)
            when += following[i]
            frames += chances[i]
        return Run(min(round(frames), wanted), when, self.opens_s, self.closes_s)

    def light(self, points: int = LIGHT_POINTS) -> tuple[float, ...]:
        """Return the light expected, evenly spaced over the time when it is right."""
        grid = self._start_s + np.arange(len(self.wanted.rates)) * STEP_S
        asked = np.linspace(self.opens_s, max(self.opens_s, self.closes_s), points)
        return tuple(np.interp(asked, grid, self.wanted.rates).tolist())


class Planner:
    """Find the order that completes the most sets from a time on.

    Changing to a filter costs `filter_change_s`, but for the `current` one.
    """

    def __init__(
        self, tables: Sequence[Timetable], current: str | None, filter_change_s: float
    ) -> None:
        self._tables = sorted(tables, key=lambda each: each.closes_s)[:PLANNED_MAX]
        self._current, self._change_s = current, filter_change_s

    def plan(self, time_s: float, first: str | None = None) -> Plan | None:
        """Return the best order, of those that begin with `first` if that is given.

        None where no filter would get a frame.
        """
        tables = self._tables
        done_s = [inf] * (1 << len(tables))
        paths: list[tuple[int, ...]] = [()] * len(done_s)
        done_s[0] = time_s
        best: tuple[tuple[int, int, float], tuple[int, ...]] | None = None
        for done, after_s in enumerate(done_s):
            if after_s == inf:
                continue
            path = paths[done]
            fill, filler = 0, -1
            for i, table in enumerate(tables):
                if done & (1 << i) or (not path and first not in (None, table.wanted.name)):
                    continue
                run = table.run(self._begins_s(after_s, path, i))
                if run.frames == table.wanted.frames:
                    with_it = done | (1 << i)
                    if run.ends_s < done_s[with_it]:
                        done_s[with_it], paths[with_it] = run.ends_s, (*path, i)
                elif run.frames > fill:
                    fill, filler = run.frames, i
            whole = path if filler < 0 else (*path, filler)
            frames = fill + sum(tables[i].wanted.frames for i in path)
            worth = (len(path), frames, -after_s)
            if whole and (best is None or worth > best[0]):
                best = worth, whole
        return None if best is None else self._told(time_s, best[1])

    def _begins_s(self, after_s: float, path: tuple[int, ...], i: int) -> float:
        stays = not path and self._tables[i].wanted.name == self._current
        return after_s if stays else after_s + self._change_s

    def _told(self, time_s: float, path: tuple[int, ...]) -> Plan:
        runs: list[tuple[str, Run]] = []
        for n, i in enumerate(path):
            run = self._tables[i].run(self._begins_s(time_s, path[:n], i))
            runs.append((self._tables[i].wanted.name, run))
            time_s = run.ends_s
        whole = sum(
            run.frames == self._tables[i].wanted.frames
            for i, (_, run) in zip(path, runs, strict=True)
        )
        lights = tuple(self._tables[i].light() for i in path)
        return Plan(runs[0][0], whole, sum(run.frames for _, run in runs), tuple(runs), lights)
