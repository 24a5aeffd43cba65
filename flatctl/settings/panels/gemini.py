"""Options of Gemini's flat panels."""

from typing import Literal

from pydantic import Field

from flatctl.settings.panels.options import CoverOptions, SerialOptions


class GeminiOptions(SerialOptions, CoverOptions):
    """Gemini flat panels Rev1, Rev2, Lite and Pro: brightness 0 to 255; Lite has no cover."""

    kind: Literal["gemini"]
    model: Literal["auto", "rev1"] = Field(
        default="auto",
        description="The newer models say what they are; rev1 spares the first one some seconds.",
    )
    bank: Literal["low", "high"] | None = Field(
        default=None,
        description="Range of light, with Rev2 and Lite; absent: the one it is in. "
        "`panel_bank` sets it for one filter.",
    )
