"""DarkSkyGeek's wireless flat panel, down to the byte, as its author's firmware speaks."""

import re
from dataclasses import dataclass

from hardware_sims.light import Light
from hardware_sims.serial_panels.words import Words

GUID = b"7e2006ab-88b5-4b09-b0b3-1ac3ca8da43e"
_ON = re.compile(rb"COMMAND:CALIBRATOR:ON:(\d+)")


@dataclass
class DarkSkyGeekTraits:
    """How this unit differs: its id, what ends an answer, the highest brightness it takes."""

    guid: bytes = GUID
    ending: bytes = b"\r\n"
    clamp: int = 255


class SimulatedDarkSkyGeek:
    """The brain of the panel, apart from any wire."""

    maximum = 255

    def __init__(self, light: Light, traits: DarkSkyGeekTraits | None = None) -> None:
        self.light = light
        self.traits = traits or DarkSkyGeekTraits()
        self.commands: list[bytes] = []
        self._words = Words(b"\n")

    def reply(self, received: bytes) -> bytes:
        """Take bytes as they come off the wire and return what the panel answers."""
        return b"".join(self._obey(word) for word in self._words.take(received))

    def _obey(self, word: bytes) -> bytes:
        self.commands.append(word)
        if word == b"COMMAND:PING":
            return b"RESULT:PING:OK:" + self.traits.guid + self.traits.ending
        if word == b"COMMAND:INFO":
            return b"RESULT:INFO:DarkSkyGeek's Flat Panel Firmware v1.0" + self.traits.ending
        if word == b"COMMAND:CALIBRATOR:GETBRIGHTNESS":
            told = self.light.brightness if self.light.lit else 0
            return b"RESULT:CALIBRATOR:BRIGHTNESS:%d" % told + self.traits.ending
        if word == b"COMMAND:CALIBRATOR:OFF":
            self.light.set(lit=False)
            return b""
        if on := _ON.fullmatch(word):
            # The firmware keeps it in a byte.
            brightness = min(int(on[1]) & 0xFF, self.traits.clamp)
            self.light.set(lit=brightness > 0, brightness=brightness)
            return b""
        return b"ERROR:INVALID_COMMAND" + self.traits.ending
