"""Pegasus Astro FlatMaster, the first model: 9600 baud, commands end in LF, answers in CR LF.

Its brightness counts the other way round and not from 0: 20 is the brightest, 220 the dimmest (as
N.I.N.A. and INDIGO have it). Nothing can be asked: all it gives is an echo, so its light is
unconfirmed.
"""

import re
from collections.abc import Callable

from flatctl.devices.deadline import Deadline
from flatctl.devices.serial.panel import UnaskedPanel
from flatctl.errors import DeviceError

BRIGHTEST, DIMMEST = 20, 220
HELLO = b"#\n"

_LEVEL = re.compile(r"L:(\d{1,3})\Z")


def encode_switch(*, on: bool) -> bytes:
    """Return the bytes that switch the light."""
    return b"E:1\n" if on else b"E:0\n"


def encode_brightness(brightness: int) -> bytes:
    """Return the bytes that set the brightness, 0 (dimmest, not dark) to 200 (brightest)."""
    return f"L:{DIMMEST - brightness:03d}\n".encode("ascii")


def parse_hello(frame: bytes) -> None:
    """Accept the greeting of a FlatMaster; other devices of Pegasus answer with other names."""
    if frame != b"OK_FM":
        raise ValueError("no FlatMaster")


def parse_brightness(frame: bytes) -> int:
    """Return the brightness that an echo acknowledges, zeros in front or not."""
    echo = _LEVEL.match(frame.decode("ascii"))
    if echo is None:
        raise ValueError("no brightness")
    return DIMMEST - int(echo[1])


class FlatMasterPanel(UnaskedPanel):
    """A FlatMaster of the first model at `port`; `status` tells what was sent last."""

    make = "FlatMaster"
    reply_s = 1.0
    steps = range(DIMMEST - BRIGHTEST + 1)
    hello = HELLO
    off_command = encode_switch(on=False)

    def _recognise(self, frame: bytes) -> None:
        parse_hello(frame)

    def _shine(self, brightness: int, deadline: Deadline) -> None:
        # On before the brightness: newer firmware lights up by one, and then takes "on" for "off".
        try:
            if not self._lit:
                self._switch(deadline, on=True)
            self._set_brightness(brightness, deadline)
        except DeviceError:
            self._lit = self._brightness = None
            raise

    def _tell_brightness(self, brightness: int, deadline: Deadline) -> int | None:
        self._brightness = self._link.ask(encode_brightness(brightness), parse_brightness, deadline)
        return self._brightness

    def _switch(self, deadline: Deadline, *, on: bool) -> None:
        self._lit = None
        command = encode_switch(on=on)
        self._link.ask(command, _echo_of(command), deadline)
        self._lit = on


def _echo_of(command: bytes) -> Callable[[bytes], None]:
    def understand(frame: bytes) -> None:
        if frame != command.strip():
            raise ValueError("no echo")

    return understand
