"""An RBF Excalibur, down to the byte, as INDI's driver expects it.

`L<n>##` is taken for `L<n>#`, which is obeyed in silence, and `#`, which is the greeting.
"""

import math
import re
from dataclasses import dataclass

from hardware_sims.light import Light
from hardware_sims.serial_panels.cover import SimulatedCover
from hardware_sims.serial_panels.words import Words

_LIGHT = re.compile(rb"L(\d{1,4})")


@dataclass
class ExcaliburTraits:
    """How this unit differs: its greeting, position when open, highest step it takes, motor."""

    greeting: bytes = b"FLAT.FLAP!"
    open_position: int = 90
    clamp: int = 3000
    motor_s: float = 3.0


class SimulatedExcalibur:
    """The brain of the panel, apart from any wire. It shines only when it is closed."""

    maximum = 3000

    def __init__(self, light: Light, traits: ExcaliburTraits | None = None) -> None:
        self.light = light
        self.traits = traits or ExcaliburTraits()
        self.commands: list[bytes] = []
        self._words = Words(b"#")
        self.cover = SimulatedCover(light, motor_s=self.traits.motor_s)

    def reply(self, received: bytes) -> bytes:
        """Take bytes as they come off the wire and return what the panel answers."""
        return b"".join(self._obey(word.strip()) for word in self._words.take(received))

    def _obey(self, word: bytes) -> bytes:
        self.commands.append(word)
        if light := _LIGHT.fullmatch(word):
            brightness = min(int(light[1]), self.traits.clamp)
            if brightness == 0:
                self.light.set(lit=False)
            elif self.light.closed:
                self.light.set(lit=True, brightness=brightness)
            return b""
        match word:
            case b"":
                return self.traits.greeting + b"#"
            case b"S1":
                self.cover.start(closed=True)
            case b"S0":
                self.light.set(lit=False)
                self.cover.start(closed=False)
            case b"P":
                # Not closed before it is.
                return b"%d#" % math.ceil(self.cover.open_frac * self.traits.open_position)
            case b"O":
                return b"%d#" % (self.light.brightness if self.light.lit else 0)
        return b""
