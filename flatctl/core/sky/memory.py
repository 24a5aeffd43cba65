"""What one night of sky flats leaves for the next: a few numbers, as JSON can hold them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from math import isfinite
from typing import Any

_VERSION = 1


@dataclass(frozen=True, slots=True)
class SkyMemory:
    """Hold throughputs (logarithm of full scales of light), the site's sky and the pedestal.

    `sky` is the logarithm of the sky over the mean one, with `error` from night to night;
    `pedestal` a fraction of full scale.
    """

    throughputs: Mapping[str, float] = field(default_factory=dict)
    sky: float = 0.0
    error: float = 0.2
    nights: int = 0
    pedestal: float | None = None

    @staticmethod
    def read(stored: Mapping[str, Any] | None) -> "SkyMemory":
        """Return what `stored` holds.

        Raises:
            ValueError: it is not what `stored` of a memory gave.

        """
        if stored is None:
            return SkyMemory()
        try:
            if stored["version"] != _VERSION:
                raise ValueError(stored["version"])
            throughputs = {str(name): float(k) for name, k in stored["throughputs"].items()}
            pedestal = stored["pedestal"]
            memory = SkyMemory(
                throughputs,
                float(stored["sky"]),
                float(stored["error"]),
                int(stored["nights"]),
                None if pedestal is None else float(pedestal),
            )
        except (KeyError, TypeError, AttributeError, ValueError) as error:
            raise ValueError(f"memory is not that of a sky flat search: {error!r}") from None
        figures = (*throughputs.values(), memory.sky, memory.error, memory.pedestal or 0.0)
        if not (all(isfinite(figure) for figure in figures) and memory.error > 0):
            raise ValueError("memory holds figures that are none")
        return memory

    def stored(self) -> dict[str, Any]:
        """Return it as JSON can hold it."""
        return {
            "version": _VERSION,
            "throughputs": dict(self.throughputs),
            "sky": self.sky,
            "error": self.error,
            "nights": self.nights,
            "pedestal": self.pedestal,
        }
