"""Frames as Alpaca sends them: columns, one after the other, as ImageBytes or as JSON.

The layout is that of the ASCOM Alpaca API Reference, chapter "ImageBytes".
"""

import struct
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from hardware_sims.alpaca.habits import Element

MIME = "application/imagebytes"
# A strip of so many columns stays in the processor's cache while it is turned.
STRIP_COLS = 128
_INT32 = 2
_NUMBERS: dict[Element, tuple[int, str]] = {
    "int16": (1, "<i2"),
    "int32": (2, "<i4"),
    "double": (3, "<f8"),
    "single": (4, "<f4"),
    "uint64": (5, "<u8"),
    "byte": (6, "u1"),
    "int64": (7, "<i8"),
    "uint16": (8, "<u2"),
    "uint32": (9, "<u4"),
}
_SMALLEST: tuple[tuple[int, Element], ...] = ((255, "byte"), (32767, "int16"), (65535, "uint16"))


@dataclass(frozen=True)
class Image:
    """A frame ready to be sent: `columns` has shape (cols, rows), or (cols, rows, planes).

    `told` are the dimensions of the header, `error` its ErrorNumber; pixels are none with one.
    """

    columns: NDArray[np.generic]
    number: int
    told: tuple[int, ...]
    error: int = 0

    def parts(self, client_transaction: int, transaction: int) -> list[memoryview]:
        """Return header and pixels, as they follow each other."""
        told = (*self.told, 0)[:3]
        header = struct.pack(
            "<11i",
            1,
            self.error,
            client_transaction,
            transaction,
            44,
            _INT32,
            self.number,
            len(self.told),
            *told,
        )
        return [memoryview(header), self.columns.reshape(-1).view(np.uint8).data]

    def listed(self) -> dict[str, object]:
        """Return what its JSON has besides the common keys."""
        return {"Type": _INT32, "Rank": len(self.told), "Value": self.columns.tolist()}


def image(pixels: NDArray[np.uint16], element: Element | None = None, planes: int = 1) -> Image:
    """Turn a frame, shape (rows, cols), into columns of `element`, or of what just holds it."""
    number, kind = _NUMBERS[element or _smallest(int(pixels.max(initial=0)))]
    rows, cols = pixels.shape
    columns = np.empty((cols, rows), dtype=kind)
    for first in range(0, cols, STRIP_COLS):
        strip = slice(first, first + STRIP_COLS)
        columns[strip] = pixels[:, strip].T
    if planes > 1:
        columns = np.repeat(columns[:, :, None], planes, axis=2)
    return Image(columns, number, columns.shape)


def _smallest(highest: int) -> Element:
    return next(name for limit, name in _SMALLEST if highest <= limit)


def misshapen(of: Image) -> Image:
    """Return it with other dimensions in its header than those of its pixels."""
    cols, rows, *planes = of.told
    return replace(of, told=(cols // 2, rows, *planes))


def failed(of: Image, number: int, text: str) -> Image:
    """Return an error in the place of its pixels, as ImageBytes tell one."""
    said = np.frombuffer(text.encode(), dtype=np.uint8)
    return replace(of, columns=said, error=number, number=0, told=(0, 0))
