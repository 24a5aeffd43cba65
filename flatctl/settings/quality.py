"""The table [quality]: what flats are judged by, and from which size on."""

from pydantic import Field

from flatctl.core.quality.findings import QualityLimits
from flatctl.settings.tables import Table


class Quality(Table):
    """What the flats are judged by, beside their level; limits are fractions of the light."""

    check: bool = True
    """Whether flats and sets are judged by more than their level."""
    gradient: float = Field(default=QualityLimits.gradient, gt=0, lt=1)
    """A frame is taken again where its light, from edge to edge, differs by more from the rest of
    the set; a set is reported where it does from the last one."""
    banding: float = Field(default=QualityLimits.banding, gt=0, lt=1)
    """A frame is taken again where its rows or columns wave by more, from trough to crest."""
    dust: float = Field(default=QualityLimits.dust, gt=0, lt=1)
    """Shadows that came or went since the last set are reported from this depth on."""
    leak: float = Field(default=QualityLimits.leak, gt=0, lt=1)
    """Light that reaches the sensor with the panel off is reported from this fraction of a flat's
    on."""
    leak_check: bool = False
    """Whether a run that took flats ends with two frames with the panel off: the shortest the
    camera can make, and as long as the longest flat. The first run of a camera setup begins with a
    shortest one as well."""

    def limits(self) -> QualityLimits | None:
        """Return the limits, None where nothing is to be judged."""
        if not self.check:
            return None
        return QualityLimits(
            gradient=self.gradient, banding=self.banding, dust=self.dust, leak=self.leak
        )
