"""What was found wrong, in words that say what to do, and the limits beyond which it is."""

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


@dataclass(frozen=True)
class Finding:
    """One thing that is not as it should be: `reason` is a sentence with figures and the mend."""

    kind: Kind
    reason: str


@dataclass(frozen=True)
class Limits:
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


def percent(fraction: float) -> str:
    """Return `1.2 %`."""
    return f"{100 * fraction:.2g} %" if abs(fraction) < 0.1 else f"{100 * fraction:.0f} %"
