"""Gemini's flat panels Rev1, Rev2, Lite and Pro, down to the byte, as INDI's driver expects."""

import re
from dataclasses import dataclass
from typing import Literal

from hardware_sims.light import Light
from hardware_sims.serial_panels.cover import SimulatedCover
from hardware_sims.serial_panels.words import Words

_COMMAND = re.compile(rb">([A-Z])([+-]?\d*)\Z")
_NAMES = {"rev2": b"GeminiFlatPanel", "lite": b"GeminiFlatPanelLite", "pro": b"GeminiFlatPanelPro"}
_FIRMWARE = {"rev2": 408, "lite": 206, "pro": 107}


@dataclass
class GeminiTraits:
    """How this unit differs from the next one.

    `product` is the id of Rev1 and Rev2 (99, or 19 without a cover), `name` what it calls itself
    instead of its model's name; `clamp` the highest step it
    takes; `keeps_bank`: it never leaves the bank it is in; `motor_s` how long the cover runs.
    """

    model: Literal["rev1", "rev2", "lite", "pro"] = "rev2"
    product: int = 99
    name: bytes = b""
    clamp: int = 255
    keeps_bank: bool = False
    lamp_broken: bool = False
    motor_s: float = 3.0


class SimulatedGemini:
    """The brain of the panel, apart from any wire. While its cover moves it hears nothing.

    `high_bank` tells which range of light it is in; the light of the world knows steps only.
    """

    maximum = 255

    def __init__(self, light: Light, traits: GeminiTraits | None = None) -> None:
        self.light = light
        self.traits = traits or GeminiTraits()
        self.commands: list[bytes] = []
        self.high_bank = False
        self.cover = SimulatedCover(light, motor_s=self.traits.motor_s)
        self._words = Words(b"#")
        self._waiting: list[bytes] = []
        self._moving_by = b""

    def reply(self, received: bytes) -> bytes:
        """Take bytes as they come off the wire and return what the panel answers by now."""
        self._waiting += self._words.take(received)
        answers = b""
        if self._moving_by:
            if self.cover.moving:
                return b""
            answers, self._moving_by = self._arrived(self._moving_by), b""
        while self._waiting and not self._moving_by:
            answers += self._obey(self._waiting.pop(0).strip())
        return answers

    def _obey(self, word: bytes) -> bytes:
        self.commands.append(word)
        found = _COMMAND.search(word)
        if found is None:
            return b""
        letter, value = found.groups()
        if self._is_rev1 != (len(value) == 3 or letter == b"P") and letter != b"B":
            return b""
        return self._tell(letter) or self._do(letter, value)

    def _tell(self, letter: bytes) -> bytes:
        match letter:
            case b"P" if self._is_rev1:
                return self._said(letter, b"OOO")
            case b"H" | b"V" if not self._is_rev1:
                return b"*%b%b#" % (letter, self._introduce(letter))
            case b"J":
                return self._said(letter, self._level())
            case b"S":
                return b"*S%b%b" % (self._state(), self._end)
            case _:
                return b""

    def _do(self, letter: bytes, value: bytes) -> bytes:
        match letter:
            case b"B" if value.isdigit():
                self.light.set(brightness=min(int(value), self.traits.clamp))
                return self._said(letter, self._level())
            case b"L" | b"D":
                self.light.set(lit=letter == b"L" and not self.traits.lamp_broken)
                return self._said(letter, b"OOO" if self._is_rev1 else b"")
            case b"Y" if self.traits.model in ("rev2", "lite") and value in (b"0", b"1"):
                self.high_bank = self.high_bank if self.traits.keeps_bank else value == b"1"
            case b"O" | b"C" if self._has_cover:
                if letter == b"O":
                    self.light.set(lit=False)
                self.cover.start(closed=letter == b"C")
                self._moving_by = letter
        return b""

    @property
    def _is_rev1(self) -> bool:
        return self.traits.model == "rev1"

    @property
    def _has_cover(self) -> bool:
        if self.traits.model in ("rev1", "rev2"):
            return self.traits.product == 99
        return self.traits.model == "pro"

    @property
    def _end(self) -> bytes:
        return b"\n" if self._is_rev1 else b"#"

    def _introduce(self, letter: bytes) -> bytes:
        model = self.traits.model
        return self.traits.name or _NAMES[model] if letter == b"H" else b"%d" % _FIRMWARE[model]

    def _level(self) -> bytes:
        return (b"%03d" if self._is_rev1 else b"%d") % self.light.brightness

    def _said(self, letter: bytes, value: bytes) -> bytes:
        product = b"%02d" % self.traits.product if self._tells_product(letter) else b""
        return b"*%b%b%b%b" % (letter, product, value, self._end)

    def _tells_product(self, letter: bytes) -> bool:
        return self._is_rev1 or (self.traits.model == "rev2" and letter in b"LD")

    def _state(self) -> bytes:
        lit = b"1" if self.light.lit else b"0"
        if self.traits.model == "lite":
            return lit + (b"1" if self.high_bank else b"0") + b"0"
        cover = b"3" if self.cover.is_stuck else b"1" if self.cover.open_frac == 0.0 else b"2"
        if self.traits.model == "pro":
            return b"0M%bL%bC0D76C405O" % (lit, cover)
        return b"%02d0%b%b" % (self.traits.product, lit, cover if self._has_cover else b"0")

    def _arrived(self, letter: bytes) -> bytes:
        match self.traits.model:
            case "rev1":
                return self._said(letter, b"OOO")
            case "rev2":
                return b"*OOpened#" if letter == b"O" else b"*CClosed#"
            case _:
                return b"*%b%d#" % (letter, 405 if letter == b"O" else 76)
