"""Options of the panels that speak as Alnitak's do."""

from typing import Literal

from pydantic import Field

from flatctl.settings.panels.options import CoverOptions, SerialOptions


class AlnitakLine(SerialOptions, CoverOptions):
    """How commands are spelled and the modem lines stand."""

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


class AlnitakOptions(AlnitakLine):
    """Alnitak Flat-Man, Flip-Flat and Remote Dust Cover, and what speaks exactly like them."""

    kind: Literal["alnitak"]


class AlnitakArduinoOptions(AlnitakLine):
    """Boxes of your own with an Arduino that speaks as Alnitak's panels do."""

    kind: Literal["alnitak-arduino"]
    terminator: Literal["cr", "lf"] = Field(
        default="lf", description="What ends a command; lf is understood by all known sketches."
    )


class ArteskyOptions(SerialOptions):
    """Artesky's USB flat box."""

    kind: Literal["artesky"]


class GeoptikOptions(SerialOptions):
    """Geoptik's flat field generator, unconfirmed; turn its own knob on and to full."""

    kind: Literal["geoptik"]
