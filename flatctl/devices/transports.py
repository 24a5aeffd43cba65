"""Ways to reach devices, INDI being one, and what a rig's devices are over each of them.

A new transport is a `Transport`, and a row in each catalogue of `flatctl.devices.catalog` whose
devices it reaches. A device is told by the `device` of its table: a URL's scheme names the
transport, a plain name is INDI's.
"""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable
from contextlib import ExitStack, closing
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any, ClassVar, Generic, Protocol, Self, TypeVar

from flatctl.devices.log import logging_to
from flatctl.errors import ConfigError, DeviceError

if TYPE_CHECKING:
    from flatctl.settings.models import Settings

PLAIN = "indi"
"""The transport of a `device` without a scheme."""

# What names of guide cameras and their drivers have in common.
_GUIDES = re.compile(r"guid(e|er|ing)|(^|[^a-z])oag([^a-z]|$)", re.IGNORECASE)
_USER = re.compile(r"(?<=//)[^/]*(?=@)")


class Session(Protocol):
    """What the devices of a transport share, such as a connection to a server."""

    def close(self) -> None:
        """End it; devices stay as they are."""


S = TypeVar("S", bound=Session)
D = TypeVar("D")


class Role(StrEnum):
    """What a device can be in a rig."""

    CAMERA = "camera"
    WHEEL = "filter wheel"
    PANEL = "light panel"
    COVER = "dust cover"
    ROTATOR = "rotator"
    FOCUSER = "focuser"
    MOUNT = "mount"
    DOME = "dome"
    WEATHER = "weather station"


@dataclass(frozen=True)
class FoundDevice:
    """A device that was found: its transport, what to write as `device`, what it is good for.

    `title` is what it calls itself, where that is something else than its name, and `unique_id`
    what it is called by whoever moves it to another place. Of a camera: whether it `guides`, as its
    name says, whether it is `cooled`, its sensor (pixels across and down) and its pixels, as far as
    they are known; of a camera or a mount the focal length of the telescope.
    """

    transport: str
    name: str
    connected: bool
    roles: tuple[Role, ...]
    guides: bool = False
    cooled: bool = False
    sensor_px: tuple[int, int] | None = None
    pixel_um: tuple[float, float] | None = None
    focal_mm: float | None = None
    title: str = ""
    unique_id: str = ""


def guides_by_name(name: str) -> bool:
    """Say whether a camera of that name, or its driver's, is one that guides."""
    return _GUIDES.search(name) is not None


def by_likelihood(found: Iterable[FoundDevice], role: Role) -> list[FoundDevice]:
    """Return the devices of a role, that first which a rig of an imaging camera most likely means.

    A guide camera comes after one that is none, a cooled camera before others, a large sensor
    before a small one where both are known; of other devices that first which is nothing else, and
    no part of a camera.
    """
    fitting = [one for one in found if role in one.roles]
    if role is not Role.CAMERA:
        inside = Role.CAMERA
        return sorted(fitting, key=lambda one: (inside in one.roles, one.guides, len(one.roles)))
    known = all(one.sensor_px for one in fitting)

    def place(one: FoundDevice) -> tuple[bool, bool, int]:
        across, down = one.sensor_px or (0, 0)
        return one.guides, not one.cooled, -across * down if known else 0

    return sorted(fitting, key=place)


@dataclass(frozen=True)
class Presence:
    """That a configured device is there, in words.

    Of a wheel its slots, of a camera its sensor (pixels across and down) and how much of the sky
    that sees, in degrees, where they are known. What is not `connected` a run connects.
    """

    text: str
    slots: tuple[str, ...] | None = None
    sensor_px: tuple[int, int] | None = None
    field_deg: tuple[float, float] | None = None
    connected: bool = True


@dataclass(frozen=True)
class Where:
    """Where to look for devices, as the command line has it: an INDI server, Alpaca servers."""

    host: str
    port: int
    alpaca: tuple[tuple[str, int], ...] = ()


class Transport(ABC, Generic[S]):
    """One way to reach devices.

    `name` is the scheme of its URLs, `title` what users call it, `form` how it wants a `device`
    written. `server` is what `flatctl check` calls that which serves all its devices, empty where
    each is reached by itself.
    """

    name: ClassVar[str]
    title: ClassVar[str]
    form: ClassVar[str]
    server: ClassVar[str] = ""

    def form_in(self, table: str) -> str:  # noqa: ARG002 because others do
        """Return how the `device` of a table is written."""
        return self.form

    @abstractmethod
    def connect(self, settings: Settings, say: Callable[[str], None]) -> S:
        """Make what its devices share; touches nothing. `say` gets remarks for the user."""

    @abstractmethod
    def addresses(self, settings: Settings, device: str) -> tuple[str, ...]:
        """Return what identifies the hardware, to claim it.

        Two spellings of one device have an address in common, two devices none.
        """

    def named(self, device: str) -> str:
        """Return what a configured `device` is called by what it says of itself."""
        return device

    def is_changed(self, settings: Settings, device: str) -> bool:  # noqa: ARG002 because others do
        """Say whether a process that was killed has left a device changed; asks nobody."""
        return False

    @abstractmethod
    def open_s(self, settings: Settings) -> float:
        """Return the seconds granted to a device to appear and connect."""

    def greet(self, session: S, settings: Settings) -> None:
        """Reach the server, for a moment at most. Raises `DeviceError` where nobody answers."""

    @abstractmethod
    def survey(self, session: S, settings: Settings) -> str:
        """Reach the `server` and say what it has; other transports are never asked."""

    @abstractmethod
    def check(self, session: S, device: str, role: Role, table: str) -> Presence:
        """Look for a device of the table, after `survey`; nothing is connected.

        Raises `DeviceError` where it is not there.
        """

    def about(self, session: S, device: str) -> str:  # noqa: ARG002 because others do
        """Say what else is to be known of a device that is there; empty for nothing."""
        return ""

    @abstractmethod
    def discover(
        self, where: Where, timeout_s: float, tell: Callable[[DeviceError], None]
    ) -> list[FoundDevice]:
        """Return the devices there are; `tell` hears of each place where nobody can be asked."""


class Connections(ExitStack):
    """The shared sessions of a rig, each made once the first device needs it.

    `say` tells the user something; `ask` tells what only a person can do, and returns whether that
    person said that it is done. `show_link` draws an address to be opened on another device.
    """

    def __init__(
        self,
        settings: Settings,
        say: Callable[[str], None],
        ask: Callable[[str], bool] = lambda _wish: False,
        show_link: Callable[[str], None] = lambda _address: None,
    ) -> None:
        super().__init__()
        self.settings = settings
        self.say = say
        self.ask = ask
        self.show_link = show_link
        self._sessions: dict[str, Any] = {}

    def __enter__(self) -> Self:
        self.enter_context(logging_to(self.settings.output.log, self.say))
        return self

    def of(self, transport: Transport[S]) -> S:
        """Return the session of a transport."""
        if transport.name not in self._sessions:
            made = transport.connect(self.settings, self.say)
            self._sessions[transport.name] = self.enter_context(closing(made))
        session: S = self._sessions[transport.name]
        return session


@dataclass(frozen=True)
class Kind(Generic[D]):
    """A row of a catalogue: `build` makes a device from session and `device`, touching nothing."""

    transport: Transport[Any]
    build: Callable[[Any, str], D]


@dataclass(frozen=True)
class Catalogue(Generic[D]):
    """How a role of a rig is taken, by transport; its table in the configuration is `table`."""

    table: str
    role: Role
    rows: dict[str, Kind[D]]

    def row(self, settings: Settings, device: str) -> Kind[D]:
        """Return the row of a configured `device`, by its scheme.

        Raises `ConfigError` where no transport of that name has such devices.
        """
        scheme, url, _ = device.partition("://")
        name = scheme.casefold() if url else PLAIN
        if name in self.rows:
            return self.rows[name]
        allowed = " or ".join(row.transport.form_in(self.table) for row in self.rows.values())
        key = f"{settings.source or 'configuration'}: {self.table}.device"
        shown = _USER.sub("***", device)
        raise ConfigError(f'{key} = "{shown}": unknown scheme {scheme}://; allowed: {allowed}')

    def device_in(self, settings: Settings) -> str | None:
        """Return the configured `device`, `None` where there is no such table."""
        table = getattr(settings, self.table)
        device: str | None = table.device if table is not None else None
        return device

    def transport(self, settings: Settings, device: str) -> Transport[Any]:
        """Return how a configured `device` is reached."""
        return self.row(settings, device).transport

    def build(self, connections: Connections, device: str) -> D:
        """Make a device; touches nothing."""
        row = self.row(connections.settings, device)
        return row.build(connections.of(row.transport), device)

    def check(self, connections: Connections, device: str) -> Presence:
        """Look for a device where it should be; see `Transport.check`."""
        transport = self.transport(connections.settings, device)
        return transport.check(connections.of(transport), device, self.role, self.table)

    def about(self, connections: Connections, device: str) -> str:
        """Say what else is to be known of a device; see `Transport.about`."""
        transport = self.transport(connections.settings, device)
        return transport.about(connections.of(transport), device)
