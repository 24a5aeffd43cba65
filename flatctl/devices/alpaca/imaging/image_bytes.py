"""ImageBytes: a binary header, then pixels column after column, y fastest.

ASCOM Alpaca API Reference, version 12, "ImageBytes". The type of the numbers may be another one
from frame to frame: servers choose the smallest that holds all of them.
"""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING

import numpy as np

from flatctl.devices.alpaca.wire.answers import text_of
from flatctl.devices.alpaca.wire.refusals import refusal
from flatctl.devices.alpaca.wire.requests import check_transaction
from flatctl.errors import BadReply, Unfit

if TYPE_CHECKING:
    from flatctl.devices.alpaca.imaging.strips import Strips
    from flatctl.devices.alpaca.wire.connection import Reply

MIME = "application/imagebytes"
_HEADER = struct.Struct("<11i")
_VERSION = 1
_FARTHEST_START = 64 * 1024
_LONGEST_TEXT_BYTES = 4096
# By TransmissionElementType; what the numbers were in the driver is of no use.
_ELEMENTS = {1: "<i2", 2: "<i4", 5: "<u8", 6: "u1", 7: "<i8", 8: "<u2", 9: "<u4"}
_NOT_WHOLE = {3: "Double", 4: "Single"}
_PLANES = "its driver averages colours: have it deliver raw (Bayer) frames"


class ImageBytes:
    """A frame that comes in this form, the answer to a `question` of ours."""

    def __init__(self, device: str, reply: Reply, question: int) -> None:
        self._device = device
        self._reply = reply
        self._question = question
        self._type = np.dtype("<u2")

    def begin(self, rows: int, cols: int) -> None:
        """Read what it says of itself, and hold that against the shape that was asked for."""
        header = bytearray(_HEADER.size)
        told_bytes = self._reply.length
        if self._reply.fill(memoryview(header)) < len(header):
            raise self._bad("an image without a header")
        version, error, told, _, start, _, element, rank, *sides = _HEADER.unpack(header)
        if version != _VERSION or not _HEADER.size <= start <= _FARTHEST_START:
            raise self._bad(f"an image of version {version} that begins at {start}")
        self._skip(start - _HEADER.size)
        if error:
            raise self._refusal(error)
        try:
            check_transaction(told & 0xFFFFFFFF, self._question)
        except ValueError as another:
            raise self._bad(f"an image {another}") from None
        self._check_shape(rank, sides, rows, cols)
        if element not in _ELEMENTS:
            kind = _NOT_WHOLE.get(element, f"type {element}")
            raise self._bad(f"pixels as {kind}, and whole numbers are needed")
        self._type = np.dtype(_ELEMENTS[element])
        size = start + rows * cols * self._type.itemsize
        if told_bytes is not None and told_bytes != size:
            raise self._bad(f"an image of {told_bytes} bytes, and {cols}×{rows} pixels are {size}")

    def take(self, strips: Strips) -> None:
        """Read all pixels."""
        room = np.empty((strips.next_cols, strips.rows), self._type)
        while width := strips.next_cols:
            columns = room[:width]
            target = columns.reshape(-1).view(np.uint8).data
            if self._reply.fill(target) < len(target):
                raise self._bad(f"an image that ends after column {strips.at} of {strips.cols}")
            strips.add(columns)
        if self._reply.fill(memoryview(bytearray(1))):
            raise self._bad(f"more than {strips.cols}×{strips.rows} pixels")

    def _skip(self, size: int) -> None:
        if size and self._reply.fill(memoryview(bytearray(size))) < size:
            raise self._bad("an image without pixels")

    def _refusal(self, number: int) -> Exception:
        text = text_of(self._reply.glimpse(_LONGEST_TEXT_BYTES).decode(errors="replace"))
        return refusal(self._device, "imagearray", number, text)

    def _check_shape(self, rank: int, sides: list[int], rows: int, cols: int) -> None:
        if rank == 3:
            raise Unfit(self._device, "sends three planes of colour, no raw frame", _PLANES)
        if rank != 2 or sides[:2] != [cols, rows]:
            told = "×".join(map(str, sides[: max(rank, 0)])) or "none"
            raise self._bad(f"a frame of {told} pixels, and {cols}×{rows} were asked for")

    def _bad(self, what: str) -> BadReply:
        return BadReply(self._device, f"sent {what}", "see its server's log")
