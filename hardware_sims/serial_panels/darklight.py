"""A DarkLight Cover/Calibrator, down to the byte, as its firmware's description has it."""

import re
from dataclasses import dataclass

from hardware_sims.light import Light
from hardware_sims.serial_panels.cover import SimulatedCover
from hardware_sims.serial_panels.words import Words

_ON = re.compile(rb"T(\d{1,5})")
_ABSENT, _OFF, _SETTLING, _READY = 0, 1, 2, 3


@dataclass
class DarkLightTraits:
    """How this unit differs from the next one.

    `greeting` is its answer to `Z`; `covered`: it has a cover; `lighted`: it has a light;
    `settle_s`: how long the light is not ready after each change; the rest as with other covers.
    """

    greeting: bytes = b"?"
    firmware: str = "1.5"
    covered: bool = True
    lighted: bool = True
    settle_s: float = 0.0
    motor_s: float = 5.0
    clamp: int = 10**5


class SimulatedDarkLight:
    """The brain of the panel, apart from any wire; its highest brightness is its light's."""

    def __init__(self, light: Light, traits: DarkLightTraits | None = None) -> None:
        self.light = light
        self.traits = traits or DarkLightTraits()
        self.commands: list[bytes] = []
        self._clock = light.now
        self._words = Words(b">")
        self._ready_at = light.now()
        self.cover = SimulatedCover(light, motor_s=self.traits.motor_s)

    def reply(self, received: bytes) -> bytes:
        """Take bytes as they come off the wire and return what the panel answers."""
        answers = b""
        for frame in self._words.take(received):
            _, bracket, word = frame.rpartition(b"<")
            if bracket:
                answers += b"<%b>" % self._obey(word)
        return answers

    def _obey(self, word: bytes) -> bytes:
        self.commands.append(word)
        if on := _ON.fullmatch(word):
            brightness = min(int(on[1]), self.light.maximum, self.traits.clamp)
            self.light.set(lit=brightness > 0, brightness=brightness)
            self._ready_at = self._clock() + self.traits.settle_s
            return word
        match word:
            case b"Z":
                return self.traits.greeting
            case b"V":
                return self.traits.firmware.encode("ascii")
            case b"P":
                return b"%d" % self._cover()
            case b"L":
                return b"%d" % self._lamp()
            case b"B":
                return b"%d" % (self.light.brightness if self.light.lit else 0)
            case b"M":
                return b"%d" % self.light.maximum
            case b"F":
                self.light.set(lit=False)
                return word
            case b"O" | b"C" if self.traits.covered:
                self._move(opening=word == b"O")
                return word
        return b"?"

    def _cover(self) -> int:
        if not self.traits.covered:
            return _ABSENT
        if self.cover.moving:
            return 2
        if self.cover.is_stuck:
            return 5
        return 1 if self.cover.open_frac == 0.0 else 3

    def _lamp(self) -> int:
        if not self.traits.lighted:
            return _ABSENT
        if not self.light.lit:
            return _OFF
        return _READY if self._clock() >= self._ready_at else _SETTLING

    def _move(self, *, opening: bool) -> None:
        if opening:
            self.light.set(lit=False)
        self.cover.start(closed=not opening)
