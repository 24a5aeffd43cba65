"""A Deep Sky Dad FP1 or FP2, down to the byte, as Debian's `indi_deepskydad_fp1` accepts the FP1.

Frames are `[` + name + value + `]`, answered by `(` + value + `)`; no line ends either way.
"""

import re
from dataclasses import dataclass

from hardware_sims.light import Light
from hardware_sims.serial_panels.cover import SimulatedCover

_COMMAND = re.compile(rb"\[([A-Z]{4})(\d*)\Z")
_LONGEST = 64
_CLOSED_DEG = 270


@dataclass
class DeepSkyDadTraits:
    """How this unit differs from the next one.

    `model` is FP1 or FP2, `ending` what follows an answer, `clamp` the highest step it really
    takes, `motor_s` how long the cover runs. Every value may be changed while it runs.
    """

    model: str = "FP1"
    version: str = "1.0.0"
    ending: bytes = b""
    clamp: int = 4096
    motor_s: float = 3.0
    lamp_broken: bool = False


class SimulatedDeepSkyDad:
    """The brain of the panel, apart from any wire; `cover` may be made to stick."""

    maximum = 4096

    def __init__(self, light: Light, traits: DeepSkyDadTraits | None = None) -> None:
        if light.maximum != self.maximum:
            raise ValueError(f"a Deep Sky Dad light has 4096 steps, not {light.maximum}")
        self.light = light
        self.traits = traits or DeepSkyDadTraits()
        self.commands: list[bytes] = []
        self.cover = SimulatedCover(light, motor_s=self.traits.motor_s)
        self._target = _CLOSED_DEG if light.closed else 0
        self._heater = b"0"
        self._partial = b""

    def reply(self, received: bytes) -> bytes:
        """Take bytes as they come off the wire and return what the panel answers by now."""
        answers = b""
        for byte in received:
            if byte != ord("]"):
                self._partial = (self._partial + bytes([byte]))[-_LONGEST:]
                continue
            found, self._partial = _COMMAND.search(self._partial), b""
            if found is None:
                continue
            self.commands.append(found[0] + b"]")
            answer = self._obey(found[1].decode(), found[2])
            if answer is not None:
                answers += b"(%b)%b" % (answer, self.traits.ending)
        return answers

    def _obey(self, name: str, value: bytes) -> bytes | None:
        if name.startswith("G"):
            return self._told(name)
        match name:
            case "SLON" if value in (b"0", b"1"):
                self.light.set(lit=value == b"1" and not self.traits.lamp_broken)
            case "SLBR" if len(value) == 4 and int(value) <= self.maximum:
                self.light.set(brightness=min(int(value), self.traits.clamp))
            case "STRG" if value and int(value) <= _CLOSED_DEG:
                self._target = int(value)
            case "SMOV" if not value:
                self.cover.start(closed=self._target == _CLOSED_DEG)
            case "SHTM" if value in (b"0", b"1", b"2"):
                self._heater = value
            case _:
                return None
        return b"OK"

    def _told(self, name: str) -> bytes | None:
        traits = self.traits
        match name:
            case "GFRM":
                return f"Board=DeepSkyDad.{traits.model}, Version={traits.version}".encode()
            case "GPOS" if traits.model == "FP1":
                return b"%d" % int(_CLOSED_DEG * (1 - self.cover.open_frac))
            case "GOPS" if traits.model == "FP2":
                return {0.0: b"0", 1.0: b"1"}.get(self.cover.open_frac, b"255")
            case "GMOV":
                return b"1" if self.cover.moving else b"0"
            case "GLON":
                return b"1" if self.light.lit else b"0"
            case "GLBR":
                return b"%d" % self.light.brightness
            case "GHTT":
                return b"-127" if traits.model == "FP1" else b" 26.104242"
            case "GHTM":
                return self._heater
        return None
