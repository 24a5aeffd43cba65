"""Geoptik's flat field generator: Alnitak's commands, filled with the letter O, at 9600 baud.

Words as in INDIGO's driver. It is not known to answer questions about its state, so its light is
unconfirmed: an answer of `*`, the command's letter and figures is all that is asked of it.
"""

import re
from collections.abc import Callable

from flatctl.devices.deadline import Deadline
from flatctl.devices.protocols import PanelStatus
from flatctl.devices.serial import alnitak
from flatctl.devices.serial.link import SerialLink
from flatctl.devices.serial.panel import SerialPanel

_ENDS = b"\r\n#"
_REPLY_S = 1.0
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


class GeoptikPanel(SerialPanel):
    """A Geoptik flat field generator at `port`; `status` tells what was sent last."""

    def __init__(self, port: str, *, boot_delay_s: float = 2.0) -> None:
        link = SerialLink(
            port,
            name=f"geoptik panel at {port}",
            baud=alnitak.BAUD,
            rts=False,
            boot_delay_s=boot_delay_s,
        )
        super().__init__("Geoptik", link, alnitak.STEPS)
        self._lit: bool | None = None
        self._brightness: int | None = None

    def status(self, timeout_s: float) -> PanelStatus:
        """Make sure that it is there, and tell what it was told last."""
        self._ask("P", self._link.deadline(timeout_s))
        return PanelStatus(self._lit, self._brightness, confirmed=False)

    @property
    def _off_command(self) -> bytes:
        return encode("D")

    def _greet(self, timeout_s: float) -> None:
        # Somebody else may have had it meanwhile.
        self._lit = self._brightness = None
        self._link.greet(
            encode("P"), _parser("P"), timeout_s=timeout_s, ends=_ENDS, reply_s=_REPLY_S
        )

    def _tell_brightness(self, brightness: int, deadline: Deadline) -> int | None:
        self._brightness = None
        echo = _NUMBER.search(self._ask("B", deadline, brightness))
        self._brightness = int(echo[0]) if echo else brightness
        return self._brightness

    def _switch(self, deadline: Deadline, *, on: bool) -> None:
        self._lit = None
        self._ask("L" if on else "D", deadline)
        self._lit = on

    def _ask_brightness(self, deadline: Deadline) -> int | None:  # noqa: ARG002 because it can't be asked
        return None

    def _ask_lit(self, deadline: Deadline) -> bool | None:  # noqa: ARG002 because it can't be asked
        return None

    def _ask(self, letter: str, deadline: Deadline, brightness: int | None = None) -> str:
        return self._link.ask(
            encode(letter, brightness),
            _parser(letter),
            deadline=deadline,
            ends=_ENDS,
            reply_s=_REPLY_S,
        )


def _parser(letter: str) -> Callable[[bytes], str]:
    return lambda frame: parse(frame, letter)
