"""Every kind of light panel, and how one is made from its options.

A new kind is three things: a model in `flatctl.settings.panels`, a driver, and a row here. The
contract tests walk this table; a kind without a simulator or a model fails them.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING, Any

from flatctl.settings.panels import (
    PANEL_MODELS,
    CoverOptions,
    IndiOptions,
    ManualOptions,
    PanelOptions,
    ScreenOptions,
)

if TYPE_CHECKING:
    from flatctl.devices.indi.client import IndiClient
    from flatctl.devices.protocols import LightPanel

Build = Callable[[Any, "IndiClient"], "LightPanel"]

# Options that are the engine's business, not the driver's.
_FOR_THE_ENGINE = {*PanelOptions.model_fields, *CoverOptions.model_fields}


@dataclass(frozen=True)
class PanelKind:
    """A row of the catalogue.

    `build` makes a panel from the kind's options without touching hardware; the INDI client is
    only used by panels behind INDI. `tried_on` says what the driver has met: `hardware`,
    `simulator, never hardware`, a browser's name, or `nothing to try` for a light without a wire.
    `reads_back`: it can be asked how it stands; else its status is unconfirmed.
    """

    kind: str
    title: str
    build: Build
    tried_on: str
    reads_back: bool = True

    @property
    def options(self) -> type[PanelOptions]:
        """The model of the kind's configuration."""
        return PANEL_MODELS[self.kind]

    @property
    def status(self) -> str:
        """How far its status can be trusted, in a word or two."""
        return "read back" if self.reads_back else "unconfirmed"


def _serial(module: str, driver: str, **preset: str) -> Build:
    """Return what builds a driver of `flatctl.devices.serial`; its arguments are its options.

    `preset` are arguments that are no options. Drivers are loaded when they are needed: the command
    line starts sooner.
    """

    def build(options: PanelOptions, _client: IndiClient) -> LightPanel:
        made = getattr(import_module(f"flatctl.devices.serial.{module}"), driver)
        panel: LightPanel = made(**preset, **options.model_dump(exclude=_FOR_THE_ENGINE))
        return panel

    return build


def _indi(options: IndiOptions, client: IndiClient) -> LightPanel:
    from flatctl.devices.indi.panel import IndiPanel

    return IndiPanel(client, options.device)


def _manual(_options: ManualOptions, _client: IndiClient) -> LightPanel:
    from flatctl.devices.manual import ManualPanel

    return ManualPanel()


def _screen(options: ScreenOptions, _client: IndiClient) -> LightPanel:
    from flatctl.devices.screen.panel import ScreenPanel

    host, _, port = options.listen.rpartition(":")
    return ScreenPanel(
        (host.strip("[]"), int(port)),
        tint=options.tint,
        token=options.token,
        wait_s=options.wait_s,
        announce=lambda address: print(
            f"Open on the screen, full screen: {address}", file=sys.stderr, flush=True
        ),
    )


_SIMULATOR = "simulator, never hardware"

PANELS: dict[str, PanelKind] = {
    row.kind: row
    for row in (
        PanelKind(
            "alnitak",
            "Alnitak Flat-Man, Flip-Flat, Remote Dust Cover",
            _serial("alnitak", "AlnitakPanel"),
            _SIMULATOR,
        ),
        PanelKind(
            "alnitak-arduino",
            "Arduino boxes that speak as Alnitak's panels do",
            _serial("alnitak", "AlnitakPanel", make="Alnitak-Arduino"),
            _SIMULATOR,
        ),
        PanelKind(
            "artesky",
            "Artesky USB flat box",
            _serial("alnitak", "AlnitakPanel", make="Artesky"),
            _SIMULATOR,
        ),
        PanelKind(
            "geoptik",
            "Geoptik flat field generator",
            _serial("geoptik", "GeoptikPanel"),
            _SIMULATOR,
            reads_back=False,
        ),
        PanelKind(
            "deepskydad",
            "Deep Sky Dad FP1 and FP2",
            _serial("deepskydad", "DeepSkyDadPanel"),
            _SIMULATOR,
        ),
        PanelKind(
            "flatmaster",
            "Pegasus FlatMaster, first model",
            _serial("flatmaster", "FlatMasterPanel"),
            _SIMULATOR,
            reads_back=False,
        ),
        PanelKind(
            "flatmaster-wifi",
            "Pegasus FlatMaster WiFi on USB",
            _serial("flatmaster_wifi", "FlatMasterWifiPanel"),
            _SIMULATOR,
        ),
        PanelKind(
            "flatmaster-neo",
            "Pegasus FlatMaster Neo",
            _serial("flatmaster_wifi", "FlatMasterNeoPanel"),
            _SIMULATOR,
        ),
        PanelKind(
            "snapcap",
            "SnapCap",
            _serial("snapcap", "SnapCapPanel"),
            _SIMULATOR,
        ),
        PanelKind(
            "wanderer-v3",
            "Wanderer Cover V3",
            _serial("wanderer_v3", "WandererV3Panel"),
            _SIMULATOR,
            reads_back=False,
        ),
        PanelKind(
            "wanderer-v4",
            "Wanderer Cover V4-EC and V4 Pro-EC",
            _serial("wanderer_v4", "WandererV4Panel"),
            _SIMULATOR,
        ),
        PanelKind(
            "darklight",
            "DarkLight Cover/Calibrator",
            _serial("darklight", "DarkLightPanel"),
            _SIMULATOR,
        ),
        PanelKind(
            "darkskygeek",
            "DarkSkyGeek wireless flat panel",
            _serial("darkskygeek", "DarkSkyGeekPanel"),
            _SIMULATOR,
        ),
        PanelKind(
            "excalibur",
            "RBF Excalibur",
            _serial("excalibur", "ExcaliburPanel"),
            _SIMULATOR,
        ),
        PanelKind(
            "gemini",
            "Gemini flat panels Rev1, Rev2, Lite and Pro",
            _serial("gemini", "GeminiPanel"),
            _SIMULATOR,
        ),
        PanelKind(
            "giotto",
            "PrimaLuceLab GIOTTO, alone or on an ALTO",
            _serial("giotto", "GiottoPanel"),
            _SIMULATOR,
        ),
        PanelKind("indi", "Any light box behind INDI", _indi, _SIMULATOR),
        PanelKind("screen", "Any laptop, tablet or phone", _screen, "Chromium"),
        PanelKind("manual", "A fixed light", _manual, "nothing to try", reads_back=False),
    )
}
