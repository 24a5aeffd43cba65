"""An image as JSON, for servers that know nothing else: read column by column.

It takes five times as many bytes as pixels need and seconds to read, but never more memory than the
frame and a few columns.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

import numpy as np

from flatctl.devices.alpaca.wire.answers import Answer
from flatctl.devices.alpaca.wire.refusals import refusal
from flatctl.devices.alpaca.wire.requests import LONGEST_ANSWER_BYTES, check_transaction
from flatctl.errors import BadReply, Unfit

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from flatctl.devices.alpaca.imaging.strips import Strips
    from flatctl.devices.alpaca.wire.connection import Reply

_PIECE_BYTES = 256 * 1024
_LONGEST_NUMBER_BYTES = 24  # with what may stand around it
_BEGIN = re.compile(rb'"Value"\s*:\s*\[\s*(?=\[)')
_BETWEEN = re.compile(rb"[\s,]*")
_PLANES = "have its driver deliver raw (Bayer) frames"


class ImageJson:
    """A frame that comes in this form, the answer to a `question` of ours."""

    def __init__(self, device: str, reply: Reply, question: int) -> None:
        self._device = device
        self._reply = reply
        self._question = question
        self._pending = bytearray()
        self._head = b""
        self._is_over = False

    def begin(self, rows: int, cols: int) -> None:
        """Read up to the first column."""
        self._more()
        if self._is_over:
            self._judge(bytes(self._pending))
        while (found := _BEGIN.search(self._pending)) is None:
            if self._is_over:
                raise self._bad("no image")
            if len(self._pending) > LONGEST_ANSWER_BYTES:
                raise self._bad("much, and no image")
            self._more()
        self._head = bytes(self._pending[: found.start()])
        del self._pending[: found.end()]
        while len(self._pending) < LONGEST_ANSWER_BYTES and self._pending.strip() == b"[":
            self._more()
            if self._is_over:
                raise self._bad("no image")
        if self._pending[1:].lstrip()[:1] == b"[":
            raise Unfit(self._device, "sends three planes of colour, no raw frame", _PLANES)
        self._shape = f"{cols}×{rows}"
        self._longest_bytes = 1024 + _LONGEST_NUMBER_BYTES * rows

    def take(self, strips: Strips) -> None:
        """Read all columns, and what stands behind them."""
        while width := strips.next_cols:
            columns = np.empty((width, strips.rows), np.int64)
            for n in range(width):
                columns[n] = self._column(strips.rows)
            strips.add(columns)
        self._between()
        while not self._is_over:
            if len(self._pending) > LONGEST_ANSWER_BYTES:
                raise self._bad("much behind an image")
            self._more()
        if self._pending[:1] != b"]":
            raise self._bad(f"more than {self._shape} pixels")
        self._judge(self._head + b'"Value":null' + bytes(self._pending[1:]))

    def _column(self, rows: int) -> NDArray[Any]:
        self._between()
        end = self._pending.find(b"]")
        while end < 0:
            begin = len(self._pending)
            if begin > self._longest_bytes or self._is_over:
                raise self._bad(f"an image that ends, or goes on, within one of {self._shape}")
            self._more()
            end = self._pending.find(b"]", begin)
        text = bytes(self._pending[: end + 1])
        del self._pending[: end + 1]
        try:
            column = np.asarray(json.loads(text))
        except (ValueError, RecursionError):
            column = np.empty(0)
        # What is true, false or real would pass for a number among others.
        if column.ndim != 1 or column.dtype.kind != "i" or b"e" in text:
            raise self._bad("an image that is none of 16-bit numbers")
        if len(column) != rows:
            raise self._bad(f"a column of {len(column)} pixels, and {self._shape} were asked for")
        return column

    def _between(self) -> None:
        """Go on to what follows a column."""
        while True:
            found = _BETWEEN.match(self._pending)
            del self._pending[: found.end() if found else 0]
            if self._pending or self._is_over:
                return
            self._more()

    def _more(self) -> None:
        room = bytearray(_PIECE_BYTES)
        came = self._reply.fill(memoryview(room))
        self._pending += room[:came]
        self._is_over = came < len(room)

    def _judge(self, rest: bytes) -> None:
        try:
            answer = Answer(rest)
            check_transaction(answer.transaction, self._question)
        except ValueError as error:
            raise self._bad(f"an answer {error}") from None
        if answer.number:
            raise refusal(self._device, "imagearray", answer.number, answer.text)

    def _bad(self, what: str) -> BadReply:
        return BadReply(self._device, f"sent {what}", "see its server's log")
