"""What a search learned of a panel and a camera, for the next filter and the next run."""

import json
from dataclasses import dataclass
from math import isfinite


@dataclass(frozen=True, slots=True)
class Response:
    """Hold the curve of a panel and the pedestal of a camera.

    `points` are pairs (brightness step, relative light), sorted by step, 1 the brightest measured.
    The curve is the panel's and the pedestal (ADU) the camera's; how much light a filter lets
    through is not part of it. A wrong response costs exposures, never the right ending.
    """

    pedestal_adu: float | None = None
    points: tuple[tuple[int, float], ...] = ()

    def __post_init__(self) -> None:
        steps = [step for step, _ in self.points]
        if steps != sorted(set(steps)):
            raise ValueError("the points of a response must be sorted by brightness step")
        if not all(isfinite(light) and light > 0 for _, light in self.points):
            raise ValueError("the light of a response must be positive")
        if self.pedestal_adu is not None and not (
            isfinite(self.pedestal_adu) and self.pedestal_adu >= 0
        ):
            raise ValueError(f"the pedestal of a response must be >= 0 ADU: {self.pedestal_adu}")

    def to_json(self) -> str:
        """Return the response as JSON text."""
        return json.dumps({"pedestal_adu": self.pedestal_adu, "points": self.points})

    @staticmethod
    def from_json(text: str) -> "Response":
        """Return the response that `to_json` wrote.

        Raises:
            ValueError: the text is not a response.

        """
        try:
            found = json.loads(text)
            pedestal = found["pedestal_adu"]
            points = tuple((int(step), float(light)) for step, light in found["points"])
            return Response(None if pedestal is None else float(pedestal), points)
        except (KeyError, TypeError, ValueError) as error:
            raise ValueError(f"not a panel response: {error}") from error
