"""Every kind of device, and how one is made; a rig is put together from these tables.

A new kind of light panel is three things: a model in `flatctl.settings.panels`, a driver, and a
row in `PANELS`. A new transport is a row in each table whose devices it reaches. The contract
tests walk all of them; a row without a bench fails them.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from typing import Any

from flatctl.devices.alpaca.transport import ALPACA
from flatctl.devices.indi.transport import INDI
from flatctl.devices.lines import line_addresses
from flatctl.devices.protocols import (
    Camera,
    Condition,
    Dome,
    FilterWheel,
    Focuser,
    LightPanel,
    Mount,
    Rotator,
)
from flatctl.devices.transports import Catalogue, Connections, Kind, Role, Transport
from flatctl.settings.models import Settings
from flatctl.settings.panels import (
    PANEL_MODELS,
    AlpacaOptions,
    CoverOptions,
    IndiOptions,
    ManualOptions,
    PanelOptions,
    ScreenOptions,
    SerialOptions,
)

Build = Callable[[Any, Connections], LightPanel]

# Options that are the engine's business, not the driver's.
_FOR_THE_ENGINE = {*PanelOptions.model_fields, *CoverOptions.model_fields}
_SIMULATOR = "simulator, never hardware"

TRANSPORTS: tuple[Transport[Any], ...] = (INDI, ALPACA)


def _rows(*, indi: str = "", alpaca: str = "") -> dict[str, Kind[Any]]:
    """Return a row for each transport, by the module and class in its folder.

    They are loaded when they are needed.
    """
    drivers: dict[Transport[Any], str] = {INDI: indi, ALPACA: alpaca}
    return {each.name: _row(each, driver) for each, driver in drivers.items() if driver}


def _row(transport: Transport[Any], driver: str) -> Kind[Any]:
    module, _, name = driver.partition(".")

    def build(session: object, device: str) -> Any:
        made = import_module(f"flatctl.devices.{transport.name}.{module}")
        return getattr(made, name)(session, device)

    return Kind(transport, build)


CAMERAS = Catalogue[Camera](
    "camera", Role.CAMERA, _rows(indi="camera.IndiCamera", alpaca="camera.AlpacaCamera")
)
WHEELS = Catalogue[FilterWheel](
    "wheel", Role.WHEEL, _rows(indi="wheel.IndiFilterWheel", alpaca="wheel.AlpacaFilterWheel")
)
ROTATORS = Catalogue[Rotator](
    "rotator", Role.ROTATOR, _rows(indi="axis.IndiRotator", alpaca="axis.AlpacaRotator")
)
FOCUSERS = Catalogue[Focuser](
    "focuser", Role.FOCUSER, _rows(indi="axis.IndiFocuser", alpaca="axis.AlpacaFocuser")
)
MOUNTS = Catalogue[Mount](
    "mount", Role.MOUNT, _rows(indi="mount.IndiMount", alpaca="mount.AlpacaMount")
)
DOMES = Catalogue[Dome](
    "dome", Role.DOME, _rows(indi="observatory.IndiDome", alpaca="observatory.AlpacaDome")
)
WEATHERS = Catalogue[Condition](
    "weather",
    Role.WEATHER,
    _rows(indi="observatory.IndiWeather", alpaca="observatory.AlpacaSafetyMonitor"),
)
INDI_PANELS = Catalogue[LightPanel]("panel", Role.PANEL, _rows(indi="panel.IndiPanel"))
ALPACA_PANELS = Catalogue[LightPanel]("panel", Role.PANEL, _rows(alpaca="panel.AlpacaPanel"))
CONDITIONS: tuple[Catalogue[Any], ...] = (MOUNTS, DOMES, WEATHERS)
CATALOGUES: tuple[Catalogue[Any], ...] = (CAMERAS, WHEELS, ROTATORS, FOCUSERS, *CONDITIONS)


@dataclass(frozen=True)
class PanelKind:
    """A row of the catalogue.

    `build` makes a panel from the kind's options without touching hardware. `tried_on` says what
    the driver has met: `hardware`, `simulator, never hardware`, a browser's name, or `needs
    none` for a light without a wire. `reads_back`: it can be asked how it stands; else its status
    is unconfirmed. `reached` is the catalogue of its `device`, where it has one.
    """

    kind: str
    title: str
    build: Build
    tried_on: str
    reads_back: bool = True
    reached: Catalogue[LightPanel] | None = None

    @property
    def options(self) -> type[PanelOptions]:
        """The model of the kind's configuration."""
        return PANEL_MODELS[self.kind]

    @property
    def status(self) -> str:
        """How far its status can be trusted, in a word or two."""
        return "read back" if self.reads_back else "unconfirmed"

    def transport(self, settings: Settings) -> Transport[Any] | None:
        """Return the transport of the configured `device`, `None` for a panel without one.

        Raises `ConfigError` for one of another scheme.
        """
        options: Any = settings.panel
        return self.reached.transport(settings, options.device) if self.reached else None

    def about(self, settings: Settings, connections: Connections) -> str:
        """Say what else is to be known of the configured panel; see `Transport.about`."""
        options: Any = settings.panel
        return self.reached.about(connections, options.device) if self.reached else ""

    def addresses(self, settings: Settings) -> tuple[str, ...]:
        """Return what identifies the configured panel, to claim it; nothing where nothing does."""
        options: Any = settings.panel
        if (transport := self.transport(settings)) is not None:
            return transport.addresses(settings, options.device)
        return line_addresses(options.port) if isinstance(options, SerialOptions) else ()


def _serial(
    kind: str, title: str, driver: str, *, reads_back: bool = True, **preset: str
) -> PanelKind:
    """Return the row of a driver in `flatctl.devices.serial`; its arguments are its options.

    `preset` are arguments that are no options. Drivers are loaded when they are needed: the command
    line starts sooner.
    """
    module, _, name = driver.partition(".")

    def build(options: PanelOptions, _connections: Connections) -> LightPanel:
        made = getattr(import_module(f"flatctl.devices.serial.{module}"), name)
        panel: LightPanel = made(**preset, **options.model_dump(exclude=_FOR_THE_ENGINE))
        return panel

    return PanelKind(kind, title, build, _SIMULATOR, reads_back)


def _indi_panel(options: IndiOptions, connections: Connections) -> LightPanel:
    return INDI_PANELS.build(connections, options.device)


def _alpaca_panel(options: AlpacaOptions, connections: Connections) -> LightPanel:
    return ALPACA_PANELS.build(connections, options.device)


def _manual(_options: ManualOptions, connections: Connections) -> LightPanel:
    from flatctl.devices.manual import ManualPanel

    return ManualPanel(connections.ask)


def _screen(options: ScreenOptions, connections: Connections) -> LightPanel:
    from flatctl.devices.screen.panel import ScreenPanel

    host, _, port = options.listen.rpartition(":")
    within = f" within {options.wait_s:g} s" if options.wait_s else ""

    def announce(address: str) -> None:
        connections.say(f"Open on the screen{within}, full screen: {address}")
        connections.show_link(address)

    return ScreenPanel(
        (host.strip("[]"), int(port)),
        tint=options.tint,
        token=options.token,
        wait_s=options.wait_s,
        announce=announce,
    )


PANELS: dict[str, PanelKind] = {
    row.kind: row
    for row in (
        _serial(
            "alnitak", "Alnitak Flat-Man, Flip-Flat, Remote Dust Cover", "alnitak.AlnitakPanel"
        ),
        _serial(
            "alnitak-arduino",
            "Arduino boxes that speak as Alnitak's panels do",
            "alnitak.AlnitakPanel",
            make="Alnitak-Arduino",
        ),
        _serial("artesky", "Artesky USB flat box", "alnitak.AlnitakPanel", make="Artesky"),
        _serial(
            "geoptik", "Geoptik flat field generator", "geoptik.GeoptikPanel", reads_back=False
        ),
        _serial("deepskydad", "Deep Sky Dad FP1 and FP2", "deepskydad.DeepSkyDadPanel"),
        _serial(
            "flatmaster",
            "Pegasus FlatMaster, first model",
            "flatmaster.FlatMasterPanel",
            reads_back=False,
        ),
        _serial(
            "flatmaster-wifi",
            "Pegasus FlatMaster WiFi on USB",
            "flatmaster_wifi.FlatMasterWifiPanel",
        ),
        _serial("flatmaster-neo", "Pegasus FlatMaster Neo", "flatmaster_wifi.FlatMasterNeoPanel"),
        _serial("snapcap", "SnapCap", "snapcap.SnapCapPanel"),
        _serial(
            "wanderer-v3", "Wanderer Cover V3", "wanderer_v3.WandererV3Panel", reads_back=False
        ),
        _serial("wanderer-v4", "Wanderer Cover V4-EC and V4 Pro-EC", "wanderer_v4.WandererV4Panel"),
        _serial("darklight", "DarkLight Cover/Calibrator", "darklight.DarkLightPanel"),
        _serial("darkskygeek", "DarkSkyGeek wireless flat panel", "darkskygeek.DarkSkyGeekPanel"),
        _serial("excalibur", "RBF Excalibur", "excalibur.ExcaliburPanel"),
        _serial("gemini", "Gemini flat panels Rev1, Rev2, Lite and Pro", "gemini.GeminiPanel"),
        _serial("giotto", "PrimaLuceLab GIOTTO, alone or on an ALTO", "giotto.GiottoPanel"),
        PanelKind(
            "indi", "Any light box behind INDI", _indi_panel, _SIMULATOR, reached=INDI_PANELS
        ),
        PanelKind(
            "alpaca",
            "Any cover calibrator behind ASCOM Alpaca",
            _alpaca_panel,
            _SIMULATOR,
            reached=ALPACA_PANELS,
        ),
        PanelKind("screen", "Any laptop, tablet or phone", _screen, "Chromium"),
        PanelKind("manual", "A fixed light", _manual, "needs none", reads_back=False),
    )
}
