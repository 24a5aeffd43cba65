"""The course of a set in time, long pauses between two runs cut short."""

import math
import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import pairwise

from flatctl.outputs.figures import zone

_PAUSE_S = 600.0
_PAUSE_TIMES = 20.0
_STEPS_S = (1, 2, 5, 10, 20, 30, 60, 120, 300, 600, 1200, 1800, 3600, 7200, 14400)
_DAY_S = 86400
_TICKS_MAX = 5


@dataclass(frozen=True)
class Course:
    """Where each moment lies on an axis of time, in seconds since the first.

    `cuts` are the places of pauses that were cut short. Without times there is only an order.
    """

    places: tuple[float, ...]
    cuts: tuple[float, ...]
    begins: tuple[tuple[float, datetime], ...]
    label: str

    @staticmethod
    def of(times: Sequence[datetime | None]) -> "Course":
        """Lay out moments in the order they came, in local time; without a zone they are UTC."""
        known = [t if t.tzinfo else t.replace(tzinfo=UTC) for t in times if t]
        clear = [t.astimezone() for t in known]
        if len(clear) < len(times) or not times:
            order = tuple(float(n) for n in range(1, len(times) + 1))
            return Course(order, (), (), "Frame, in the order taken")
        gaps = [max((b - a).total_seconds(), 0.0) for a, b in pairwise(clear)]
        usual = statistics.median(gaps) if gaps else 1.0
        places, at = [0.0], 0.0
        cuts: list[float] = []
        begins = [(0.0, clear[0])]
        for gap, moment in zip(gaps, clear[1:], strict=True):
            pause = gap > max(_PAUSE_S, _PAUSE_TIMES * usual)
            step = 4.0 * usual if pause else gap
            if pause:
                cuts.append(at + step / 2)
                begins.append((at + step, moment))
            at += step
            places.append(at)
        return Course(tuple(places), tuple(cuts), tuple(begins), f"Time, {zone(clear[0])}")

    @property
    def low(self) -> float:
        """Where the axis begins."""
        return min(self.places, default=0.0) - 0.02 * self._span

    @property
    def high(self) -> float:
        """Where the axis ends."""
        return max(self.places, default=1.0) + 0.02 * self._span

    @property
    def _span(self) -> float:
        # A single frame stands in the middle of a second.
        return max(max(self.places, default=1.0) - min(self.places, default=0.0), 1.0)

    def ticks(self) -> list[tuple[float, str]]:
        """Return where the axis is labelled: round times, or where each part begins."""
        if not self.begins:
            count = len(self.places)
            step = max(1, math.ceil(count / _TICKS_MAX))
            return [(float(n), str(n)) for n in range(1, count + 1, step)]
        if len(self.begins) > 1:
            return self._apart([(x, f"{moment:%H:%M:%S}") for x, moment in self.begins])
        days = math.ceil(self._span / _DAY_S / _TICKS_MAX)
        step_s = next((s for s in _STEPS_S if self._span / s <= _TICKS_MAX), days * _DAY_S)
        begin = self.begins[0][1]
        midnight = begin.replace(hour=0, minute=0, second=0, microsecond=0)
        after_s = (begin - midnight).total_seconds()
        first, last = math.ceil((after_s + self.low) / step_s), (after_s + self.high) / step_s
        written = "%H:%M" if step_s >= 60 else "%H:%M:%S"
        ticks = [
            (n * step_s - after_s, f"{midnight + timedelta(seconds=n * step_s):{written}}")
            for n in range(first, math.floor(last) + 1)
        ]
        return ticks or [(0.0, f"{begin:%H:%M:%S}")]

    def _apart(self, ticks: list[tuple[float, str]]) -> list[tuple[float, str]]:
        """Leave out labels that would stand in another one."""
        kept: list[tuple[float, str]] = []
        for tick in ticks:
            if not kept or tick[0] - kept[-1][0] > self._span / _TICKS_MAX:
                kept.append(tick)
        return kept
