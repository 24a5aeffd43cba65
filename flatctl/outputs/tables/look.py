"""What one frame shows: its level, its statistics, and its histogram."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from flatctl import events
from flatctl.core.band import Band
from flatctl.core.types import Statistics, Verdict
from flatctl.outputs import figures
from flatctl.outputs.tables import Table

if TYPE_CHECKING:
    from flatctl.core.pixels.histogram import Counts

_ROWS, _WIDTH = 20, 50
_VERDICTS = {
    Verdict.ACCEPTED: "in the band: a flat",
    Verdict.TOO_DIM: "too dim for a flat",
    Verdict.TOO_BRIGHT: "too bright for a flat",
    Verdict.CLIPPED: "pixels are full: no flat",
}


@dataclass(frozen=True, eq=False)
class LookListing:
    """One frame through a filter: `whole` and `colours` measure it, `counts` are its histogram.

    `black_frac` of its pixels are lost at their lower end.
    """

    filter: str | None
    brightness: int
    exposure_s: float
    learned: bool
    level_adu: float
    clipped_frac: float
    black_frac: float
    band: Band
    whole: Statistics
    colours: dict[str, Statistics]
    counts: "Counts"

    def lines(self) -> Iterator[str]:
        """Yield the sentences."""
        level = f"{figures.adu(self.level_adu)} ADU ({figures.percent(self._level)})"
        known = "the setting learned" if self.learned else "not learned yet"
        where = events.label(self.filter)
        yield (
            f"{where}: step {self.brightness}, {figures.seconds(self.exposure_s)} ({known}) -> "
            f"{level}, {_VERDICTS[self.band.judge(self.level_adu, self.clipped_frac)]}"
        )
        wanted = f"{figures.percent(self.band.low)} to {figures.percent(self.band.high)}"
        yield f"wanted: {wanted} of full scale ({figures.adu(self.band.full_scale_adu)} ADU)"
        yield (
            f"full pixels: {figures.percent(self.clipped_frac, 2)}, black ones: "
            f"{figures.percent(self.black_frac, 2)}"
        )

    def tables(self) -> Iterator[Table]:
        """Yield the statistics, and the histogram."""
        named = {"all": self.whole, **self.colours}
        rows = [
            [name, *map(figures.adu, (one.median, one.mean, one.std, one.min, one.max))]
            for name, one in named.items()
        ]
        yield Table("Levels in ADU", ("", "median", "mean", "deviation", "min", "max"), rows)
        yield Table("Histogram", ("of full scale", "pixels", ""), self._bars())

    @property
    def _level(self) -> float:
        return self.band.frac(self.level_adu)

    def _bars(self) -> list[list[str]]:
        """Return a row for each twentieth of full scale, the brightest first."""
        import numpy as np

        bins = np.minimum(
            np.arange(len(self.counts)) * _ROWS / (self.band.full_scale_adu + 1), _ROWS - 1
        ).astype(int)
        pixels = np.bincount(bins, weights=self.counts, minlength=_ROWS)
        most = max(float(pixels.max()), 1.0)
        rows = []
        for row in reversed(range(_ROWS)):
            low, high = row / _ROWS, (row + 1) / _ROWS
            bar = "█" * max(round(_WIDTH * pixels[row] / most), int(pixels[row] > 0))
            mark = " wanted" if low < self.band.high and high > self.band.low else ""
            share = figures.percent(float(pixels[row]) / self.whole.count, 2)
            rows.append([f"{100 * low:.0f}-{100 * high:.0f} %{mark}", share, bar])
        return rows
