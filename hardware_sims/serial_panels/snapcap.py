"""A SnapCap, down to the byte, as Debian's `indi_snapcap` accepts it.

Frames are `>` + letter + three characters + CR LF, answered by `*` + letter + three characters +
CR LF. In the state, the digit of the cover is 1 for open and 2 for closed.
"""

import re
from dataclasses import dataclass

from hardware_sims.light import Light
from hardware_sims.serial_panels.cover import SimulatedCover

_COMMAND = re.compile(rb">([A-Za-z])(...)\r?\Z", re.DOTALL)
_LONGEST = 64
_OPEN, _CLOSED, _STOPPED = b"1", b"2", b"6"


@dataclass
class SnapCapTraits:
    """How this unit differs from the next one.

    `ending` ends its answers, `clamp` is the highest step it really takes, `motor_s` how long the
    cover runs, `trouble` the digit that a stuck move ends in: 3 timed out, 4 open circuit, 5
    over-current. Every value may be changed while it runs.
    """

    firmware: bytes = b"106"
    ending: bytes = b"\r\n"
    clamp: int = 255
    motor_s: float = 3.0
    trouble: bytes = b"3"
    lamp_broken: bool = False


class SimulatedSnapCap:
    """The brain of the panel, apart from any wire; `cover` may be made to stick."""

    maximum = 255

    def __init__(self, light: Light, traits: SnapCapTraits | None = None) -> None:
        if light.maximum != self.maximum:
            raise ValueError(f"a SnapCap light has 255 steps, not {light.maximum}")
        self.light = light
        self.traits = traits or SnapCapTraits()
        self.commands: list[bytes] = []
        self.cover = SimulatedCover(light, motor_s=self.traits.motor_s)
        self._stopped = False
        self._partial = b""

    def reply(self, received: bytes) -> bytes:
        """Take bytes as they come off the wire and return what the panel answers by now."""
        answers = b""
        for byte in received:
            if byte != ord("\n"):
                self._partial = (self._partial + bytes([byte]))[-_LONGEST:]
                continue
            found, self._partial = _COMMAND.search(self._partial), b""
            if found is None:
                continue
            self.commands.append(found[0].strip())
            answer = self._obey(found[1], found[2])
            if answer is not None:
                answers += b"*%b%b%b" % (found[1], answer, self.traits.ending)
        return answers

    def _obey(self, letter: bytes, value: bytes) -> bytes | None:
        match letter:
            case b"V":
                return self.traits.firmware
            case b"S":
                return self._state()
            case b"J":
                return b"%03d" % self.light.brightness
            case b"B" if value.isdigit() and int(value) <= self.maximum:
                self.light.set(brightness=min(int(value), self.traits.clamp))
                return b"%03d" % self.light.brightness
            case b"L" | b"D":
                self.light.set(lit=letter == b"L" and not self.traits.lamp_broken)
            case b"O" | b"C" | b"o" | b"c":
                self._stopped = False
                self.cover.start(closed=letter.lower() == b"c")
            case b"A":
                self._stopped = self.cover.moving
                self.cover.halt()
            case _:
                return None
        return b"000"

    def _state(self) -> bytes:
        motor = b"1" if self.cover.moving else b"0"
        return motor + (b"1" if self.light.lit else b"0") + self._cover_digit()

    def _cover_digit(self) -> bytes:
        """Return where the cover is; a running motor leaves the digit of where it came from."""
        if self._stopped:
            return _STOPPED
        if self.cover.is_stuck:
            return self.traits.trouble
        if self.cover.moving:
            return _OPEN if self.cover.came_from_open else _CLOSED
        return {0.0: _CLOSED, 1.0: _OPEN}.get(self.cover.open_frac, b"0")
