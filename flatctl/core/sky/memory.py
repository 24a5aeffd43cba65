"""What one night of sky flats leaves for the next: a few numbers, as JSON can hold them."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from math import isfinite, log
from typing import Any

_VERSION = 1
# Logarithms beyond this are no light that anybody takes flats of.
_LN_MAX = 80.0


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
        except (KeyError, TypeError, AttributeError, ValueError, OverflowError) as error:
            raise ValueError(f"memory is not that of a sky flat search: {error!r}") from None
        if not memory.makes_sense:
            raise ValueError("memory holds figures that are none")
        return memory

    @property
    def makes_sense(self) -> bool:
        """Tell whether its figures can be those of a sky."""
        logarithms = (*self.throughputs.values(), self.sky, self.error)
        return (
            all(isfinite(each) and abs(each) <= _LN_MAX for each in logarithms)
            and self.error > 0
            and self.nights >= 0
            and 0 <= (self.pedestal or 0.0) < 1
        )

    def rescaled(self, factor: float) -> "SkyMemory":
        """Return it for a full scale that is smaller by `factor`."""
        throughputs = {name: k + log(factor) for name, k in self.throughputs.items()}
        pedestal = None if self.pedestal is None else self.pedestal * factor
        return replace(self, throughputs=throughputs, pedestal=pedestal)

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
