"""PrimaLuceLab's GIOTTO, alone or on an ALTO: requests and answers in JSON at 115200 baud.

Words as in INDI's driver. A request has no end of its own, an answer ends in CR. GIOTTO is the
light; ALTO is a motorised arm with a USB port of its own, position 0 closed and 100 open, that may
carry it.
"""

import json
from functools import partial

from flatctl.devices.deadline import Deadline
from flatctl.devices.protocols import CoverState
from flatctl.devices.serial.flap import SerialFlap
from flatctl.devices.serial.link import SerialLink

MOTOR = "MOT1"
CLOSED, OPEN = 0, 100

_NEAR = 2


def encode(verb: str, key: str, value: str | int = "", *, node: str = "") -> bytes:
    """Return the bytes of a request; `verb` is get or set, `node` the part that is meant."""
    wanted: dict[str, object] = {key: value}
    body = {verb: {node: wanted} if node else wanted}
    return json.dumps({"req": body}, separators=(",", ":")).encode("ascii")


def parse(frame: bytes, verb: str, key: str, *, node: str = "") -> str:
    """Return what an answer says of `key`, as a text; raises `ValueError` for anything else."""
    try:
        said = json.loads(frame.decode("ascii"))["res"][verb]
        return str((said[node] if node else said)[key])
    except (KeyError, TypeError, RecursionError) as error:
        raise ValueError(f"no answer about {key}") from error


def parse_number(frame: bytes, key: str, *, node: str = "") -> int:
    """Return the number that is told of `key`."""
    return int(parse(frame, "get", key, node=node))


def parse_done(frame: bytes, key: str, *, node: str = "") -> None:
    """Accept the answer that `key` has been set."""
    if parse(frame, "set", key, node=node) != "done":
        raise ValueError(f"{key} is not set")


class JsonLink(SerialLink):
    """A serial line to a device of PrimaLuceLab's."""

    def greet_by(self, key: str, timeout_s: float, *, node: str = "") -> int:
        """Open the line and return the number that is told of `key`."""
        understand = partial(parse_number, key=key, node=node)
        return self.greet(encode("get", key, node=node), understand, timeout_s)

    def get(self, key: str, deadline: Deadline, *, node: str = "") -> int:
        """Ask for the number of `key`."""
        understand = partial(parse_number, key=key, node=node)
        return self.ask(encode("get", key, node=node), understand, deadline)

    def set(self, key: str, value: int, deadline: Deadline, *, node: str = "") -> None:
        """Set `key` and make sure that it was heard."""
        understand = partial(parse_done, key=key, node=node)
        self.ask(encode("set", key, value, node=node), understand, deadline)


class GiottoPanel(SerialFlap):
    """A GIOTTO at `port`; on an ALTO where `alto_port` is given, whose arm is its cover."""

    make = "GIOTTO"
    baud = 115200
    reply_s = 3.0
    steps = range(1, 256)
    off_command = encode("set", "LIGHT", 0)
    _link: JsonLink

    def __init__(
        self, port: str, *, alto_port: str | None = None, boot_delay_s: float = 2.0
    ) -> None:
        super().__init__(port, boot_delay_s=boot_delay_s, link_to=JsonLink)
        self._alto: JsonLink | None = None
        if alto_port is not None:
            self._alto = JsonLink(
                alto_port,
                name=f"giotto panel's ALTO at {alto_port}",
                baud=self.baud,
                reply_s=self.reply_s,
                boot_delay_s=boot_delay_s,
            )
        self._position = CLOSED

    @property
    def has_cover(self) -> bool:
        """Whether an ALTO carries it."""
        return self._alto is not None

    def open(self, timeout_s: float) -> range:
        """Reach the light, and the arm, and return its brightness steps; all is left as it is."""
        if self._alto is not None and not self._alto.is_open:
            self._greeted = False
        return super().open(timeout_s)

    def close(self) -> None:
        """Let go of the ports; the light is left as it is."""
        super().close()
        if self._alto is not None:
            self._alto.close()

    def _greet(self, timeout_s: float) -> None:
        self.steps = self._steps_up_to(self._link.greet_by("MAX_BRIGHTNESS", timeout_s))
        if self._alto is not None:
            self._position = self._alto.greet_by("POSITION", timeout_s, node=MOTOR)

    def _tell_brightness(self, brightness: int, deadline: Deadline) -> int | None:
        self._link.set("BRIGHTNESS", brightness, deadline)
        return self._ask_brightness(deadline)

    def _switch(self, deadline: Deadline, *, on: bool) -> None:
        self._link.set("LIGHT", int(on), deadline)

    def _ask_brightness(self, deadline: Deadline) -> int | None:
        return self._link.get("BRIGHTNESS", deadline)

    def _ask_lit(self, deadline: Deadline) -> bool | None:
        return self._link.get("LIGHT", deadline) == 1

    def _start_move(self, goal: CoverState, deadline: Deadline) -> None:
        position = OPEN if goal is CoverState.OPEN else CLOSED
        self._arm.set("POSITION", position, deadline, node=MOTOR)

    def _read_cover(self, deadline: Deadline) -> CoverState:
        if self._alto is None:
            return CoverState.UNKNOWN
        before, self._position = self._position, self._arm.get("POSITION", deadline, node=MOTOR)
        if self._position != before:
            return CoverState.MOVING
        if self._position <= CLOSED + _NEAR:
            return CoverState.CLOSED
        return CoverState.OPEN if self._position >= OPEN - _NEAR else CoverState.UNKNOWN

    @property
    def _arm(self) -> JsonLink:
        if self._alto is None:
            raise self._fault("no ALTO carries it", "give alto_port where there is one")
        return self._alto
