"""What every light panel on a serial line promises, whatever its family says on the wire.

A family says how its words go: greet, tell a brightness, switch, read back. Here is what follows
from that: everything is verified by reading back where the protocol can, and whatever fails in a
command that lights or moves something, light-off is the last command that is sent.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import ClassVar

from flatctl.devices.deadline import Deadline
from flatctl.devices.protocols import PanelStatus
from flatctl.devices.serial.link import SerialLink
from flatctl.errors import DeviceError, Fault

TRIES = 3

# Of the panels there are, the finest has 4096.
_MOST_STEPS = 65535


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
        return PanelStatus(lit, self._ask_brightness(deadline), confirmed=lit is not None)

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
