"""A Wanderer Cover V3, down to the byte, as Debian's `indi_wanderer_cover` accepts it."""

import re
from dataclasses import dataclass

from hardware_sims.light import Light
from hardware_sims.serial_panels.cover import SimulatedCover
from hardware_sims.serial_panels.words import Words

ASK, CLOSE, OPEN, OFF = 1500001, 1000, 1001, 9999


@dataclass
class WandererV3Traits:
    """How this unit differs from the next one.

    `name` and `firmware` as they are told, `""` for the old firmware that tells its name only;
    `steps` between the ends of the cover, 0 for never taught; `tells_cover` whether it knows where
    its cover is before it has moved; `clamp` the highest brightness it takes; `motor_s` how long
    the cover runs; `ending` what ends an answer.
    """

    name: str = "WandererCoverV3"
    firmware: str = "20220920"
    steps: int = 25555
    tells_cover: bool = True
    clamp: int = 255
    motor_s: float = 3.0
    ending: bytes = b"\n"


class SimulatedWandererV3:
    """The brain of the panel, apart from any wire. While its cover moves it hears nothing."""

    maximum = 255

    def __init__(self, light: Light, traits: WandererV3Traits | None = None) -> None:
        self.light = light
        self.traits = traits or WandererV3Traits()
        self.commands: list[bytes] = []
        self._words = Words(b"\r\n")
        self._waiting: list[bytes] = []
        self.cover = SimulatedCover(light, motor_s=self.traits.motor_s)
        self._under_way = False
        self._has_moved = False

    def reply(self, received: bytes) -> bytes:
        """Take bytes as they come off the wire and return what the panel answers by now."""
        # The driver of Debian ends some commands twice.
        self._waiting += [word for word in self._words.take(received) if word]
        answers = b""
        if self._under_way:
            if self.cover.moving:
                return b""
            self._under_way = False
            answers = b"DoneA" + self.traits.ending
        while self._waiting and not self._under_way:
            answers += self._obey(self._waiting.pop(0))
        return answers

    def _obey(self, word: bytes) -> bytes:
        self.commands.append(word)
        if not re.fullmatch(rb"\d{1,7}", word):
            return b""
        number = int(word)
        if number == ASK:
            return self._introduce()
        if number in (CLOSE, OPEN):
            return self._move(opening=number == OPEN)
        if number == OFF:
            self.light.set(lit=False)
        elif number <= self.maximum:
            self.light.set(lit=number > 0, brightness=min(number, self.traits.clamp))
        return b""

    def _introduce(self) -> bytes:
        traits = self.traits
        if not traits.firmware:
            return f"{traits.name}A".encode("ascii")
        fields = (traits.name, traits.firmware, self._cover(), traits.steps)
        text = "".join(f"{field}A" for field in fields)
        return text.encode("ascii") + traits.ending

    def _cover(self) -> int:
        known = self.traits.tells_cover or self._has_moved
        return {0.0: 0, 1.0: 1}.get(self.cover.open_frac, 255) if known else 255

    def _move(self, *, opening: bool) -> bytes:
        if self.traits.steps == 0:
            return b"ErrorA" + self.traits.ending
        if opening:
            self.light.set(lit=False)
        self.cover.start(closed=not opening)
        self._under_way = self._has_moved = True
        return b""
