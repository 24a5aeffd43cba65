"""Wanderer Cover V3: plain decimal numbers + LF at 19200 baud.

Numbers and fields as in INDI's driver. Light and dimming are never answered and can't be asked for,
so the light is unconfirmed; every change is followed by the one question there is (`1500001`). Its
answer proves that the panel is still there, and tells where the cover is. A move is answered when
it is over. Each field of an answer ends in `A`.
"""

import re
from dataclasses import dataclass

from flatctl.devices.deadline import Deadline
from flatctl.devices.protocols import CoverState
from flatctl.devices.serial.flap import SerialFlap
from flatctl.devices.serial.panel import UnaskedPanel

BAUD = 19200
STEPS = range(1, 256)
ASK = 1500001
CLOSE = 1000
OPEN = 1001
OFF = 9999

_ANSWER = re.compile(r"WandererCoverV3A(?:(\d{8})A(\d{1,3})A(\d{1,7})A)?\Z")
_COVERS = {"0": CoverState.CLOSED, "1": CoverState.OPEN, "255": CoverState.UNKNOWN}


@dataclass(frozen=True)
class Answer:
    """What the panel says of itself; `None` where its firmware says nothing but its name.

    `steps` are the motor's between closed and open, 0 when nobody has taught it the two ends.
    """

    firmware: str | None = None
    cover: CoverState | None = None
    steps: int | None = None


def encode(number: int) -> bytes:
    """Return the bytes of a command; brightness is its own command, 1 to 255."""
    return f"{number}\n".encode("ascii")


def parse(frame: bytes) -> Answer:
    """Take apart the answer to `1500001`; raises `ValueError` for anything else."""
    text = frame.decode("ascii").strip()
    found = _ANSWER.search(text)
    if found is None:
        raise ValueError("no Wanderer Cover V3")
    firmware, cover, steps = found.groups()
    if firmware is None:
        return Answer()
    if cover not in _COVERS:
        raise ValueError(f"no state of a cover: {cover}")
    return Answer(firmware, _COVERS[cover], int(steps))


class WandererV3Panel(UnaskedPanel, SerialFlap):
    """A Wanderer Cover V3 at `port`; `status` tells what was sent last."""

    make = "Wanderer Cover V3"
    kind = "wanderer-v3"
    baud = BAUD
    steps = STEPS
    hello = encode(ASK)
    off_command = encode(OFF)
    move_limit_s = 60.0
    motor_start_s = 0.0  # a move is over when it is answered

    def __init__(self, port: str, *, boot_delay_s: float = 2.0, reply_s: float = 2.0) -> None:
        self.reply_s = reply_s
        super().__init__(port, boot_delay_s=boot_delay_s)
        self._cover = CoverState.UNKNOWN
        self._answer = Answer()

    def _greet(self, timeout_s: float) -> None:
        self._cover = CoverState.UNKNOWN
        super()._greet(timeout_s)

    def _recognise(self, frame: bytes) -> None:
        self._answer = parse(frame)

    def _tell_brightness(self, brightness: int, deadline: Deadline) -> int | None:
        self._tell(brightness, deadline)
        self._lit, self._brightness = True, brightness
        return None

    def _switch(self, deadline: Deadline, *, on: bool) -> None:
        # It is lit by its brightness.
        if not on:
            self._tell(OFF, deadline)
            self._lit = False

    def _start_move(self, goal: CoverState, deadline: Deadline) -> None:
        """Move the cover and wait for the word that it is there."""
        if self._answer.steps == 0:
            raise self._fault(_UNTAUGHT, _TEACH)
        self._cover = CoverState.UNKNOWN
        command = encode(OPEN if goal is CoverState.OPEN else CLOSE)
        said = self._ask_until_moved(command, lambda frame: frame.decode("ascii"), deadline, b"A")
        if said is None:
            return
        if "Error" in said:
            raise self._fault(_UNTAUGHT, _TEACH)
        self._cover = goal

    def _read_cover(self, deadline: Deadline) -> CoverState:
        self._ask(deadline)
        told = self._answer.cover
        return self._cover if told is None else told

    def _tell(self, number: int, deadline: Deadline) -> None:
        self._lit = self._brightness = None
        self._link.send(encode(number))
        self._ask(deadline)

    def _ask(self, deadline: Deadline) -> None:
        self._link.ask(self.hello, self._recognise, deadline)


_UNTAUGHT = "nobody has taught the cover where open and closed are"
_TEACH = "teach it with Wanderer's own program"
