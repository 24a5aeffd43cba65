"""What all simulated Alpaca devices have in common: members, refusals, and being connected.

Members, error numbers and interface versions are those of the ASCOM Alpaca API Reference,
version 12, and of ASCOM's Master Interfaces.
"""

import threading
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

from hardware_sims.alpaca.habits import AlpacaHabits
from hardware_sims.world import World

NOT_IMPLEMENTED = 0x400
INVALID_VALUE = 0x401
NOT_CONNECTED = 0x407
PARKED = 0x408
INVALID_OPERATION = 0x40B
ACTION_NOT_IMPLEMENTED = 0x40C
DRIVER_ERROR = 0x500


class Refusal(Exception):
    """The device refuses: HTTP 200, and an ErrorNumber."""

    def __init__(self, number: int, message: str) -> None:
        super().__init__(message)
        self.number = number


class NotUnderstood(Exception):
    """The request makes no sense to the server: HTTP 400, and plain text."""


def whole(text: str) -> int:
    """Read a whole number."""
    return int(text, 10)


def truth(text: str) -> bool:
    """Read `true` or `false`, in any case."""
    return {"true": True, "false": False}[text.strip().lower()]


@dataclass(frozen=True)
class Member:
    """What is done where a member is asked or ordered.

    `keys` are its parameters and how they are read. It is `always` answered, or only a client who
    is connected is; the id of the client comes first `by_client`.
    """

    act: Callable[..., object]
    keys: Mapping[str, Callable[[str], object]] = field(default_factory=dict)
    always: bool = False
    by_client: bool = False

    def arguments(self, values: Mapping[str, str], *, exact: bool) -> list[object]:
        """Return the parameters of a request; their names count in every letter if `exact`.

        Raises `NotUnderstood`.
        """
        given = values if exact else {key.lower(): value for key, value in values.items()}
        found = []
        for key, read in self.keys.items():
            text = given.get(key if exact else key.lower())
            if text is None:
                raise NotUnderstood(f"parameter {key} is missing")
            try:
                found.append(read(text))
            except (ValueError, KeyError):
                raise NotUnderstood(f"parameter {key} can't be {text!r}") from None
        return found


class Timers:
    """What will happen later; all of it is off once they are stopped."""

    def __init__(self) -> None:
        self._running: set[threading.Timer] = set()
        self._lock = threading.Lock()

    def later(self, seconds: float, act: Callable[[], None]) -> Callable[[], None]:
        """Do it after a while (at once, after none); return what calls it off."""
        if seconds <= 0:
            act()
            return lambda: None

        def strike() -> None:
            with self._lock:
                self._running.discard(timer)
            act()

        timer = threading.Timer(seconds, strike)
        timer.daemon = True
        with self._lock:
            self._running.add(timer)
        timer.start()
        return timer.cancel

    def stop(self) -> None:
        """Call all of it off."""
        with self._lock:
            for timer in self._running:
                timer.cancel()
            self._running.clear()


@dataclass(frozen=True)
class Stage:
    """What the devices of one server share; `closing` is set when it goes."""

    world: World
    habits: AlpacaHabits
    timers: Timers = field(default_factory=Timers)
    closing: threading.Event = field(default_factory=threading.Event)

    @property
    def now(self) -> Callable[[], float]:
        """The world's clock."""
        return self.world.now


class Connected:
    """Which clients are connected to a device: all of them, or each by itself."""

    def __init__(self, stage: Stage, *, at_first: bool) -> None:
        self._habits, self._now, self._all = stage.habits, stage.now, at_first
        self._since_s: dict[int, float] = {}
        self._there_s = 0.0

    def has(self, client: int) -> bool:
        """Return whether that client is connected; each question is a sign of life."""
        if self._all or not self._habits.per_client:
            return self._all and not self.under_way
        heard_s = self._since_s.get(client)
        longest_s = self._habits.idle_drop_s
        if heard_s is None or (longest_s is not None and self._now() - heard_s > longest_s):
            self._since_s.pop(client, None)
            return False
        self._since_s[client] = self._now()
        return True

    def begin(self, client: int, wanted: bool) -> None:
        """Begin to connect or to disconnect."""
        if self._habits.per_client and not self._all:
            if wanted:
                self._since_s[client] = self._now()
            else:
                self._since_s.pop(client, None)
            return
        if wanted and not self._all:
            self._there_s = self._now() + self._habits.connects_s
        self._all = wanted

    @property
    def under_way(self) -> bool:
        """Whether it is still being connected."""
        return self._now() < self._there_s


class Device:
    """An Alpaca device: what may be asked of it (`gets`) and ordered (`puts`), by member.

    `kind` is its device type, `versions` its InterfaceVersion on Platform 6 and 7.
    """

    kind = ""
    versions = (1, 1)

    def __init__(self, stage: Stage, name: str, *, connected: bool = False) -> None:
        self.stage, self.name = stage, name
        self.connected = Connected(stage, at_first=connected)
        self.gets: dict[str, Member] = {}
        self.puts: dict[str, Member] = {}
        about = {
            "name": name,
            "description": f"{name} of flatctl's simulated rig",
            "driverinfo": "hardware_sims",
            "driverversion": "1.0",
            "interfaceversion": self.versions[0 if stage.habits.platform == 6 else 1],
            "supportedactions": [],
        }
        self.tell_always(**about)
        self.gets["connected"] = Member(self.connected.has, always=True, by_client=True)
        self.puts["connected"] = Member(
            self._connect_and_wait, {"Connected": truth}, always=True, by_client=True
        )
        self.take("action", self._no_action, Action=str, Parameters=str)
        if stage.habits.platform == 7:
            self.tell_always(connecting=lambda: self.connected.under_way)
            self.tell(devicestate=self._state)
            for member, wanted in (("connect", True), ("disconnect", False)):
                self.puts[member] = Member(
                    lambda client, wanted=wanted: self.connected.begin(client, wanted),
                    always=True,
                    by_client=True,
                )

    def tell(self, **members: object) -> None:
        """Let members be read: as values that stay, or as functions that are called."""
        self.gets |= {member: Member(_giving(value)) for member, value in members.items()}

    def tell_always(self, **members: object) -> None:
        """Let members be read by clients who aren't connected, too."""
        for member, value in members.items():
            self.gets[member] = Member(_giving(value), always=True)

    def lack(self, *members: str, orders: Iterable[str] = ()) -> None:
        """Answer that these members, asked or ordered, are not implemented."""
        for member in members:
            self.gets[member] = Member(_lacking(member))
        for member in orders:
            self.puts[member] = Member(_lacking(member))

    def take(
        self, member: str, act: Callable[..., object], **keys: Callable[[str], object]
    ) -> None:
        """Let an order be given, with these parameters, as the API spells them."""
        self.puts[member] = Member(act, keys)

    def answer(self, method: str, member: str, values: Mapping[str, str], client: int) -> object:
        """Return what the device says. Raises `Refusal`, or `NotUnderstood`."""
        found = (self.gets if method == "GET" else self.puts).get(member)
        if found is None:
            raise NotUnderstood(f"{method} {member}: a {self.kind} has no such member")
        arguments = found.arguments(values, exact=method == "PUT")
        if not found.always and not self.connected.has(client):
            raise Refusal(NOT_CONNECTED, f"{self.name} is not connected")
        return found.act(client, *arguments) if found.by_client else found.act(*arguments)

    def stop(self) -> None:
        """Stop what is under way, without a word: the server goes."""

    def _connect_and_wait(self, client: int, wanted: bool) -> None:
        self.connected.begin(client, wanted)
        while self.connected.under_way and not self.stage.closing.wait(0.01):
            pass

    def _state(self) -> list[dict[str, object]]:
        return []

    def _no_action(self, action: str, _parameters: str) -> None:
        raise Refusal(ACTION_NOT_IMPLEMENTED, f"no action {action}")


def nothing() -> None:
    """Call off what was never begun."""


def _giving(value: object) -> Callable[[], object]:
    return value if callable(value) else lambda: value


def _lacking(member: str) -> Callable[..., object]:
    def refuse(*_: object) -> None:
        raise Refusal(NOT_IMPLEMENTED, f"{member} is not implemented")

    return refuse


def must_lie_within(what: str, value: float, low: float, high: float) -> None:
    """Refuse a value beyond its limits."""
    if not low <= value <= high:
        raise Refusal(INVALID_VALUE, f"{what} {value:g} is outside {low:g} to {high:g}")
