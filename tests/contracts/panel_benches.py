"""A place to try each kind of panel: the driver as the catalogue builds it, and what it drives.

Every kind of the catalogue needs a row in `BENCHES`; `--device` replaces them all by one panel of
real hardware.
"""

from __future__ import annotations

import contextlib
import tomllib
import urllib.parse
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import ClassVar

from indi_served import indi_served

from flatctl.devices.catalog import PANELS
from flatctl.devices.indi.client import IndiClient
from flatctl.devices.protocols import LightPanel
from flatctl.errors import DeviceError
from hardware_sims import lightbox
from hardware_sims.fakes import FakeRig
from hardware_sims.light import Light
from hardware_sims.lightbox import SimLightBox
from hardware_sims.scenarios import scenario
from hardware_sims.serial_panels.alnitak import AlnitakTraits, SimulatedAlnitak
from hardware_sims.serial_panels.server import PtyServer, SimulatedPanel
from hardware_sims.world import World


@dataclass
class Bench:
    """A panel to try.

    `light` is what it really shines, `None` where nobody can see that; `wire` the serial line to
    it and `off` the bytes of its light-off command, where there are such. `limit_s` is granted to
    every call.
    """

    kind: str
    build: Callable[[], LightPanel]
    limit_s: float = 10.0
    light: Light | None = None
    wire: PtyServer | None = None
    off: bytes = b""
    built: list[LightPanel] = field(default_factory=list)

    def panel(self) -> LightPanel:
        """Build a panel, not opened; it is closed when the test is over."""
        self.built.append(self.build())
        return self.built[-1]

    def opened(self) -> LightPanel:
        """Build a panel and open it."""
        panel = self.panel()
        panel.open(self.limit_s)
        return panel

    def clear(self) -> None:
        """Close every panel that was built; on real hardware put out the light first."""
        for panel in self.built:
            if self.light is None:
                with contextlib.suppress(DeviceError):
                    panel.open(self.limit_s)
                    panel.light_off(self.limit_s)
            panel.close()


def build(kind: str, options: Mapping[str, object], client: IndiClient | None = None) -> LightPanel:
    """Build a panel as the program does, from the catalogue and checked options."""
    row = PANELS[kind]
    checked = row.options.model_validate({"kind": kind, **options})
    return row.build(checked, client or IndiClient("localhost", 7624))


@dataclass(frozen=True)
class SerialFamily:
    """A family on a serial line: a simulator, the driver's options, its light-off command.

    `covered`: it has a cover; `flips`: the light sits in the cover and needs it closed.
    """

    simulate: Callable[[Light], SimulatedPanel]
    off: bytes
    steps: int = 255
    covered: bool = False
    flips: bool = False
    options: Mapping[str, object] = field(default_factory=dict)
    visible: ClassVar[bool] = True
    wired: ClassVar[bool] = True

    @contextmanager
    def bench(self, kind: str, folder: Path) -> Iterator[Bench]:
        """Serve the simulator on a pseudo-terminal."""
        light = Light(self.steps)
        with PtyServer(self.simulate(light), link=folder / "panel") as wire:
            options = {"port": wire.path, "boot_delay_s": 0.0, **self.options}
            yield Bench(kind, lambda: build(kind, options), light=light, wire=wire, off=self.off)


@dataclass(frozen=True)
class Wireless:
    """A kind without a wire: nothing can be seen of it."""

    covered: ClassVar[bool] = False
    flips: ClassVar[bool] = False
    visible: ClassVar[bool] = False
    wired: ClassVar[bool] = False

    @contextmanager
    def bench(self, kind: str, folder: Path) -> Iterator[Bench]:
        """Build it from nothing."""
        yield Bench(kind, lambda: build(kind, {}))


def alnitak(product: int, **traits: object) -> Callable[[Light], SimulatedPanel]:
    """Return what makes a simulated unit of that product with a quick motor."""
    return lambda light: SimulatedAlnitak(
        light, AlnitakTraits(product=product, motor_s=0.3, **traits)
    )


@dataclass(frozen=True)
class BehindIndi:
    """A simulated light box on a simulated INDI server."""

    covered: ClassVar[bool] = True
    flips: ClassVar[bool] = True
    visible: ClassVar[bool] = True
    wired: ClassVar[bool] = False

    @contextmanager
    def bench(self, kind: str, folder: Path) -> Iterator[Bench]:
        """Serve it on a TCP port of its own."""
        light = Light(255)
        world = World(scenario("mono"), light=light)
        with (
            indi_served(lambda: [SimLightBox(world)]) as port,
            IndiClient("127.0.0.1", port) as client,
        ):
            yield Bench(kind, lambda: build(kind, {"device": lightbox.NAME}, client), light=light)


@dataclass(frozen=True)
class InProcess:
    """The stand-in that the tests of the engine use: it has to behave like the real ones."""

    covered: ClassVar[bool] = True
    flips: ClassVar[bool] = False
    visible: ClassVar[bool] = True
    wired: ClassVar[bool] = False

    @contextmanager
    def bench(self, kind: str, folder: Path) -> Iterator[Bench]:
        """Make a rig on a virtual clock."""
        rig = FakeRig()
        yield Bench(kind, lambda: rig.panel, light=rig.world.light)


BENCHES: dict[str, dict[str, SerialFamily | Wireless | BehindIndi]] = {
    "alnitak": {
        "flat-man": SerialFamily(alnitak(19), off=b">D000\r"),
        "flat-man-xl": SerialFamily(alnitak(10), off=b">D000\r"),
        "flip-flat": SerialFamily(alnitak(99), off=b">D000\r", covered=True, flips=True),
        "cr-lf": SerialFamily(alnitak(19, ending=b"\r\n"), off=b">D000\r"),
        "letter-o": SerialFamily(
            alnitak(15, filler=b"OOO", terminators=b"\n"),
            off=b">DOOO\n",
            options={"filler": "OOO", "terminator": "lf"},
        ),
    },
    "indi": {"light-box": BehindIndi()},
    "manual": {"fixed": Wireless()},
}
DOUBLES = {"fake": {"in-process": InProcess()}}


def names_of(fixtures: Collection[str]) -> list[str]:
    """Return the benches, as `kind model`, on which a test that uses these fixtures makes sense.

    Faults of the line are tried on one model of each kind.
    """
    found = []
    for kind, models in (BENCHES | DOUBLES).items():
        fitting = [
            f"{kind} {model}"
            for model, family in models.items()
            if (family.visible or "light" not in fixtures)
            and (family.covered or "cover" not in fixtures)
            and (family.flips or "flip_cover" not in fixtures)
            and (family.wired or "wire" not in fixtures)
        ]
        found += fitting[:1] if "wire" in fixtures else fitting
    return found


def on_hardware(device: str) -> Bench:
    """Return a bench for `KIND:PORT` with options as in a query, each a TOML value or a text.

    `alnitak:/dev/ttyUSB0?filler=OOO&boot_delay_s=3.0`, `alnitak:socket://host:4000`.
    """
    kind, _, rest = device.partition(":")
    port, _, query = rest.partition("?")
    options = {name: _toml(text) for name, text in urllib.parse.parse_qsl(query)}
    if "port" in PANELS[kind].options.model_fields:
        options["port"] = port
    return Bench(kind, lambda: build(kind, options), limit_s=90.0)


def _toml(text: str) -> object:
    try:
        return tomllib.loads(f"value = {text}")["value"]
    except tomllib.TOMLDecodeError:
        return text
