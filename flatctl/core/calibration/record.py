"""What a calibration has measured, and what a run makes of it."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from itertools import pairwise
from math import exp, isfinite, log

from flatctl.core.search.response import Response

BITS = range(8, 17)
# A lamp that needs longer than this is followed by the series, not waited for at every step.
SETTLE_ADOPTED_MAX_S = 10.0
# A level may lie so much (a ratio) beyond a measured one by the rounding of figures alone.
_ROUNDING = 1 + 1e-9


@dataclass(frozen=True, slots=True)
class Calibration:
    """What was measured; `None` where it could not be.

    `pedestal_adu` is the level without light and time, `leak_adu_s` what grows with time though
    the panel is off. `full_scale_adu` is the level at which the median stops growing. `settle_s`
    after a change from dark to full brightness the light stays within 0.5 %. `curve` are pairs
    (brightness, median in ADU) at `exposure_s`, sorted; none is clipped. `filter` is the one it was
    all seen through.

    Raises:
        ValueError: a figure is not finite or negative.

    """

    pedestal_adu: float
    leak_adu_s: float
    full_scale_adu: float | None
    settle_s: float | None
    exposure_s: float
    curve: tuple[tuple[int, float], ...]
    filter: str | None = None

    def __post_init__(self) -> None:
        figures = [self.pedestal_adu, self.leak_adu_s, self.exposure_s]
        figures += [self.full_scale_adu or 0.0, self.settle_s or 0.0]
        figures += [figure for point in self.curve for figure in point]
        if not all(isfinite(figure) and figure >= 0 for figure in figures):
            raise ValueError("a figure of a calibration must be a number >= 0")

    @property
    def bits(self) -> int | None:
        """Return of how many bits the camera's data really are, `None` where that is not clear.

        Fewer than 16 bits come as they are (16383) or shifted up (65532).
        """
        if self.full_scale_adu is None:
            return None
        for bits in BITS:
            highest = (1 << bits) - 1
            if self.full_scale_adu in (highest, highest << (16 - bits)):
                return bits
        return None

    @property
    def complete(self) -> bool:
        """Return whether nothing is missing."""
        return (
            self.full_scale_adu is not None
            and self.settle_s is not None
            and len(self.response.runs) == 1
        )

    @property
    def response(self) -> Response:
        """Return what a search makes of it."""
        points = self._points
        if len(points) < 2:
            return Response(self.pedestal_adu)
        return Response.measured(self.pedestal_adu, points)

    def brightness_for(self, level_adu: float, exposure_s: float) -> int | None:
        """Return the brightness that gives a level through the same filter, `None` where unknown.

        Between two measured steps the light follows a power law; beyond them nothing is known.
        """
        points = [(brightness, light) for brightness, light in self._points if brightness > 0]
        wanted = (level_adu - self.pedestal_adu) / exposure_s
        for (low, dim), (high, bright) in pairwise(points):
            if dim < bright and dim <= wanted * _ROUNDING and wanted <= bright * _ROUNDING:
                share = log(wanted / dim) / log(bright / dim)
                return round(low * exp(share * log(high / low)))
        return None

    @property
    def _points(self) -> list[tuple[int, float]]:
        """Return the brightnesses clearly lit, each with its light (ADU/s)."""
        ground_adu = self.pedestal_adu
        return [
            (brightness, (level - ground_adu) / self.exposure_s)
            for brightness, level in self.curve
            if level - ground_adu > clear_adu(ground_adu)
        ]

    def leak_frac(self, level_adu: float, exposure_s: float) -> float:
        """Return which fraction of the light of a flat (level, exposure) leaks in, 0 to 1."""
        light_adu = level_adu - self.pedestal_adu
        return min(self.leak_adu_s * exposure_s / light_adu, 1.0) if light_adu > 0 else 1.0

    def to_json(self) -> str:
        """Return the calibration as JSON text."""
        return json.dumps(asdict(self))

    @staticmethod
    def from_json(text: str) -> "Calibration":
        """Return the calibration that `to_json` wrote.

        Raises:
            ValueError: the text is not a calibration.

        """
        try:
            found = json.loads(text)
            points = tuple((int(at), float(level)) for at, level in found.pop("curve"))
            return Calibration(**found, curve=points)
        except (AttributeError, KeyError, TypeError, ValueError) as error:
            raise ValueError(f"not a calibration: {error}") from error


def clear_adu(pedestal_adu: float) -> float:
    """Return how far a level must lie above the pedestal (ADU) to be light for sure."""
    return max(10.0, 0.02 * pedestal_adu)


def relative(curve: Sequence[tuple[int, float]], pedestal_adu: float) -> list[float]:
    """Return the light of each point as a fraction of the brightest one's."""
    top = max((level for _, level in curve), default=pedestal_adu) - pedestal_adu
    return [(level - pedestal_adu) / top if top > 0 else 0.0 for _, level in curve]
