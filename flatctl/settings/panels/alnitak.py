"""Options of the panels that speak as Alnitak's do."""

from typing import Literal

from pydantic import Field

from flatctl.settings.panels.options import CoverOptions, SerialOptions


class AlnitakOptions(SerialOptions, CoverOptions):
    """Alnitak Flat-Man and Flip-Flat, Artesky, Geoptik and the Arduino look-alikes."""

    kind: Literal["alnitak"]
    terminator: Literal["cr", "lf"] = Field(
        default="cr", description="What ends a command; some look-alikes want lf."
    )
    filler: Literal["000", "OOO"] = Field(
        default="000", description="The three characters of commands without a value."
    )
    rts: bool = Field(
        default=False, description="Level of the RTS line; genuine units want it low."
    )
    dtr: bool = Field(
        default=True, description="Level of the DTR line; Leonardo boards want it high."
    )
