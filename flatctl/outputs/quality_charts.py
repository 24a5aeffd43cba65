"""The report's pictures of what a set is worth: its profile, its noise, what dust changed."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup

from flatctl.core.quality.findings import Spot
from flatctl.events import SetQuality
from flatctl.outputs import figures
from flatctl.outputs.drawing import (
    BOTTOM,
    LEFT,
    RIGHT,
    TOP,
    Axis,
    bottom,
    dot,
    drawing,
    left,
    line,
    linear_ticks,
    percent_ticks,
)
from flatctl.outputs.png import png

_CURVE_POINTS = 32
_LESS_RGB, _MORE_RGB = (0.91, 0.42, 0.05), (0.16, 0.48, 0.87)
_FULL_SIGMA = 5.0
_FULL_MIN = 0.002  # of the light: a set that differs by less in no place looks calm


def radial_profile(quality: SetQuality) -> Markup | None:
    """Draw the light from the centre of the frame to its corners; None where it is not known."""
    profile = quality.profile
    if len(profile) < 2 or not all(map(math.isfinite, profile)):
        return None
    across = Axis(0.0, 1.0, LEFT, RIGHT)
    lowest = min(*profile, 0.9)
    up = Axis(max(0.0, lowest - 0.08 * (1.0 - lowest)), 1.0 + 0.06 * (1.0 - lowest), BOTTOM, TOP)
    points = [((n + 0.5) / len(profile), light) for n, light in enumerate(profile)]
    places = [(across.place(radius), up.place(light)) for radius, light in points]
    described = "Light from the centre to the corners: " + ", ".join(
        figures.percent(light) for light in profile
    )
    return drawing(
        described,
        left(up, "Light, % of the brightest ring", percent_ticks(up)),
        bottom(across, "Distance from the centre, % of the corner's", percent_ticks(across)),
        line(places, "path"),
        *(
            dot(x, y, f"{figures.percent(light)} at {figures.percent(radius, 0)} of the way")
            for (radius, light), (x, y) in zip(points, places, strict=True)
        ),
    )


def photon_noise(quality: SetQuality) -> Markup | None:
    """Draw the noise of a pixel against its light, and what photons alone would make."""
    pairs = zip(quality.transfer_light_adu, quality.transfer_noise_adu, strict=False)
    points = [(x, y) for x, y in pairs if x > 0 and y > 0]
    e_per_adu = quality.e_per_adu
    if not points or not e_per_adu or e_per_adu <= 0:
        return None
    lights, noises = [x for x, _ in points], [y for _, y in points]
    # Room around the points, at least a tenth of the light and of the noise.
    across = _around(lights, LEFT, RIGHT)
    photons = [math.sqrt(light / e_per_adu) for light in (across.low, across.high)]
    up = _around([*noises, *photons], BOTTOM, TOP)
    curve = [
        (light, math.sqrt(light / e_per_adu))
        for light in (
            across.low + (across.high - across.low) * n / _CURVE_POINTS
            for n in range(_CURVE_POINTS + 1)
        )
    ]
    described = "Noise of a pixel against its light: " + "; ".join(
        f"{figures.adu(light)} ADU: {figures.adu(noise)} ADU" for light, noise in points
    )
    return drawing(
        described,
        left(up, "Noise of a pixel of one flat, ADU", _adu_ticks(up)),
        bottom(across, "Light of the pixel, ADU", _adu_ticks(across)),
        line([(across.place(x), up.place(y)) for x, y in curve], "photons"),
        *(
            dot(across.place(x), up.place(y), f"{figures.adu(x)} ADU of light: {y:.1f} ADU")
            for x, y in points
        ),
    )


@dataclass(frozen=True)
class Difference:
    """A picture (PNG, transparent where nothing changed), its size, and its deepest colour."""

    png: bytes
    rows: int
    cols: int
    full_frac: float


def difference_picture(quality: SetQuality) -> Difference | None:
    """Paint what each cell has more or less than in the last set; None where there is none."""
    lines = quality.difference_ppm
    width = len(lines[0]) if lines else 0
    if not lines or not width or any(len(cells) != width for cells in lines):
        return None
    import numpy as np

    cells = np.nan_to_num(np.array(lines) / 1e6)
    usual = 1.4826 * float(np.median(np.abs(cells)))
    full = max(_FULL_MIN, min(_FULL_SIGMA * usual, float(np.abs(cells).max())), _strongest(quality))
    picture = np.empty((*cells.shape, 4))
    picture[..., :3] = np.where(cells[..., None] < 0, _LESS_RGB, _MORE_RGB)
    picture[..., 3] = np.clip(np.abs(cells) / full, 0.0, 1.0)
    return Difference(png(picture), len(lines), width, full)


def known_spots(quality: SetQuality) -> list[Spot]:
    """Return the spots that came or went."""
    return [spot for spot in quality.spots if math.isfinite(spot.depth_frac)]


def _strongest(quality: SetQuality) -> float:
    return max((abs(spot.depth_frac) for spot in known_spots(quality)), default=0.0)


def _around(values: Sequence[float], start_px: float, end_px: float) -> Axis:
    low, high = min(values), max(values)
    room = max(0.08 * (high - low), 0.05 * high - (high - low) / 2)
    return Axis(max(low - room, 0.0), high + room, start_px, end_px)


def _adu_ticks(axis: Axis) -> list[tuple[float, str]]:
    return [(t, figures.adu(t)) for t in linear_ticks(axis.low, axis.high, 4)]
