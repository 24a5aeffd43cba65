"""Options of the SnapCap."""

from typing import Literal

from pydantic import Field

from flatctl.settings.panels.options import CoverOptions, SerialOptions


class SnapCapOptions(SerialOptions, CoverOptions):
    """SnapCap: brightness 0 to 255, with a motorised cover."""

    kind: Literal["snapcap"]
    baud: Literal[9600, 38400] = Field(
        default=38400, description="Speed of the line; home-built ones talk at 9600."
    )
