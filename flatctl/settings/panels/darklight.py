"""Options of the DarkLight Cover/Calibrator."""

from typing import Literal

from pydantic import Field

from flatctl.settings.panels.options import CoverOptions, SerialOptions


class DarkLightOptions(SerialOptions, CoverOptions):
    """DarkLight Cover/Calibrator: brightness from 1 to what the unit tells; some have a cover."""

    kind: Literal["darklight"]
    baud: Literal[9600, 19200, 38400, 57600, 115200] = Field(
        default=115200, description="Speed of the line, as the firmware was built with."
    )
