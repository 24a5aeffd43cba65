"""The `[panel]` table: one model per kind of panel, one file per family, told apart by `kind`."""

from typing import Annotated

from pydantic import Field

from flatctl.settings.panels.alnitak import (
    AlnitakArduinoOptions,
    AlnitakOptions,
    ArteskyOptions,
    GeoptikOptions,
)
from flatctl.settings.panels.deepskydad import DeepSkyDadOptions
from flatctl.settings.panels.flatmaster import (
    FlatMasterNeoOptions,
    FlatMasterOptions,
    FlatMasterWifiOptions,
)
from flatctl.settings.panels.indi import IndiOptions
from flatctl.settings.panels.manual import ManualOptions
from flatctl.settings.panels.snapcap import SnapCapOptions

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
    | IndiOptions
    | ManualOptions,
    Field(discriminator="kind"),
]
