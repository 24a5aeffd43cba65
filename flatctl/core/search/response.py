"""What a search learned of a panel and a camera, for the next filter and the next run."""

import json
from collections.abc import Iterable
from dataclasses import dataclass, replace
from math import isfinite

from flatctl.core.pedestal import Origin, Pedestal
from flatctl.core.search.evidence import Judged
from flatctl.core.types import Measurement, Setting

_RUNS_MAX = 8


@dataclass(frozen=True, slots=True)
class Response:
    """Hold what is known of the panel's curve and the camera's pedestal.

    `runs` are the frames of earlier searches, one tuple for each, newest last: settings and levels,
    no conclusions, so that a pedestal better known today mends the curve of yesterday. What one
    filter lets through is a factor common to its run and no part of the curve. `pedestal_adu` is
    given with its error and its origin: a measured one is kept by every search. A wrong response
    costs exposures, never the right ending.

    Raises:
        ValueError: a figure is not finite, or negative.

    """

    pedestal_adu: float | None = None
    pedestal_error_adu: float = 0.0
    runs: tuple[tuple[Measurement, ...], ...] = ()
    origin: Origin = Origin.SEARCH

    def __post_init__(self) -> None:
        if not all(frame.exposure_s > 0 for run in self.runs for frame in run):
            raise ValueError("the exposures of a response must be > 0 s")
        seen = [figure for run in self.runs for f in run for figure in (*f.setting, f.level_adu)]
        for figure in (self.pedestal_adu or 0.0, self.pedestal_error_adu, *seen):
            if not (isfinite(figure) and figure >= 0):
                raise ValueError(f"a figure of a response must be a number >= 0: {figure}")

    @staticmethod
    def measured(pedestal_adu: float, points: Iterable[tuple[int, float]]) -> "Response":
        """Return the response of a calibrated panel: pairs (brightness, ADU per second)."""
        run = tuple(
            Measurement(Setting(brightness, 1.0), pedestal_adu + light)
            for brightness, light in points
        )
        return Response(pedestal_adu, 0.0, (run,))

    @property
    def pedestal(self) -> Pedestal | None:
        """Return the pedestal that was measured, or that the searches found."""
        if self.pedestal_adu is None:
            return None
        return Pedestal(self.pedestal_adu, self.pedestal_error_adu, self.origin)

    def knowing(self, pedestal: Pedestal | None) -> "Response":
        """Return the response with a pedestal known from elsewhere, where there is one."""
        if pedestal is None:
            return self
        return Response(pedestal.adu, pedestal.error_adu, self.runs, pedestal.origin)

    def with_run(
        self, frames: Iterable[Judged], pedestal_adu: float, error_adu: float
    ) -> "Response":
        """Return the response with the frames of one more search.

        The pedestal is the one known by then, unless it has been measured.
        """
        run = tuple(Measurement(f.setting, f.level_adu) for f in frames if not f.clipped)
        runs = ((*self.runs, run) if run else self.runs)[-_RUNS_MAX:]
        if self.pedestal is not None and self.pedestal.is_measured:
            return replace(self, runs=runs)
        return Response(pedestal_adu, error_adu, runs)

    def to_json(self) -> str:
        """Return the response as JSON text."""
        runs = [[(*seen.setting, seen.level_adu) for seen in run] for run in self.runs]
        known = {"pedestal_adu": self.pedestal_adu, "pedestal_error_adu": self.pedestal_error_adu}
        return json.dumps({**known, "runs": runs})

    @staticmethod
    def from_json(text: str) -> "Response":
        """Return the response that `to_json` wrote.

        Raises:
            ValueError: the text is not a response.

        """
        try:
            found = json.loads(text)
            pedestal = found["pedestal_adu"]
            runs = tuple(
                tuple(
                    Measurement(Setting(int(brightness), float(t)), float(level))
                    for brightness, t, level in run
                )
                for run in found["runs"]
            )
            error = float(found["pedestal_error_adu"])
            return Response(None if pedestal is None else float(pedestal), error, runs)
        except (KeyError, TypeError, ValueError) as error:
            raise ValueError(f"not a panel response: {error}") from error
