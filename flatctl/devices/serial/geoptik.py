"""Geoptik's flat field generator: Alnitak's commands, filled with the letter O, at 9600 baud.

Words as in INDIGO's driver. It is not known to answer questions about its state, so its light is
unconfirmed: an answer of `*`, the command's letter and figures is all that is asked of it.
"""

import re
from functools import partial

from flatctl.devices.deadline import Deadline
from flatctl.devices.serial import alnitak
from flatctl.devices.serial.panel import UnaskedPanel

_REPLY = re.compile(r"\*([A-Z])([0-9O]*)\Z")
_NUMBER = re.compile(r"\d{3}\Z")


def encode(letter: str, brightness: int | None = None) -> bytes:
    """Return the bytes of a command; only `B` carries a brightness, 0 to 255."""
    return alnitak.encode(letter, brightness, filler="OOO", terminator=b"\r")


def parse(frame: bytes, letter: str) -> str:
    """Return what follows the command's letter in its answer; junk before doesn't matter.

    Raises `ValueError` for anything else.
    """
    reply = _REPLY.search(frame.decode("ascii"))
    if reply is None or reply[1] != letter:
        raise ValueError(f"no answer to {letter}")
    return reply[2]


class GeoptikPanel(UnaskedPanel):
    """A Geoptik flat field generator at `port`; `status` tells what was sent last."""

    make = "Geoptik"
    ends = b"\r\n#"
    reply_s = 1.0
    steps = range(256)
    hello = encode("P")
    off_command = encode("D")

    def __init__(self, port: str, *, boot_delay_s: float = 2.0) -> None:
        super().__init__(port, rts=False, boot_delay_s=boot_delay_s)

    def _recognise(self, frame: bytes) -> None:
        parse(frame, "P")

    def _tell_brightness(self, brightness: int, deadline: Deadline) -> int | None:
        self._brightness = None
        echo = _NUMBER.search(self._ask("B", deadline, brightness))
        self._brightness = int(echo[0]) if echo else brightness
        return self._brightness

    def _switch(self, deadline: Deadline, *, on: bool) -> None:
        self._lit = None
        self._ask("L" if on else "D", deadline)
        self._lit = on

    def _ask(self, letter: str, deadline: Deadline, brightness: int | None = None) -> str:
        return self._link.ask(encode(letter, brightness), partial(parse, letter=letter), deadline)
