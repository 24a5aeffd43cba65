"""Simulated rigs for the tests of the core: exact, without noise unless asked for."""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field

from flatctl import FlatSearch
from flatctl.core.band import Band
from flatctl.core.limits import Limits
from flatctl.core.search.endings import Ending
from flatctl.core.search.search import TRIALS_MAX
from flatctl.core.search.series import FlatSeries
from flatctl.core.types import Measurement, Setting, Verdict

FULL = 65535.0
TARGET = 33400.0
TOLERANCE = 3277.0


@dataclass
class Rig:
    """A panel before a camera: `curve` gives the light of a step, `k` ADU per second and light."""

    curve: Callable[[int], float]
    k: float
    steps: tuple[int, int] = (0, 255)
    times_s: tuple[float, float] = (0.1, 30.0)
    start: tuple[float, float] = (128, 1.0)
    pedestal: float = 1000.0
    full: float = FULL
    target: float = TARGET
    tolerance: float = TOLERANCE
    exposures_s: tuple[float, ...] = ()
    hot_frac: float = 0.0
    ceiling: float = FULL
    drift: Iterator[float] | None = None
    known: dict = field(default_factory=dict)

    def level(self, step: int, exposure_s: float) -> float:
        lamp = next(self.drift) if self.drift else 1.0
        light = self.k * self.curve(step) * exposure_s * lamp
        return float(round(min(self.pedestal + light, self.full, self.ceiling)))

    def search(self, **changes) -> FlatSearch:
        settings = {
            "target_adu": self.target,
            "tolerance_adu": self.tolerance,
            "full_scale_adu": self.full,
            "brightness_range": self.steps,
            "exposure_range_s": self.times_s,
            "start": self.start,
            "exposures_s": self.exposures_s,
        }
        return FlatSearch(**{**settings, **self.known, **changes})

    def run(self, search: FlatSearch | None = None) -> "Run":
        search = search or self.search()
        path: list[Setting] = []
        levels: list[float] = []
        while search.outcome is None:
            assert len(path) < TRIALS_MAX, "the search goes on beyond its last exposure"
            path.append(search.setting)
            levels.append(self.level(*search.setting))
            clipped = 1.0 if levels[-1] >= self.full else self.hot_frac
            search.observe(median_adu=levels[-1], clipped_frac=clipped)
        return Run(search, path, levels)

    @property
    def band(self) -> tuple[float, float]:
        return self.target - self.tolerance, min(self.target + self.tolerance, self.full)

    def reachable(self) -> bool:
        """Tell whether some allowed setting lies in the band, a whole ADU inside."""
        low, high = self.band
        for step in range(self.steps[0], self.steps[1] + 1):
            for shortest, longest in self._spans():
                if self.level(step, shortest) < high and self.level(step, longest) > low:
                    return True
        return False

    def _spans(self) -> list[tuple[float, float]]:
        return [(t, t) for t in self.exposures_s] or [self.times_s]


@dataclass
class Run:
    search: FlatSearch
    path: list[Setting]
    levels: list[float]

    @property
    def outcome(self):
        return self.search.outcome

    @property
    def ending(self) -> Ending | None:
        return self.search.ending

    @property
    def kind(self) -> str | None:
        return self.ending and self.ending.kind

    @property
    def figures(self) -> Mapping[str, float]:
        return self.ending.figures

    def first_exposure_move(self) -> int | None:
        """Return the index of the first frame exposed other than the first one."""
        first = self.path[0].exposure_s
        return next((i for i, s in enumerate(self.path) if s.exposure_s != first), None)

    def brightness_exhausted(self, rig: Rig, before: int) -> bool:
        """Tell whether frames before an index show that brightness alone can't do it."""
        low, high = rig.band
        seen = list(zip(self.path[:before], self.levels[:before], strict=True))
        dim = {s.brightness for s, level in seen if level < low}
        bright = {s.brightness for s, level in seen if level > high}
        return (
            rig.steps[1] in dim or rig.steps[0] in bright or any(step + 1 in bright for step in dim)
        )


def linear(step: int) -> float:
    return step / 255


def exactly(message: str) -> str:
    """Return the pattern that matches a message and no other."""
    return f"^{re.escape(message)}$"


def measured(brightness: int, exposure_s: float, level_adu: float, time_s: float = 0.0):
    """Return what one exposure gave."""
    return Measurement(Setting(brightness, exposure_s), level_adu, time_s=time_s)


def a_series(
    *,
    target_adu: float,
    tolerance_adu: float,
    full_scale_adu: float,
    brightness_range: tuple[int, int],
    exposure_range_s: tuple[float, float],
    exposures_s: tuple[float, ...] = (),
    **rest,
) -> FlatSeries:
    """Return the capture of a set, described as a search is."""
    return FlatSeries(
        band=Band(target_adu, tolerance_adu, full_scale_adu),
        limits=Limits.checked(brightness_range, exposure_range_s, exposures_s),
        **rest,
    )


def observe(
    series: FlatSeries,
    *,
    median_adu: float,
    clipped_frac: float,
    time_s: float,
    setting: Setting | None = None,
    refused: bool = False,
) -> Verdict:
    """Hand a frame to a set, exposed with the present setting unless another is given."""
    frame = Measurement(setting or series.setting, median_adu, clipped_frac, time_s)
    return series.observe(frame, refused=refused)
