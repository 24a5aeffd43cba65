"""Options of a screen that shows flatctl's page."""

import re
from typing import Annotated, Literal

from pydantic import AfterValidator, Field
from pydantic_core import PydanticCustomError

from flatctl.settings.panels.options import PanelOptions

Weight = Annotated[float, Field(ge=0, le=1)]


_PLACE = re.compile(r"(\[[0-9A-Fa-f:]+\]|[^:\s]+):([0-9]{1,5})")
_TOKEN = re.compile(r"[A-Za-z0-9_-]{12,64}")


def _tint(weights: tuple[float, float, float]) -> tuple[float, float, float]:
    if not any(weights):
        raise PydanticCustomError("sense", "one weight at least must be above 0, or it stays dark")
    return weights


def _place(listen: str) -> str:
    place = _PLACE.fullmatch(listen)
    if place is None or int(place[2]) > 65535:
        raise PydanticCustomError(
            "sense", 'must be "ADDRESS:PORT", port 0 to 65535, e.g. "0.0.0.0:8765"'
        )
    return listen


def _token(token: str) -> str:
    if token and not _TOKEN.fullmatch(token):
        raise PydanticCustomError("sense", "must be 12 to 64 letters, digits, - or _")
    return token


class ScreenOptions(PanelOptions):
    """Any laptop, tablet or phone: a page that flatctl serves fills its screen with light."""

    kind: Literal["screen"]
    listen: Annotated[str, AfterValidator(_place)] = Field(
        default="0.0.0.0:8765",
        description="Address and port on this computer where the page is served; 0.0.0.0: the "
        "whole local network, port 0: any free one.",
    )
    tint: Annotated[tuple[Weight, Weight, Weight], Field(strict=False), AfterValidator(_tint)] = (
        Field(
            default=(1.0, 1.0, 1.0),
            description="Weights of red, green and blue; balances the channels of a colour camera.",
        )
    )
    token: Annotated[str, AfterValidator(_token)] = Field(
        default="",
        description="Secret word in the page's address, 12 letters or digits at least; absent: a "
        "new random one each time. A fixed one can be kept as a bookmark.",
    )
    wait_s: float = Field(
        default=300.0,
        ge=0,
        le=3600,
        description="Seconds granted, at the start, for opening the page on the screen.",
    )
