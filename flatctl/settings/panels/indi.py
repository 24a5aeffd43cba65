"""Options of light boxes behind the INDI server."""

from typing import Literal

from pydantic import Field

from flatctl.settings.panels.options import CoverOptions


class IndiOptions(CoverOptions):
    """Any light box behind the INDI server."""

    kind: Literal["indi"]
    device: str = Field(min_length=1, description="INDI device name of the light box.")
