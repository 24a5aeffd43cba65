"""Light that reaches the sensor with the panel off, and the level without any."""

from dataclasses import dataclass

import numpy as np

from flatctl.core.pixels.sixteen_bits import Pixels16
from flatctl.core.quality.findings import Finding, Kind, QualityLimits
from flatctl.core.quality.shape import scatter, sums

_OFFSET_FRAC = 0.003  # of a flat's light: a smaller change of the pedestal harms no flat
_SIGMA = 6.0


@dataclass(frozen=True)
class Leak:
    """What two frames with the panel off say.

    `pedestal_adu` is the level of the short one, `leak_adu` what the long one has more on its
    worst cell, `leak_frac` the same over the light of a flat of that exposure.
    """

    exposure_s: float
    pedestal_adu: float
    leak_adu: float
    leak_frac: float
    findings: tuple[Finding, ...]


def judge_leak(
    short: Pixels16,
    long: Pixels16,
    *,
    exposure_s: float,
    flat_adu: float,
    last_pedestal_adu: float | None,
    limits: QualityLimits,
) -> Leak:
    """Compare a frame of the shortest exposure with one of `exposure_s`, both with the panel off.

    `flat_adu` is the level of a flat of that exposure. The difference of the two is stray light,
    and the dark current, which dark flats take out.

    Raises `ValueError` for frames that are too small.
    """
    cells = [sums(frame) for frame in (short, long)]
    half = cells[0].cell_px // 2
    down, across = cells[0].cols.shape[0], cells[0].rows.shape[1]
    levels = [each.rows.reshape(down, half, across).mean(axis=1) for each in cells]
    pedestal_adu = float(np.median(levels[0]))
    more = levels[1] - levels[0]
    # A hot pixel or a cosmic ray in one cell of a hundred is no light.
    leak_adu = float(np.quantile(more, 0.99))
    light_adu = max(flat_adu - pedestal_adu, 1.0)
    found = []
    median_frac = float(np.median(more)) / light_adu
    worst_frac = leak_adu / light_adu
    if worst_frac > limits.leak and leak_adu > _SIGMA * scatter(more):
        figures = {"leak_frac": worst_frac, "median_frac": median_frac, "exposure_s": exposure_s}
        found.append(Finding(Kind.LEAK, figures))
    if last_pedestal_adu is not None:
        changed_adu = pedestal_adu - last_pedestal_adu
        if abs(changed_adu) > _OFFSET_FRAC * light_adu:
            figures = {"change_adu": changed_adu, "pedestal_adu": pedestal_adu}
            found.append(Finding(Kind.OFFSET, figures))
    return Leak(exposure_s, pedestal_adu, leak_adu, worst_frac, tuple(found))
