"""Options of Pegasus Astro's FlatMasters."""

from typing import Literal

from pydantic import Field

from flatctl.settings.panels.options import CoverOptions, SerialOptions


class FlatMasterOptions(SerialOptions):
    """Pegasus FlatMaster, the first model: brightness 0 to 200, unconfirmed."""

    kind: Literal["flatmaster"]


class FlatMasterWifiOptions(SerialOptions):
    """Pegasus FlatMaster WiFi on its USB port: brightness 0 to 100."""

    kind: Literal["flatmaster-wifi"]


class FlatMasterNeoOptions(SerialOptions, CoverOptions):
    """Pegasus FlatMaster Neo: brightness 0 to 100, with a motorised cap."""

    kind: Literal["flatmaster-neo"]
    baud: Literal[9600, 115200] = Field(default=9600, description="Speed of the line.")
