"""What a server answers, and how that gets onto the wire."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from hardware_sims.alpaca.images import MIME, Image

JSON, TEXT = "application/json; charset=utf-8", "text/plain; charset=utf-8"
Buffer = bytes | memoryview


@dataclass(frozen=True)
class Asked:
    """A request: its parameters as they came, and the numbers by which clients tell answers apart.

    `image_bytes` is whether it can take them.
    """

    method: str
    path: str
    values: Mapping[str, str]
    client: int
    client_transaction: int
    transaction: int
    image_bytes: bool = False


@dataclass(frozen=True)
class Reply:
    """An answer: `parts` of a body, that follow each other, and what becomes of them.

    After `wait_s` the first `sends_frac` of it is sent. `then` the connection is kept or closed,
    or nothing more comes (`hang`), or the body again and again (`repeat`). `length` is told as the
    length of the body, if it isn't its own.
    """

    status: int
    content: str
    parts: tuple[Buffer, ...]
    image: Image | None = None
    headers: tuple[tuple[str, str], ...] = ()
    length: int | None = None
    wait_s: float = 0.0
    sends_frac: float = 1.0
    then: Literal["keep", "close", "hang", "repeat"] = "keep"
    asked: Asked | None = field(default=None, compare=False)

    @property
    def size(self) -> int:
        """The number of bytes in its body."""
        return sum(len(part) for part in self.parts)


def plain(status: int, text: str) -> Reply:
    """Return an answer in plain text, as those are that went wrong."""
    return Reply(status, TEXT, (text.encode(),))


def told(
    asked: Asked,
    said: Mapping[str, object] | None = None,
    *,
    terse: bool = False,
    number: int = 0,
    text: str = "",
) -> Reply:
    """Return an answer of a device: what is `said` (its Value, if any), or its error.

    A `terse` server tells no error where there is none.
    """
    content: dict[str, object] = dict(said or {})
    content |= {
        "ClientTransactionID": asked.client_transaction,
        "ServerTransactionID": asked.transaction,
    }
    if number or not terse:
        content |= {"ErrorNumber": number, "ErrorMessage": text}
    return Reply(200, JSON, (json.dumps(content).encode(),), asked=asked)


def shown(asked: Asked, image: Image, *, terse: bool, json_only: bool) -> Reply:
    """Return an image, as ImageBytes if that was asked for."""
    if json_only or not asked.image_bytes:
        return told(asked, image.listed(), terse=terse)
    parts = image.parts(asked.client_transaction, asked.transaction)
    return Reply(200, MIME, tuple(parts), image=image, asked=asked)
