"""The level of a frame without light: one value for search, set and judgement."""

from dataclasses import dataclass
from enum import StrEnum
from math import isfinite

# The median of a frame is a whole step of the camera's converter, and its offset drifts as much
# from night to night.
_MEASURED_ERROR_ADU = 4.0


class Origin(StrEnum):
    """Where a pedestal is known from, the most trusted first.

    `PANEL_OFF` is a frame with the panel off, of this run or an earlier one; `SEARCH` what the
    levels of lit frames have in common; `CAMERA` what the camera writes into its files.
    """

    PANEL_OFF = "panel_off"
    CALIBRATION = "calibration"
    CAMERA = "camera"
    SEARCH = "search"


_TRUST = tuple(Origin)


@dataclass(frozen=True, slots=True)
class Pedestal:
    """A level without light and its error, both in ADU.

    Raises:
        ValueError: a figure is not finite, or negative.

    """

    adu: float
    error_adu: float
    origin: Origin

    def __post_init__(self) -> None:
        for figure in (self.adu, self.error_adu):
            if not (isfinite(figure) and figure >= 0):
                raise ValueError(f"a figure of a pedestal must be a number >= 0: {figure}")

    @staticmethod
    def measured(adu: float, origin: Origin = Origin.PANEL_OFF) -> "Pedestal":
        """Return the pedestal of frames without light."""
        return Pedestal(adu, _MEASURED_ERROR_ADU, origin)

    @property
    def is_measured(self) -> bool:
        """Tell whether it is known otherwise than from lit frames."""
        return self.origin is not Origin.SEARCH


def most_trusted(*known: Pedestal | None) -> Pedestal | None:
    """Return the pedestal that holds, of all that are known."""
    there = [pedestal for pedestal in known if pedestal is not None]
    return min(there, key=lambda pedestal: _TRUST.index(pedestal.origin), default=None)
