"""The `[panel]` table: one model per kind of panel, one file per family, told apart by `kind`."""

from typing import Annotated

from pydantic import Field

from flatctl.settings.panels.alnitak import (
    AlnitakArduinoOptions,
    AlnitakOptions,
    ArteskyOptions,
    GeoptikOptions,
)
from flatctl.settings.panels.darklight import DarkLightOptions
from flatctl.settings.panels.darkskygeek import DarkSkyGeekOptions
from flatctl.settings.panels.deepskydad import DeepSkyDadOptions
from flatctl.settings.panels.excalibur import ExcaliburOptions
from flatctl.settings.panels.flatmaster import (
    FlatMasterNeoOptions,
    FlatMasterOptions,
    FlatMasterWifiOptions,
)
from flatctl.settings.panels.gemini import GeminiOptions
from flatctl.settings.panels.giotto import GiottoOptions
from flatctl.settings.panels.indi import IndiOptions
from flatctl.settings.panels.manual import ManualOptions
from flatctl.settings.panels.screen import ScreenOptions
from flatctl.settings.panels.snapcap import SnapCapOptions
from flatctl.settings.panels.wanderer import WandererV3Options, WandererV4Options

PanelSettings = Annotated[
    AlnitakOptions  # one line for each family
    | AlnitakArduinoOptions
    | ArteskyOptions
    | GeoptikOptions
    | DeepSkyDadOptions
    | FlatMasterOptions
    | FlatMasterWifiOptions
    | FlatMasterNeoOptions
    | SnapCapOptions
    | WandererV3Options
    | WandererV4Options
    | DarkLightOptions
    | DarkSkyGeekOptions
    | ExcaliburOptions
    | GeminiOptions
    | GiottoOptions
    | IndiOptions
    | ScreenOptions
    | ManualOptions,
    Field(discriminator="kind"),
]
