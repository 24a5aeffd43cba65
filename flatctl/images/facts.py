"""What an image says of itself, and its pixels, in the same words whatever its format."""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from numpy.typing import NDArray

from flatctl.fits.header import NotReadable, Value, parse_value

# Where programs say at what level a pixel is full: ours, and the usual ones.
_FULL_SCALE = ("FLATFULL", "SATURATE", "SATLEVEL")


class Format(StrEnum):
    """How an image lies in its file."""

    FITS = "FITS"
    XISF = "XISF"
    RAW = "raw"


class Missing(NotReadable):
    """Nothing is wrong with the file: what reads its format is not installed."""


@dataclass(frozen=True)
class Facts:
    """What the header of a file's first image says; no pixels were read for it.

    `values` are by FITS keyword, also where the format has other words for them; `comment` returns
    what stands beside one. `shape` is ([planes,] rows, cols). `unfilled` files end with their last
    pixel, not with a whole block.
    """

    format: Format
    values: Mapping[str, Value]
    shape: tuple[int, ...]
    comment: Callable[[str], str] = field(default=lambda _: "", repr=False, compare=False)
    unfilled: bool = False

    def number(self, *keywords: str) -> float | None:
        """Return the first of these that says a finite number; some programs put it in quotes."""
        for keyword in keywords:
            value = self.values.get(keyword)
            value = parse_value(value) if isinstance(value, str) else value
            if isinstance(value, bool) or not isinstance(value, int | float):
                continue
            if math.isfinite(value):
                return float(value)
        return None

    def text(self, *keywords: str) -> str | None:
        """Return the first of these that says something."""
        said = (str(self.values.get(keyword, "")).strip() for keyword in keywords)
        return next((text for text in said if text), None)

    @property
    def exposure_s(self) -> float | None:
        """How long it was exposed."""
        return self.number("EXPTIME", "EXPOSURE")

    @property
    def iso(self) -> float | None:
        """The ISO speed of a DSLR."""
        return self.number("ISOSPEED", "ISO", "ISOSPD")

    @property
    def gain(self) -> float | None:
        """The gain that an astronomical camera was set to."""
        return self.number("GAIN", "CAMGAIN")

    @property
    def f_number(self) -> float | None:
        """The focal length over the aperture, where a lens or a program told it."""
        found = self.number("FOCRATIO", "APERTURE")
        return found if found is not None and found > 0 else None

    @property
    def camera(self) -> str | None:
        """The model of the camera."""
        return self.text("INSTRUME", "CAMERA")

    @property
    def filter(self) -> str | None:
        """The filter's name."""
        return self.text("FILTER")

    @property
    def full_scale_adu(self) -> float | None:
        """The level at which a pixel is full, where the header tells it."""
        told = (self.number(keyword) for keyword in _FULL_SCALE)
        return next((level for level in told if level is not None and level > 0), None)


@dataclass(frozen=True)
class Image:
    """The first image of a file.

    `pixels` has shape ([planes,] rows, cols), native byte order, in the camera's ADU; nothing is
    demosaiced. `pattern` tells the colours of a cell of the sensor from the first pixel on, row by
    row (`RGGB`; 36 letters of X-Trans); None of mono and of planes. `black_adu` and `white_adu` are
    by colour the levels without light and where the camera is full, empty where nothing tells
    them; up to `linear_adu` its maker calls it linear. `images` is how many the file has. `changed`
    tells that the data do not have the sum that the file says, `proven` that they have it.
    """

    pixels: NDArray[Any]
    facts: Facts
    pattern: str | None = None
    black_adu: Mapping[str, float] = field(default_factory=dict)
    white_adu: Mapping[str, float] = field(default_factory=dict)
    linear_adu: Mapping[str, float] = field(default_factory=dict)
    images: int = 1
    changed: bool = False
    proven: bool = False

    @property
    def full_scale_adu(self) -> float | None:
        """The level at which the first colour is full, None where the file does not tell it."""
        return min(self.white_adu.values(), default=self.facts.full_scale_adu)
