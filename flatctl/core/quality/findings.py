"""What was found wrong, as facts, and the limits beyond which it is."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum


class Kind(StrEnum):
    """What a finding is about."""

    GRADIENT = "gradient"
    UNEVEN = "uneven"
    VEIL = "veil"
    BANDING = "banding"
    NOISE = "noise"
    LOSSY = "lossy"
    OFFSET = "offset"
    MOVED = "moved"
    DUST = "dust"
    CHANNELS = "channels"
    LEAK = "leak"
    ODD = "odd"
    TOO_DIM = "too_dim"
    TOO_BRIGHT = "too_bright"
    CLIPPED = "clipped"
    WHEEL_TURNED = "wheel_turned"
    TWIN = "twin"
    FILTER_LIGHT = "filter_light"
    PANEL_LIGHT = "panel_light"
    SAME_FILTER = "same_filter"
    LIGHT_CHANGED = "light_changed"
    BLACK = "black"
    TOO_FEW = "too_few"


Figures = Mapping[str, float | str]


@dataclass(frozen=True)
class Spot:
    """A place whose light changed: centre in pixels of the frame, `depth_frac` > 0 for darker."""

    row_px: int
    col_px: int
    depth_frac: float


@dataclass(frozen=True)
class Finding:
    """One thing that is not as it should be; units are in the names of its `figures`.

    A kind may come with different figures: `against` says whether a frame is held against the
    rest of its `set`, or a set against the `last_set`; `of` is `sky` where that was the light.
    """

    kind: Kind
    figures: Figures


@dataclass(frozen=True)
class QualityLimits:
    """From where on something counts, all as fractions of the light.

    `gradient` is a change of the light across the frame against the rest of the set, or against
    the last set; `banding` a wave from trough to crest; `dust` the depth of a shadow that came or
    went; `leak` the light that reaches the sensor with the panel off, against a flat's; `noise`
    the noise that the master flat may add to a pixel.
    """

    gradient: float = 0.01
    banding: float = 0.004
    dust: float = 0.005
    leak: float = 0.001
    noise: float = 0.001
