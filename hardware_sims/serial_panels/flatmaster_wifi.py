"""A Pegasus FlatMaster WiFi or Neo on its USB port, down to the byte, as its maker describes it.

Commands end in LF, answers in CR LF; levels are percent.
"""

import re
from dataclasses import dataclass

from hardware_sims.light import Light
from hardware_sims.serial_panels.cover import SimulatedCover

_COMMAND = re.compile(rb"([A-Z]{2}):(\d{1,3})\Z")
_LONGEST = 64
_OPEN_DEG = 270


@dataclass
class FlatMasterWifiTraits:
    """How this unit differs from the next one.

    `identity` is its greeting, `neo` says that it has a cap, `ending` ends its answers, `clamp` is
    the highest step it really takes, `motor_s` how long the cap runs. Every value may be changed
    while it runs.
    """

    identity: bytes = b"FMW_1A2B3C4D_A"
    version: bytes = b"FV:1.2"
    neo: bool = False
    ending: bytes = b"\r\n"
    clamp: int = 100
    motor_s: float = 3.0
    lamp_broken: bool = False


class SimulatedFlatMasterWifi:
    """The brain of the panel, apart from any wire; `cover`, the Neo's cap, may be made to stick."""

    maximum = 100

    def __init__(self, light: Light, traits: FlatMasterWifiTraits | None = None) -> None:
        if light.maximum != self.maximum:
            raise ValueError(f"this FlatMaster's light has 100 steps, not {light.maximum}")
        self.light = light
        self.traits = traits or FlatMasterWifiTraits()
        self.commands: list[bytes] = []
        self.cover = SimulatedCover(light, motor_s=self.traits.motor_s)
        self._wanted_deg = 0 if light.closed else _OPEN_DEG
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
            case b"F#" | b"##":
                return self.traits.identity
            case b"FV":
                return self.traits.version
            case b"FA":
                return self._stands()
            case b"FH" if self.traits.neo:
                self.cover.halt()
                return b"FH:1"
        told = _COMMAND.match(command)
        if told is None or not self._take(told[1], int(told[2])):
            return b"ERR"
        return command

    def _take(self, word: bytes, value: int) -> bool:
        match word:
            case b"FL" if value <= self.maximum:
                self.light.set(brightness=min(value, self.traits.clamp))
            case b"FE" if value in (0, 1):
                self.light.set(lit=value == 1 and not self.traits.lamp_broken)
            case b"FS" if value in (0, 1) and self.traits.neo:
                self._wanted_deg = _OPEN_DEG * value
                self.cover.start(closed=value == 0)
            case _:
                return False
        return True

    def _stands(self) -> bytes:
        name = b"FMNEO" if self.traits.neo else b"FA"
        stands = b"%b:%d:%d" % (name, self.light.brightness, self.light.lit)
        if not self.traits.neo:
            return stands
        now_deg = round(_OPEN_DEG * self.cover.open_frac)
        state = 2 if self.cover.moving else {0.0: 1, 1.0: 3}.get(self.cover.open_frac, 0)
        return stands + b":%d:%d:%d:0:0:0:0" % (now_deg, self._wanted_deg, state)
