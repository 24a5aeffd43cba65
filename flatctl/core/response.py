"""What a search learned of a panel and a camera, for the next filter and the next run."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from math import exp, isfinite, log
from typing import TYPE_CHECKING

from flatctl.core.evidence import Frame

if TYPE_CHECKING:
    from flatctl.core.light import Outlook


@dataclass(frozen=True, slots=True)
class Response:
    """Hold the curve of a panel and the pedestal of a camera.

    `points` are pairs (brightness step, relative light), sorted by step. The curve is the panel's
    and the pedestal (ADU, with its error) the camera's; how much light a filter lets through is
    not part of it. A wrong response costs exposures, never the right ending.
    """

    pedestal_adu: float | None = None
    pedestal_error_adu: float = 0.0
    points: tuple[tuple[int, float], ...] = ()

    def __post_init__(self) -> None:
        steps = [step for step, _ in self.points]
        if steps != sorted(set(steps)):
            raise ValueError("the points of a response must be sorted by brightness step")
        if not all(isfinite(light) and light > 0 for _, light in self.points):
            raise ValueError("the light of a response must be positive")
        for level in (self.pedestal_adu or 0.0, self.pedestal_error_adu):
            if not (isfinite(level) and level >= 0):
                raise ValueError(f"the pedestal of a response must be >= 0 ADU: {level}")

    def to_json(self) -> str:
        """Return the response as JSON text."""
        return json.dumps(asdict(self))

    @staticmethod
    def from_json(text: str) -> "Response":
        """Return the response that `to_json` wrote.

        Raises:
            ValueError: the text is not a response.

        """
        try:
            found = json.loads(text)
            pedestal = found["pedestal_adu"]
            return Response(
                None if pedestal is None else float(pedestal),
                float(found["pedestal_error_adu"]),
                tuple((int(step), float(light)) for step, light in found["points"]),
            )
        except (KeyError, TypeError, ValueError) as error:
            raise ValueError(f"not a panel response: {error}") from error


# Two points nearer than this (in ratio of steps) say the same; the newer one stays.
_SAME_STEP_FRAC = 0.02
_POINTS_MAX = 24


def learn(
    known: Response, frames: Sequence[Frame], outlook: "Outlook", full_scale_adu: float
) -> Response:
    """Return the response after a search: what was known, mended by what its frames showed."""
    pedestal, spread = outlook.pedestal
    error = max(spread, 1e-4 * full_scale_adu)
    weak = pedestal + 5 * error + 0.01 * full_scale_adu
    points = {
        f.brightness: (f.level_adu - pedestal) / f.exposure_s
        for f in frames
        if f.level_adu > weak and not f.clipped
    }
    if not points:
        return Response(pedestal, error, known.points)
    if known.points and outlook.learned > 0.5:
        expected = dict(zip(points, outlook.light(list(points)), strict=True))
        shared = [log(light / expected[s]) for s, light in points.items() if expected[s] > 0]
        scale = exp(sum(shared) / max(len(shared), 1))
        points = {step: light / scale for step, light in points.items()}
        seen = tuple(points)
        # The old points go on where the new ones say nothing.
        for step, light in known.points:
            if all(abs(step - s) > _SAME_STEP_FRAC * s for s in seen):
                points[step] = light
    return Response(pedestal, error, _growing(points))


def _growing(points: dict[int, float]) -> tuple[tuple[int, float], ...]:
    """Return points sorted by step, their light never falling: noise must not bend a curve back."""
    best = 0.0
    grown = []
    for step in sorted(points):
        best = max(best, points[step])
        grown.append((step, best))
    while len(grown) > _POINTS_MAX:
        gaps = [grown[i + 1][0] / max(grown[i - 1][0], 1) for i in range(1, len(grown) - 1)]
        del grown[1 + gaps.index(min(gaps))]
    return tuple(grown)
