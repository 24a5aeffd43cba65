"""Options of PrimaLuceLab's GIOTTO and ALTO."""

from typing import Literal

from pydantic import Field

from flatctl.settings.panels.options import CoverOptions, SerialOptions


class GiottoOptions(SerialOptions, CoverOptions):
    """PrimaLuceLab GIOTTO: brightness from 1 to what the unit tells; an ALTO may carry it."""

    kind: Literal["giotto"]
    alto_port: str | None = Field(
        default=None,
        min_length=1,
        description="Port of the ALTO that carries the light; absent: there is none.",
    )
