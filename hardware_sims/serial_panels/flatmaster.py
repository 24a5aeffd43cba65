"""A Pegasus FlatMaster of the first model, down to the byte, as Debian's driver accepts it.

Commands end in LF, answers in CR LF. Levels count from 20, brightest, to 220, dimmest; the light of
the simulated rig counts the other way round, 0 to 200.
"""

import re
from dataclasses import dataclass

from hardware_sims.light import Light

BRIGHTEST, DIMMEST = 20, 220

_LEVEL = re.compile(rb"L:(\d{1,3})\Z")
_LONGEST = 64


@dataclass
class FlatMasterTraits:
    """How this unit differs from the next one.

    `identity` is its greeting, `ending` ends its answers, `clamp` is the dimmest level that it
    admits to (others are echoed as they came), `padded` fills the echo of a level with zeros, and
    `level_lights` is firmware 2: a level lights the panel, and "on" puts it out again when it is
    lit. Every value may be changed while it runs.
    """

    identity: bytes = b"OK_FM"
    version: bytes = b"V:1.1"
    ending: bytes = b"\r\n"
    clamp: int = 255
    padded: bool = False
    level_lights: bool = False
    lamp_broken: bool = False


class SimulatedFlatMaster:
    """The brain of the panel, apart from any wire."""

    maximum = DIMMEST - BRIGHTEST

    def __init__(self, light: Light, traits: FlatMasterTraits | None = None) -> None:
        if light.maximum != self.maximum:
            raise ValueError(f"a FlatMaster light has 200 steps, not {light.maximum}")
        self.light = light
        self.traits = traits or FlatMasterTraits()
        self.commands: list[bytes] = []
        self._partial = b""

    def reply(self, received: bytes) -> bytes:
        """Take bytes as they come off the wire and return what the panel answers by now."""
        answers = b""
        for byte in received:
            if byte != ord("\n"):
                self._partial = (self._partial + bytes([byte]))[-_LONGEST:]
                continue
            command, self._partial = self._partial.strip(b"\r"), b""
            if command:
                self.commands.append(command)
                answers += self._obey(command) + self.traits.ending
        return answers

    def _obey(self, command: bytes) -> bytes:
        match command:
            case b"#":
                return self.traits.identity
            case b"V":
                return self.traits.version
            case b"E:1":
                lit = not (self.traits.level_lights and self.light.lit)
                self._switch(on=lit)
                return command
            case b"E:0":
                self._switch(on=False)
                return command
        if (level := _LEVEL.match(command)) and int(level[1]) >= BRIGHTEST:
            return self._take_level(int(level[1]))
        return b"ERR"

    def _take_level(self, level: int) -> bytes:
        level = min(level, self.traits.clamp)
        self.light.set(brightness=max(0, DIMMEST - level))
        if self.traits.level_lights:
            self._switch(on=True)
        return b"L:%03d" % level if self.traits.padded else b"L:%d" % level

    def _switch(self, *, on: bool) -> None:
        self.light.set(lit=on and not self.traits.lamp_broken)
