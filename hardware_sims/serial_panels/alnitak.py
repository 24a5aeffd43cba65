"""An Alnitak Flat-Man, Flip-Flat or Remote Dust Cover, down to the byte.

Frames as in the vendor's serial command set (`>Cxxx` + CR or LF, answered by `*Ciixxx` + LF), as
Debian's `indi_flipflat` accepts them.
"""

import re
from dataclasses import dataclass

from hardware_sims.light import Light

REMOTE_DUST_COVER = 98
FLIP_FLAT = 99

_COMMAND = re.compile(rb">([A-Z])(...)\Z", re.DOTALL)
_LONGEST = 64


@dataclass
class AlnitakTraits:
    """How this unit differs from the next one.

    `product` is the two-digit id (10 Flat-Man XL, 15 Flat-Man L, 19 Flat-Man, 98 Remote Dust
    Cover, 99 Flip-Flat), `filler` and `ending` what its answers are filled and ended with,
    `terminators` the bytes that end a command, `understands` the only filler of commands that it
    takes, if it is particular about that, `ignores` letters that it never answers, `clamp`
    the highest step it really takes, `motor_s` how long the cover runs, `blocks` that it listens to
    nothing meanwhile (a sketch that waits for its servo), `stuck_moves` how many of the next moves
    end in the state "timed out". Every value may be changed while it runs.
    """

    product: int = 19
    firmware: int = 44
    filler: bytes = b"000"
    ending: bytes = b"\n"
    terminators: bytes = b"\r\n"
    understands: bytes = b""
    ignores: bytes = b""
    clamp: int = 255
    motor_s: float = 3.0
    blocks: bool = False
    stuck_moves: int = 0
    lamp_broken: bool = False


class SimulatedAlnitak:
    """The brain of the panel, apart from any wire."""

    maximum = 255

    def __init__(self, light: Light, traits: AlnitakTraits | None = None) -> None:
        if light.maximum != self.maximum:
            raise ValueError(f"an Alnitak light has 255 steps, not {light.maximum}")
        self.light = light
        self.traits = traits or AlnitakTraits()
        self.commands: list[bytes] = []
        self._clock = light.now
        self._unread = b""
        self._partial = b""
        self._cover = (b"1" if light.closed else b"2") if self.has_cover else b"0"
        self._moving_to = b""
        self._move_ends = 0.0

    @property
    def has_cover(self) -> bool:
        """Whether this product has a cover."""
        return self.traits.product in (REMOTE_DUST_COVER, FLIP_FLAT)

    @property
    def cover(self) -> str:
        """The state digit of the cover: 0 moving or none, 1 closed, 2 open, 3 timed out."""
        self._run_motor()
        return "0" if self._moving_to else self._cover.decode()

    def reply(self, received: bytes) -> bytes:
        """Take bytes as they come off the wire and return what the panel answers by now."""
        self._run_motor()
        self._unread += received
        answers = b""
        while self._unread and not (self._moving_to and self.traits.blocks):
            byte, self._unread = self._unread[0], self._unread[1:]
            if byte not in self.traits.terminators:
                self._partial = (self._partial + bytes([byte]))[-_LONGEST:]
            elif self._partial:
                command, self._partial = self._partial, b""
                answers += self._obey(command)
        return answers

    def _obey(self, command: bytes) -> bytes:
        self.commands.append(command)
        if not (frame := _COMMAND.search(command)):
            return b""
        letter, value = frame.groups()
        if letter in self.traits.ignores:
            return b""
        if letter != b"B" and self.traits.understands not in (b"", value):
            return b""
        match letter:
            case b"P" | b"J" | b"S" | b"V":
                value = self._told(letter)
            case b"B":
                if not value.isdigit():
                    return b""
                value = self._take_brightness(int(value))
            case b"L" | b"D":
                self._switch(on=letter == b"L")
                value = self.traits.filler
            case b"O" | b"C" if self.has_cover:
                self._start_move(b"2" if letter == b"O" else b"1")
                value = self.traits.filler
            case _:
                return b""
        return b"*%b%02d%b%b" % (letter, self.traits.product, value, self.traits.ending)

    def _told(self, letter: bytes) -> bytes:
        match letter:
            case b"J":
                return b"%03d" % self.light.brightness
            case b"V":
                return b"%03d" % self.traits.firmware
            case b"S":
                motor = b"1" if self._moving_to else b"0"
                lamp = b"1" if self.light.lit else b"0"
                return motor + lamp + self.cover.encode()
            case _:
                return self.traits.filler

    def _take_brightness(self, brightness: int) -> bytes:
        if self.traits.product != REMOTE_DUST_COVER:
            self.light.set(brightness=min(brightness, self.traits.clamp))
        return b"%03d" % self.light.brightness

    def _switch(self, *, on: bool) -> None:
        shines = self.traits.product != REMOTE_DUST_COVER and not self.traits.lamp_broken
        if self.traits.product == FLIP_FLAT and self.cover != "1":
            shines = False
        self.light.set(lit=on and shines)

    def _start_move(self, goal: bytes) -> None:
        if self._cover == goal and not self._moving_to:
            return
        if goal == b"2":
            self.light.set(lit=False)
        self.light.move_cover(closed=False)
        self._moving_to = goal
        self._move_ends = self._clock() + self.traits.motor_s

    def _run_motor(self) -> None:
        if not self._moving_to or self._clock() < self._move_ends:
            return
        self._cover, self._moving_to = self._moving_to, b""
        if self.traits.stuck_moves > 0:
            self.traits.stuck_moves -= 1
            self._cover = b"3"
        self.light.move_cover(closed=self._cover == b"1")
