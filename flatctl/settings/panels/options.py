"""What the options of many kinds of panels have in common."""

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field


class PanelOptions(BaseModel):
    """What every kind of panel has."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, allow_inf_nan=False)

    settle_s: float = Field(
        default=0.5,
        ge=0,
        le=600,
        description="Seconds to wait after each change of brightness before exposing; absent: what "
        "`flatctl calibrate` has measured (10 at most), else this.",
    )


class CoverOptions(PanelOptions):
    """What every panel with a motorised cover has."""

    cover_at_end: Literal["leave", "closed", "open"] = Field(
        default="leave",
        description="Where the cover is left at the end, once the light is out: "
        "as it is, closed or open. Nothing happens where the panel has no cover.",
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
