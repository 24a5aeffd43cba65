"""Options of DarkSkyGeek's panel."""

from typing import Literal

from flatctl.settings.panels.options import SerialOptions


class DarkSkyGeekOptions(SerialOptions):
    """DarkSkyGeek wireless flat panel: brightness 1 to 255."""

    kind: Literal["darkskygeek"]
