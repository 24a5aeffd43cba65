"""A Wanderer Cover V4-EC or V4 Pro-EC, down to the byte: it talks each second and answers nothing.

Numbers and fields as INDI's and INDIGO's drivers send and read them.
"""

import re
from dataclasses import dataclass

from hardware_sims.light import Light
from hardware_sims.serial_panels.cover import SimulatedCover
from hardware_sims.serial_panels.words import Words

CLOSE, OPEN, OFF = 1000, 1001, 9999
TELLS_BRIGHTNESS = 20240618
TELLS_MORE = 20250404


@dataclass
class WandererV4Traits:
    """How this unit differs from the next one.

    `model` is its name on the wire, `firmware` its date (it decides what is told), `closed_deg`
    and `open_deg` where the cover ends, `period_s` how often it talks, `clamp` the highest
    brightness it takes; the rest as with other covers.
    """

    model: str = "WandererCoverV4"
    firmware: int = 20250404
    closed_deg: float = 20.0
    open_deg: float = 270.0
    period_s: float = 1.0
    clamp: int = 255
    motor_s: float = 3.0


class SimulatedWandererV4:
    """The brain of the panel, apart from any wire."""

    maximum = 255

    def __init__(self, light: Light, traits: WandererV4Traits | None = None) -> None:
        self.light = light
        self.traits = traits or WandererV4Traits()
        self.commands: list[bytes] = []
        self._clock = light.now
        self._words = Words(b"\r\n")
        self._next = light.now()
        self._under_way = False
        self.cover = SimulatedCover(light, motor_s=self.traits.motor_s)

    def reply(self, received: bytes) -> bytes:
        """Take bytes as they come off the wire and return what the panel says by now."""
        said = b""
        if self._under_way and not self.cover.moving:
            self._under_way = False
            said += b"done\r\n"
        for word in self._words.take(received):
            self._obey(word)
        if self._clock() >= self._next:
            self._next = self._clock() + self.traits.period_s
            said += self.line()
        return said

    def line(self) -> bytes:
        """Return the line that tells how it stands."""
        traits = self.traits
        position = traits.closed_deg + self.cover.open_frac * (traits.open_deg - traits.closed_deg)
        fields = [
            traits.model,
            str(traits.firmware),
            f"{traits.closed_deg:.1f}",
            f"{traits.open_deg:.1f}",
            f"{position:.1f}",
            "12.1",
        ]
        if traits.firmware >= TELLS_BRIGHTNESS:
            fields.append(str(self.light.brightness if self.light.lit else 0))
        if traits.firmware >= TELLS_MORE:
            fields += ["0", "0"]
        return "".join(f"{field}A" for field in fields).encode("ascii") + b"\n"

    def _obey(self, word: bytes) -> None:
        self.commands.append(word)
        if not re.fullmatch(rb"\d{1,7}", word):
            return
        number = int(word)
        if number in (CLOSE, OPEN):
            if number == OPEN:
                self.light.set(lit=False)
            self.cover.start(closed=number == CLOSE)
            self._under_way = True
        elif number == OFF:
            self.light.set(lit=False)
        elif 0 < number <= self.maximum and self.light.closed:
            self.light.set(lit=True, brightness=min(number, self.traits.clamp))
