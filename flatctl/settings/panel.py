"""The `[panel]` table: one model per kind of panel, told apart by `kind`."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field


class PanelOptions(BaseModel):
    """What every kind of panel has."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, allow_inf_nan=False)

    settle_s: float = Field(
        default=0.5,
        ge=0,
        le=600,
        description="Seconds to wait after each change of brightness before exposing.",
    )


class SerialOptions(PanelOptions):
    """What every panel on a serial line has."""

    port: str = Field(
        min_length=1,
        description="Device file or any pyserial URL, e.g. /dev/ttyUSB0 or socket://host:port.",
    )
    boot_delay_s: float = Field(
        default=2.0,
        ge=0,
        le=60,
        description="Seconds of silence granted after opening; Arduino boards start anew then.",
    )


class AlnitakOptions(SerialOptions):
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


class IndiOptions(PanelOptions):
    """Any light box behind the INDI server."""

    kind: Literal["indi"]
    device: str = Field(min_length=1, description="INDI device name of the light box.")


class ManualOptions(PanelOptions):
    """A fixed light that somebody else switches; only the exposure is adjusted."""

    kind: Literal["manual"]


PanelSettings = Annotated[AlnitakOptions | IndiOptions | ManualOptions, Field(discriminator="kind")]
