"""The `[panel]` table: one model per kind of panel, one file per family, told apart by `kind`."""

from typing import Annotated

from pydantic import Field

from flatctl.settings.panels.alnitak import AlnitakOptions
from flatctl.settings.panels.indi import IndiOptions
from flatctl.settings.panels.manual import ManualOptions

PanelSettings = Annotated[
    AlnitakOptions  # one line for each family
    | IndiOptions
    | ManualOptions,
    Field(discriminator="kind"),
]
