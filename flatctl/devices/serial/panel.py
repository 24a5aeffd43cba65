"""What every light panel on a serial line promises, whatever its family says on the wire.

A family says how its words go: greet, tell a brightness, switch, read back, start a move. Here is
what follows from that: everything is verified by reading back where the protocol can, a light that
sits in a cover shines closed only, a move is followed to its end and tried twice, and whatever
fails in a command that lights or moves something, light-off is the last command that is sent.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import ClassVar, TypeVar

from flatctl.devices.deadline import Deadline
from flatctl.devices.protocols import CoverState, PanelStatus
from flatctl.devices.serial.link import SerialLink
from flatctl.errors import BadReply, DeviceError, Fault, NoReply

T = TypeVar("T")

TRIES = 3

# Of the panels there are, the finest has 4096.
_MOST_STEPS = 65535

_RUNS = 2
# The rest of the time that the caller grants is for asking where the cover is.
_SHARE_FOR_MOVING = 0.9
# So much of it may a run take that is answered when it is over, for there may have to be another.
_SHARE_OF_FIRST_RUN = 0.7


class SerialPanel(ABC):
    """A light panel without a cover on a serial line.

    A family says what users call it (`make`), what messages call it where that is not its make in
    small letters (`kind`), the speed of its line, which bytes end its answers, how long it takes to
    answer at most, its brightness steps, and the bytes that put its light out. `link_to` makes the
    line that it alone uses.
    """

    make: str
    kind: ClassVar[str] = ""
    baud: ClassVar[int] = 9600
    ends: ClassVar[bytes] = b"\r\n"
    reply_s: float = 2.0
    steps: range
    off_command: bytes
    brightness_tries: ClassVar[int] = TRIES
    _has_cover = False

    def __init__(
        self,
        port: str,
        *,
        baud: int | None = None,
        boot_delay_s: float = 2.0,
        rts: bool = True,
        dtr: bool = True,
        link_to: Callable[..., SerialLink] = SerialLink,
    ) -> None:
        kind = self.kind or self.make.lower().replace(" ", "-")
        self._link = link_to(
            port,
            name=f"{kind} panel at {port}",
            baud=baud or self.baud,
            ends=self.ends,
            reply_s=self.reply_s,
            rts=rts,
            dtr=dtr,
            boot_delay_s=boot_delay_s,
        )
        self._greeted = False

    @property
    def name(self) -> str:
        """The name by which users know it."""
        return f"{self.make} panel"

    @property
    def has_cover(self) -> bool:
        """Whether this unit has a motorised cover; valid once opened."""
        return self._has_cover

    def open(self, timeout_s: float) -> range:
        """Reach the panel and return its brightness steps; the light is left as it is.

        The boot delay is granted on top of `timeout_s`.

        Raises `Unreachable` when nobody answers, `BadReply` when somebody else does, `Busy`
        when another program has the port.
        """
        if not (self._greeted and self._link.is_open):
            self._greeted = False
            try:
                self._greet(timeout_s)
            except DeviceError:
                self._link.close()
                raise
            self._greeted = True
        return self.steps

    def close(self) -> None:
        """Let go of the port; the light is left as it is."""
        self._link.close()

    def set_brightness(self, brightness: int, timeout_s: float) -> None:
        """Light it at `brightness` and read back what can be read back.

        Raises `ValueError` outside its steps.
        """
        self._check(brightness)
        with self._dark_on_failure():
            self._shine(brightness, self._link.deadline(timeout_s))

    def light_off(self, timeout_s: float) -> None:
        """Put the light out and read back that it is, where that can be."""
        with self._dark_on_failure():
            self._put_out(self._link.deadline(timeout_s))

    def status(self, timeout_s: float) -> PanelStatus:
        """Ask how the light stands."""
        deadline = self._link.deadline(timeout_s)
        lit = self._ask_lit(deadline)
        return PanelStatus(lit, self._ask_brightness(deadline), confirmed=True)

    @abstractmethod
    def _greet(self, timeout_s: float) -> None:
        """Open the line and make sure that the right panel is there."""

    @abstractmethod
    def _tell_brightness(self, brightness: int, deadline: Deadline) -> int | None:
        """Tell the brightness, lit or not; return the one it says it has, `None` if it can't."""

    @abstractmethod
    def _switch(self, deadline: Deadline, *, on: bool) -> None:
        """Switch the light."""

    @abstractmethod
    def _ask_brightness(self, deadline: Deadline) -> int | None:
        """Ask for the brightness, `None` if it can't say."""

    @abstractmethod
    def _ask_lit(self, deadline: Deadline) -> bool | None:
        """Ask whether the light is on, `None` if it can't say."""

    def _steps_up_to(self, highest: int) -> range:
        """Return the steps of a panel that tells its highest; raise `Fault` where that can't be."""
        if not 1 <= highest <= _MOST_STEPS:
            raise self._fault(
                f"it says that its highest brightness is {str(highest)[:20]}",
                "switch the unit off and on again",
            )
        return range(1, highest + 1)

    def _check(self, brightness: int) -> None:
        if brightness not in self.steps:
            first, last = self.steps[0], self.steps[-1]
            raise ValueError(
                f"{self._link.name}: brightness {brightness} is outside {first} to {last}"
            )

    def _shine(self, brightness: int, deadline: Deadline) -> None:
        # The brightness first: the light doesn't flash at an old one.
        self._set_brightness(brightness, deadline)
        for _ in range(TRIES):
            lit = self._ask_lit(deadline)
            if lit:
                return
            self._switch(deadline, on=True)
            if lit is None:
                return
        if not self._ask_lit(deadline):
            raise self._fault("the light does not go on", "check the panel and its power")

    def _set_brightness(self, brightness: int, deadline: Deadline) -> None:
        for _ in range(self.brightness_tries):
            told = self._tell_brightness(brightness, deadline)
            if told is None or told == brightness:
                return
        raise self._fault(
            f"asked for brightness {brightness}, it says {told}",
            f"set brightness.max in the configuration to what it can do ({told})",
        )

    def _put_out(self, deadline: Deadline) -> None:
        for _ in range(TRIES):
            self._switch(deadline, on=False)
            if not self._ask_lit(deadline):
                return
        raise self._fault("the light does not go out", "unplug the panel's power")

    @contextmanager
    def _dark_on_failure(self) -> Iterator[None]:
        try:
            yield
        except DeviceError:
            with suppress(DeviceError):
                self._link.send(self.off_command)
            raise

    def _fault(self, what: str, remedy: str) -> Fault:
        return Fault(self._link.name, what, remedy)


class UnaskedPanel(SerialPanel):
    """A panel that can't be asked how its light stands; `status` tells what was sent last.

    `hello` is a question that it does answer.
    """

    hello: ClassVar[bytes]
    _lit: bool | None = None
    _brightness: int | None = None

    def status(self, timeout_s: float) -> PanelStatus:
        """Make sure that it is there, and tell what it was told last."""
        self._link.ask(self.hello, self._recognise, self._link.deadline(timeout_s))
        return PanelStatus(self._lit, self._brightness, confirmed=False)

    @abstractmethod
    def _recognise(self, frame: bytes) -> None:
        """Take in the answer to `hello`; raise `ValueError` for that of another device."""

    def _greet(self, timeout_s: float) -> None:
        # Somebody else may have had it meanwhile.
        self._lit = self._brightness = None
        self._link.greet(self.hello, self._recognise, timeout_s)

    def _ask_brightness(self, deadline: Deadline) -> int | None:  # noqa: ARG002 because it can't be asked
        return None

    def _ask_lit(self, deadline: Deadline) -> bool | None:  # noqa: ARG002 because it can't be asked
        return None


class SerialFlap(SerialPanel):
    """A light panel in a motorised cover on a serial line.

    `set_brightness` closes it first, since lit means lit before the telescope, and `open_cover`
    puts the light out first; their time-outs have to allow for two runs of `move_limit_s`.
    A moving cover is asked every `poll_s` where it is.
    """

    move_limit_s: ClassVar[float] = 30.0
    poll_s: float = 0.2
    motor_start_s: ClassVar[float] = 2.0
    _has_cover = True

    def set_brightness(self, brightness: int, timeout_s: float) -> None:
        """Close the cover, light it at `brightness`, and read back what can be read back.

        Raises `ValueError` outside its steps.
        """
        self._check(brightness)
        deadline = self._link.deadline(timeout_s)
        with self._dark_on_failure():
            if self.has_cover:
                self._move(CoverState.CLOSED, deadline)
            self._shine(brightness, deadline)

    def open_cover(self, timeout_s: float) -> None:
        """Put the light out, open the cover and follow it to the end."""
        deadline = self._link.deadline(timeout_s)
        with self._dark_on_failure():
            self._need_cover("open it by hand")
            self._put_out(deadline)
            self._move(CoverState.OPEN, deadline)

    def close_cover(self, timeout_s: float) -> None:
        """Close the cover and follow it to the end."""
        with self._dark_on_failure():
            self._need_cover("close it by hand")
            self._move(CoverState.CLOSED, self._link.deadline(timeout_s))

    def cover_state(self, timeout_s: float) -> CoverState:
        """Ask where the cover is; `UNKNOWN` where there is none."""
        return self._read_cover(self._link.deadline(timeout_s))

    @abstractmethod
    def _start_move(self, goal: CoverState, deadline: Deadline) -> None:
        """Start the motor towards `OPEN` or `CLOSED`."""

    @abstractmethod
    def _read_cover(self, deadline: Deadline) -> CoverState:
        """Ask where the cover is."""

    def _ask_until_moved(
        self,
        command: bytes,
        parse: Callable[[bytes], T],
        deadline: Deadline,
        ends: bytes | None = None,
    ) -> T | None:
        """Start a move that is answered when it is over; return the answer, `None` without one."""
        limit_s = min(self.move_limit_s, _SHARE_OF_FIRST_RUN * deadline.left_s)
        # Where the cover is then is asked for anyway.
        with suppress(NoReply, BadReply):
            limit = self._link.deadline(limit_s)
            return self._link.ask(command, parse, limit, ends=ends, reply_s=limit_s, tries=1)
        return None

    def _why_not_there(self, state: CoverState) -> str:
        """Say how a move ended that did not reach its goal."""
        return _COVER_ENDED[state]

    def _move(self, goal: CoverState, deadline: Deadline) -> None:
        state = self._read_cover(deadline)
        for _ in range(_RUNS):
            if state is goal:
                return
            state = self._run_cover(goal, deadline)
            if deadline.over:
                break
        if state is not goal:
            raise self._fault(
                f"the cover is asked to be {goal.value}, but {self._why_not_there(state)}",
                "look for something in its way and at its power supply",
            )

    def _run_cover(self, goal: CoverState, deadline: Deadline) -> CoverState:
        """Start one move, follow it to its end, and return where the cover is then."""
        self._start_move(goal, deadline)
        limit = self._link.deadline(min(self.move_limit_s, _SHARE_FOR_MOVING * deadline.left_s))
        starting = self._link.deadline(self.motor_start_s)
        has_moved = False
        while True:
            self._link.clock.sleep(min(self.poll_s, limit.left_s))
            state = self._read_cover(deadline)
            if state is goal or limit.over:
                return state
            if state is CoverState.MOVING:
                has_moved = True
            elif has_moved or starting.over:
                # At rest elsewhere. Before the motor starts that is where it comes from.
                return state

    def _need_cover(self, remedy: str) -> None:
        if not self.has_cover:
            raise self._fault("this unit has no cover", remedy)


_COVER_ENDED = {
    CoverState.CLOSED: "it stays closed",
    CoverState.OPEN: "it stays open",
    CoverState.MOVING: "it is still moving",
    CoverState.UNKNOWN: "it stopped half-way",
    CoverState.FAILED: "it says that its move timed out",
}
