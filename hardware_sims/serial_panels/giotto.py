"""PrimaLuceLab's GIOTTO and ALTO, down to the byte, as INDI's drivers expect them.

Requests are JSON without an end of their own; answers are JSON and CR.
"""

import json
from dataclasses import dataclass

from hardware_sims.light import Light
from hardware_sims.serial_panels.cover import SimulatedCover

_LONGEST = 512


class JsonSpeaker:
    """What both devices have in common: requests cut out of the bytes, answers written."""

    def __init__(self) -> None:
        self.commands: list[bytes] = []
        self._partial = ""

    def reply(self, received: bytes) -> bytes:
        """Take bytes as they come off the wire and return what the device answers."""
        self._partial = (self._partial + received.decode("latin-1"))[-_LONGEST:].lstrip()
        answers = b""
        while self._partial:
            begin = self._partial.find("{")
            if begin < 0:
                self._partial = ""
                break
            try:
                request, end = json.JSONDecoder().raw_decode(self._partial[begin:])
            except ValueError:
                # The rest is still to come, or a new request has begun behind a broken one.
                begin = self._partial.find('{"req"', begin + 1)
                if begin < 0:
                    break
                self._partial = self._partial[begin:]
                continue
            self.commands.append(self._partial[begin : begin + end].encode("latin-1"))
            self._partial = self._partial[begin + end :]
            answers += self._answer(request)
        return answers

    def _answer(self, request: object) -> bytes:
        try:
            ((verb, wanted),) = request["req"].items()  # type: ignore[index]  # because anything may come, and all else is an error
            said = self._obey(verb, wanted)
        except (KeyError, TypeError, ValueError, AttributeError):
            return b"ERR:1 invalid request\r"
        return json.dumps({"res": {verb: said}}, separators=(",", ":")).encode("ascii") + b"\r"

    def _obey(self, verb: str, wanted: dict[str, object]) -> object:
        raise NotImplementedError


@dataclass
class GiottoTraits:
    """How this unit differs: what it grumbles before an answer, the highest step it takes.

    `is_light`: false for another device of the maker's, which knows nothing of light.
    """

    grumble: bytes = b""
    clamp: int = 10**6
    is_light: bool = True


class SimulatedGiotto(JsonSpeaker):
    """The brain of the light, apart from any wire; its highest brightness is its light's."""

    def __init__(self, light: Light, traits: GiottoTraits | None = None) -> None:
        super().__init__()
        self.light = light
        self.traits = traits or GiottoTraits()

    def _answer(self, request: object) -> bytes:
        return self.traits.grumble + super()._answer(request)

    def _obey(self, verb: str, wanted: dict[str, object]) -> object:
        ((key, value),) = wanted.items()
        if not self.traits.is_light:
            return {"ERROR": "unknown"}
        match verb, key:
            case "get", "MODNAME":
                return {key: "GIOTTO"}
            case "get", "MAX_BRIGHTNESS":
                return {key: self.light.maximum}
            case "get", "BRIGHTNESS":
                return {key: self.light.brightness}
            case "get", "LIGHT":
                return {key: int(self.light.lit)}
            case "set", "BRIGHTNESS":
                brightness = min(int(str(value)), self.traits.clamp)
                self.light.set(brightness=brightness)
            case "set", "LIGHT":
                self.light.set(lit=value == 1)
            case _:
                return {"ERROR": "unknown"}
        return {key: "done"}


class SimulatedAlto(JsonSpeaker):
    """The brain of the arm, apart from any wire."""

    def __init__(self, light: Light, *, motor_s: float = 3.0) -> None:
        super().__init__()
        self.cover = SimulatedCover(light, motor_s=motor_s)

    def reply(self, received: bytes) -> bytes:
        """Take bytes as they come off the wire and return what the arm answers."""
        answers = super().reply(received)
        # The world sees it arrive, asked or not.
        _ = self.cover.moving
        return answers

    def _obey(self, verb: str, wanted: dict[str, object]) -> object:
        ((node, inner),) = wanted.items()
        if node == "MODNAME":
            return {node: "ALTO"}
        ((key, value),) = inner.items()  # type: ignore[attr-defined]  # because anything may come, and all else is an error
        match verb, key:
            case "get", "POSITION":
                return {node: {key: round(100 * self.cover.open_frac)}}
            case "set", "POSITION":
                self.cover.start(closed=int(str(value)) == 0)
                return {node: {key: "done"}}
            case _:
                return {node: {"ERROR": "unknown"}}
