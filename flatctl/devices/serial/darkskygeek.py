"""DarkSkyGeek's wireless flat panel: 57600 baud, lines of text that end in LF.

Words as in the firmware by Julien Lecomte: switching is not answered, so every change is followed
by the question for the brightness. Off and brightness 0 are the same to it.
"""

import re

from flatctl.devices.deadline import Deadline
from flatctl.devices.serial.panel import SerialPanel

PING = b"COMMAND:PING\n"
ASK_BRIGHTNESS = b"COMMAND:CALIBRATOR:GETBRIGHTNESS\n"
OFF = b"COMMAND:CALIBRATOR:OFF\n"
GUID = "7e2006ab-88b5-4b09-b0b3-1ac3ca8da43e"

_BRIGHTNESS = re.compile(rb"RESULT:CALIBRATOR:BRIGHTNESS:(\d{1,3})\Z")


def encode_on(brightness: int) -> bytes:
    """Return the bytes that light it at `brightness`, 1 to 255."""
    return f"COMMAND:CALIBRATOR:ON:{brightness}\n".encode("ascii")


def parse_ping(frame: bytes) -> None:
    """Accept the answer of this panel; its author's other devices answer with other ids."""
    if frame != f"RESULT:PING:OK:{GUID}".encode("ascii"):
        raise ValueError("no DarkSkyGeek panel")


def parse_brightness(frame: bytes) -> int:
    """Return the brightness it tells, 0 for off."""
    told = _BRIGHTNESS.match(frame)
    if told is None:
        raise ValueError("no brightness")
    return int(told[1])


class DarkSkyGeekPanel(SerialPanel):
    """A DarkSkyGeek panel at `port`."""

    make = "DarkSkyGeek"
    baud = 57600
    reply_s = 1.0
    steps = range(1, 256)
    off_command = OFF

    def _greet(self, timeout_s: float) -> None:
        self._link.greet(PING, parse_ping, timeout_s)

    def _tell_brightness(self, brightness: int, deadline: Deadline) -> int | None:
        self._link.send(encode_on(brightness))
        return self._ask_brightness(deadline)

    def _switch(self, deadline: Deadline, *, on: bool) -> None:  # noqa: ARG002 because nothing is answered
        # It is lit by its brightness.
        if not on:
            self._link.send(OFF)

    def _ask_brightness(self, deadline: Deadline) -> int:
        return self._link.ask(ASK_BRIGHTNESS, parse_brightness, deadline)

    def _ask_lit(self, deadline: Deadline) -> bool | None:
        return self._ask_brightness(deadline) > 0
