"""What goes wrong between a server and its client, by name.

A fault changes the answer on its way, or comes in its place: then nothing is `carried_out`.
"""

import json
import threading
import zlib
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Literal

from hardware_sims.alpaca.images import failed, misshapen
from hardware_sims.alpaca.replies import JSON, TEXT, Reply, plain

LATE_S = 2.0
_HUGE = 1 << 40
_ZEROS = zlib.compress(bytes(1 << 22), 9)


@dataclass(frozen=True)
class Fault:
    """A fault: a line about it, and what it makes of an answer."""

    name: str
    summary: str
    change: Callable[[Reply], Reply]
    carried_out: bool = True


def _body(reply: Reply, content: str, *parts: bytes, **fields: object) -> Reply:
    return replace(reply, content=content, parts=parts, image=None, **fields)  # type: ignore[arg-type]  # because mypy can't pair names with types here


def _then(then: Literal["close", "hang"], sends_frac: float) -> Callable[[Reply], Reply]:
    return lambda reply: replace(reply, sends_frac=sends_frac, then=then)


def _told(reply: Reply, **keys: object) -> Reply:
    if reply.content != JSON:
        return reply
    said = json.loads(bytes(reply.parts[0])) | keys
    return _body(reply, reply.content, json.dumps(said).encode())


def _without(reply: Reply, key: str) -> Reply:
    if reply.content != JSON:
        return reply
    said = json.loads(bytes(reply.parts[0]))
    said.pop(key, None)
    return _body(reply, reply.content, json.dumps(said).encode())


def _image(reply: Reply, change: Callable[..., object], *arguments: object) -> Reply:
    if reply.image is None or reply.asked is None:
        return reply
    changed = change(reply.image, *arguments)
    parts = changed.parts(reply.asked.client_transaction, reply.asked.transaction)  # type: ignore[attr-defined]  # because it is an image again
    return replace(reply, parts=tuple(parts), image=changed)  # type: ignore[arg-type]  # because it is an image again


def _shortened(reply: Reply) -> Reply:
    whole = b"".join(reply.parts)
    return _body(reply, reply.content, whole[: len(whole) // 2])


FAULTS = {
    fault.name: fault
    for fault in (
        Fault("hang", "no answer at all", lambda r: replace(r, sends_frac=0.0, then="hang"), False),
        Fault(
            "gone", "the connection ends", lambda r: replace(r, sends_frac=0.0, then="close"), False
        ),
        Fault("broken", "500, and a text", lambda _: plain(500, "the driver has crashed"), False),
        Fault("absent", "400, and a text", lambda _: plain(400, "there is no such device"), False),
        Fault("missing", "404, and a text", lambda _: plain(404, "Not Found"), False),
        Fault(
            "fails",
            "ErrorNumber 0x500",
            lambda r: _told(r, ErrorNumber=0x500, ErrorMessage="the hardware does not answer"),
            False,
        ),
        Fault(
            "disconnected",
            "ErrorNumber 0x407",
            lambda r: _told(r, ErrorNumber=0x407, ErrorMessage="not connected"),
            False,
        ),
        Fault("late", f"the answer comes after {LATE_S:g} s", lambda r: replace(r, wait_s=LATE_S)),
        Fault(
            "mute",
            "carried out, and no answer",
            _then("hang", 0.0),
        ),
        Fault("stall", "half of it, and no more", _then("hang", 0.5)),
        Fault("cut", "half of it, then the end", _then("close", 0.5)),
        Fault("short", "half of it, told as all", _shortened),
        Fault("misshapen", "an image of other dimensions", lambda r: _image(r, misshapen)),
        Fault(
            "image-error",
            "an error in the place of the pixels",
            lambda r: _image(r, failed, 0x500, "the sensor could not be read out"),
        ),
        Fault("not-json", "something else", lambda r: _body(r, TEXT, b"<html>hello</html>")),
        Fault("null", "Value is null", lambda r: _told(r, Value=None)),
        Fault("valueless", "no Value", lambda r: _without(r, "Value")),
        Fault("text", "Value is a text", lambda r: _told(r, Value="soon")),
        Fault(
            "endless",
            "a body without an end",
            lambda r: _body(r, JSON, b" " * 65536, length=_HUGE, then="repeat"),
        ),
        Fault(
            "elsewhere",
            "it is to be asked elsewhere",
            lambda r: _body(
                r, TEXT, b"", status=307, headers=(("Location", "http://127.0.0.1:9/api"),)
            ),
        ),
        Fault(
            "packed",
            "a body of zeros, packed small",
            lambda r: _body(
                r,
                JSON,
                zlib.compress(bytes(1 << 22), 9),
                headers=(("Content-Encoding", "deflate"),),
            ),
        ),
    )
}


@dataclass
class Order:
    """A fault that is to come: after `after` calls of the member, `times` times (None: always)."""

    kind: str
    member: str
    fault: Fault
    after: int
    times: int | None


class Faults:
    """The faults that wait for their calls."""

    def __init__(self) -> None:
        self._orders: list[Order] = []
        self._lock = threading.Lock()

    def order(
        self, kind: str, member: str, name: str, *, after: int = 0, times: int | None = 1
    ) -> None:
        """Let calls of a member meet a fault, `times` of them (None: all), after so many good."""
        with self._lock:
            self._orders.append(Order(kind, member, FAULTS[name], after, times))

    def clear(self) -> None:
        """Let nothing go wrong any more."""
        with self._lock:
            self._orders.clear()

    def meet(self, kind: str, member: str) -> Fault | None:
        """Return what strikes this call."""
        with self._lock:
            for each in self._orders:
                if (each.kind, each.member) != (kind, member):
                    continue
                if each.after:
                    each.after -= 1
                    continue
                if each.times is None:
                    return each.fault
                if each.times:
                    each.times -= 1
                    return each.fault
        return None
