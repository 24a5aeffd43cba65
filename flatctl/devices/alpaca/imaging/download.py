"""Fetch a frame, turned into rows and into the byte order of FITS while it arrives.

A frame is never held twice: what comes is taken in strips that fit the processor's cache.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from flatctl.core.pixels.sixteen_bits import STORED
from flatctl.devices.alpaca.imaging.image_bytes import MIME, ImageBytes
from flatctl.devices.alpaca.imaging.image_json import ImageJson
from flatctl.devices.alpaca.imaging.strips import Strips
from flatctl.devices.alpaca.wire.requests import JSON_KINDS
from flatctl.errors import BadReply

if TYPE_CHECKING:
    from flatctl.devices.alpaca.wire.client import AlpacaClient
    from flatctl.devices.protocols import Stored

# JSON is the last resort: several times as many bytes, and each number is read as text.
_WANTED = f"{MIME}, application/json;q=0.5"


def download(client: AlpacaClient, rows: int, cols: int, timeout_s: float) -> Stored:
    """Return the camera's last frame, shape (rows, cols), dtype >i2, 32768 less than ADU.

    Nothing is taken for it before the answer says that it has this shape. Raises `NoReply` where it
    stands still or takes too long, `BadReply` where it is no such frame, or holds a pixel outside
    0 to 65535, `AlpacaFault` where the camera tells an error instead, `Unfit` for three planes.
    """
    with client.reply("imagearray", timeout_s, _WANTED) as (reply, question):
        if reply.kind == MIME:
            coming: ImageBytes | ImageJson = ImageBytes(client.name, reply, question)
        elif reply.kind in JSON_KINDS:
            coming = ImageJson(client.name, reply, question)
        else:
            what = f"sent an image as {reply.kind[:40]}"
            raise BadReply(client.name, what, "is it a camera? See its server's log")
        coming.begin(rows, cols)
        stored = np.empty((rows, cols), STORED)
        coming.take(Strips(client.name, stored))
        reply.end()
        return stored
