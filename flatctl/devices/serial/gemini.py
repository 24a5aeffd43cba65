"""Gemini flat panels: `>` + letter + `#` at 9600 baud, answered by `*` + the same letter.

Words as in INDI's driver. The first model speaks Alnitak's frames (`>X000#`, answered by `*Xiixxx`
and LF); Rev2, Lite and Pro have neither product id nor filler and end their answers in `#`. Each of
the three tells its state in another way. A move is answered when it is over. Rev2 and Lite have two
banks, ranges of light, low and high; only Lite tells which is on.
"""

import re
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from enum import Enum
from functools import partial
from typing import Literal, TypeVar

from flatctl.core.types import Bank
from flatctl.devices.deadline import Deadline
from flatctl.devices.protocols import CoverState
from flatctl.devices.serial.flap import SerialFlap
from flatctl.errors import DeviceError, NoReply

_HELLO_S = 1.0
_COVERED_REV1 = "99"
_SHARE_FOR_GREETING_NEW = 0.6

_BY_DIGIT = {"1": CoverState.CLOSED, "2": CoverState.OPEN, "3": CoverState.FAILED}

T = TypeVar("T")


class Model(Enum):
    """The models, by what they answer to `>H#`; the first one doesn't."""

    REV1 = ""
    REV2 = "GeminiFlatPanel"
    LITE = "GeminiFlatPanelLite"
    PRO = "GeminiFlatPanelPro"

    @property
    def has_banks(self) -> bool:
        """Whether it has a low and a high range of light."""
        return self in (Model.REV2, Model.LITE)


# Motor, light and cover; or light and bank. The letters of the Pro follow their figures.
_STATES = {
    Model.REV1: re.compile(r"\d\d(?P<motor>[01])(?P<light>[01])(?P<cover>[0-3])\Z"),
    Model.REV2: re.compile(r"\d\d(?P<motor>[01])(?P<light>[01])(?P<cover>[0-3])\Z"),
    Model.LITE: re.compile(r"(?P<light>[01])(?P<bank>[01])[01]\Z"),
    Model.PRO: re.compile(r"(?P<motor>[01])M(?P<light>[01])L(?P<cover>[0-3])C"),
}


@dataclass(frozen=True)
class State:
    """What a unit says of itself; `bank` is `None` where it doesn't tell."""

    lit: bool
    cover: CoverState
    bank: Bank | None = None


def encode(letter: str, value: int | None = None, *, model: Model) -> bytes:
    """Return the bytes of a command to that model; brightness, bank and beep have a value."""
    if model is Model.REV1:
        return f">{letter}{value or 0:03d}#".encode("ascii")
    return f">{letter}{'' if value is None else value}#".encode("ascii")


def parse(frame: bytes, letter: str) -> str:
    """Return what an answer to the command `letter` says; junk before it doesn't matter.

    Raises `ValueError` for anything else than an answer to that command.
    """
    _, star, said = frame.decode("ascii").rpartition("*")
    if not star or not said.startswith(letter):
        raise ValueError(f"no answer to {letter}")
    return said[1:]


def parse_model(frame: bytes) -> Model:
    """Return which model answered to `>H#`."""
    return Model(parse(frame, "H") or "nothing")


def parse_product(frame: bytes) -> str:
    """Return the two digits with which the first model answers to `>P000#`."""
    found = re.fullmatch(r"(19|99)(?:OOO|000)", parse(frame, "P"))
    if found is None:
        raise ValueError("no Gemini panel")
    return found[1]


def parse_brightness(frame: bytes, letter: str, model: Model) -> int:
    """Return the brightness that an answer to `B` or `J` tells."""
    said = parse(frame, letter)
    pattern = r"\d\d(\d{3})" if model is Model.REV1 else r"(\d{1,3})"
    found = re.fullmatch(pattern, said)
    if found is None:
        raise ValueError("no brightness")
    return int(found[1])


def parse_state(frame: bytes, model: Model) -> State:
    """Return what an answer to `S` tells, which each model says in its own way."""
    found = _STATES[model].match(parse(frame, "S"))
    if found is None:
        raise ValueError("no state")
    told = found.groupdict()
    cover = _BY_DIGIT.get(told.get("cover", ""), CoverState.UNKNOWN)
    if told.get("motor") == "1":
        cover = CoverState.MOVING
    bank: Bank | None = None
    if "bank" in told:
        bank = "high" if told["bank"] == "1" else "low"
    return State(told["light"] == "1", cover, bank)


class GeminiPanel(SerialFlap):
    """A Gemini panel at `port`.

    `model` "rev1" spares the first model being asked what it doesn't understand. `bank` is the
    range of light it shines in until `use_bank` says otherwise, `None` for the one it is in.
    """

    make = "Gemini"
    ends = b"#\r\n"
    steps = range(256)
    off_command = encode("D", model=Model.REV1)
    move_limit_s = 60.0
    motor_start_s = 0.0  # a move is over when it is answered
    _has_cover = False

    def __init__(
        self,
        port: str,
        *,
        model: Literal["auto", "rev1"] = "auto",
        bank: Bank | None = None,
        boot_delay_s: float = 2.0,
    ) -> None:
        super().__init__(port, boot_delay_s=boot_delay_s)
        self._is_rev1 = model == "rev1"
        self._bank = bank
        self._model = Model.REV1

    def use_bank(self, bank: Bank | None) -> None:
        """Shine in that bank from the next brightness on; `None` is the one it is in."""
        self._bank = bank

    def _greet(self, timeout_s: float) -> None:
        model = None if self._is_rev1 else self._greet_new(self._link.deadline(timeout_s))
        self._model = model or Model.REV1
        self.off_command = encode("D", model=self._model)
        if model is None:
            product = self._link.greet(encode("P", model=Model.REV1), parse_product, timeout_s)
            self._has_cover = product == _COVERED_REV1
        else:
            self._has_cover = model is not Model.LITE
        if self._bank and not self._model.has_banks:
            raise self._no_banks()

    def _greet_new(self, deadline: Deadline) -> Model | None:
        """Ask which of the newer models it is; `None` when it doesn't answer that."""
        self._link.open()
        share = self._link.deadline(_SHARE_FOR_GREETING_NEW * deadline.left_s)
        with suppress(NoReply):
            return self._link.ask(b">H#", parse_model, share, reply_s=_HELLO_S)
        return None

    def _shine(self, brightness: int, deadline: Deadline) -> None:
        if self._bank:
            self._choose_bank(self._bank, deadline)
        super()._shine(brightness, deadline)

    def _choose_bank(self, bank: Bank, deadline: Deadline) -> None:
        if not self._model.has_banks:
            raise self._no_banks()
        self._link.send(encode("Y", int(bank == "high"), model=self._model))
        told = self._state(deadline).bank
        if told not in (None, bank):
            raise self._fault(f"asked for the {bank} bank, it is in the {told} one", "try again")

    def _no_banks(self) -> DeviceError:
        return self._fault(
            "this model has no low and high bank", "leave bank and panel_bank out for this panel"
        )

    def _tell_brightness(self, brightness: int, deadline: Deadline) -> int | None:
        told = self._ask_number("B", deadline, brightness)
        return self._ask_brightness(deadline) if told == brightness else told

    def _switch(self, deadline: Deadline, *, on: bool) -> None:
        letter = "L" if on else "D"
        self._ask(letter, partial(parse, letter=letter), deadline)

    def _ask_brightness(self, deadline: Deadline) -> int | None:
        return self._ask_number("J", deadline)

    def _ask_lit(self, deadline: Deadline) -> bool | None:
        return self._state(deadline).lit

    def _start_move(self, goal: CoverState, deadline: Deadline) -> None:
        """Move the cover and wait for the word that it is there."""
        letter = "O" if goal is CoverState.OPEN else "C"
        command = encode(letter, model=self._model)
        self._ask_until_moved(command, partial(parse, letter=letter), deadline)

    def _read_cover(self, deadline: Deadline) -> CoverState:
        return self._state(deadline).cover

    def _state(self, deadline: Deadline) -> State:
        return self._ask("S", partial(parse_state, model=self._model), deadline)

    def _ask_number(self, letter: str, deadline: Deadline, value: int | None = None) -> int:
        understand = partial(parse_brightness, letter=letter, model=self._model)
        return self._ask(letter, understand, deadline, value)

    def _ask(
        self,
        letter: str,
        understand: Callable[[bytes], T],
        deadline: Deadline,
        value: int | None = None,
    ) -> T:
        return self._link.ask(encode(letter, value, model=self._model), understand, deadline)
