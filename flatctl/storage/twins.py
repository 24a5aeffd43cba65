"""Frames that hold one and the same picture: one exposure, whatever their headers say.

Noise makes every exposure another one. So a picture that is there twice was sent, or stored, twice,
and a master flat would count its noise double.
"""

from collections.abc import Mapping

import numpy as np

from flatctl.core.pixels.sixteen_bits import STORED, Pixels16, to_stored
from flatctl.fits.checksum import ones_complement_sum
from flatctl.fits.header import Value

# The sum of the data as DATASUM has it, columns, rows, and the median.
Picture = tuple[int, int, int, float]


class Pictures:
    """The pictures of frames on disk; `twin` says which of them one was before."""

    def __init__(self) -> None:
        self._names: dict[Picture, str] = {}

    def add(self, picture: Picture, name: str) -> None:
        """Take one in."""
        self._names.setdefault(picture, name)

    def twin(self, picture: Picture) -> str | None:
        """Return the name of the frame that has the same picture, None where none has."""
        return self._names.get(picture)


def picture_of(pixels: Pixels16, median_adu: float) -> Picture:
    """Return what tells the picture of a frame of shape (rows, cols); of >i2 as FITS stores it."""
    stored = pixels if pixels.dtype == STORED else to_stored(pixels)
    data = np.ascontiguousarray(stored).reshape(-1).view(np.uint8).data
    rows, cols = pixels.shape
    return ones_complement_sum(data), cols, rows, float(median_adu)


def stored_picture(cards: Mapping[str, Value]) -> Picture | None:
    """Return what tells the picture of a flat of flatctl's with these cards; None for others."""
    try:
        if cards["IMAGETYP"] != "FLAT" or "FLATNUM" not in cards:
            return None
        # A compressed one has the sum of what was compressed beside its own.
        data_sum = int(str(cards.get("ZDATASUM", cards["DATASUM"])))
        return (
            data_sum,
            int(cards.get("ZNAXIS1", cards["NAXIS1"])),
            int(cards.get("ZNAXIS2", cards["NAXIS2"])),
            float(cards["FLATMED"]),
        )
    except (KeyError, ValueError):
        return None
