"""A picture as a frame of a run: how it was taken, whether it is fit, and its pixels."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from flatctl.images.facts import Image

_FULL_16 = 65535


@dataclass(frozen=True)
class Look:
    """How the camera stood for a picture: all pictures of a run have to be alike in this."""

    camera: str
    iso: float | None
    shape: tuple[int, ...]

    @staticmethod
    def of(image: Image) -> "Look":
        """Return how a picture was taken."""
        return Look(image.facts.camera or "", image.facts.iso, image.pixels.shape)

    def differs(self, other: "Look") -> str:
        """Return what of another picture is not as in this one, in words; empty where all is."""
        if other.camera != self.camera:
            return f"is of another camera ({other.camera or 'unnamed'}, not {self.camera})"
        if other.iso != self.iso:
            return f"has ISO {whole(other.iso)} instead of {whole(self.iso)}: set it back"
        if other.shape != self.shape:
            size, own = (" × ".join(map(str, each[::-1])) for each in (other.shape, self.shape))
            return f"is {size} px large instead of {own}: set picture size and crop back"
        return ""


def unfit(image: Image) -> str:
    """Return why a picture can't be a frame of a run, in words; empty where it can."""
    pixels = image.pixels
    if pixels.ndim != 2:
        return "it has several planes; save what the sensor saw, not developed"
    if not pixels.size or not np.isfinite(pixels).all():
        return "it has pixels that are no number"
    if float(pixels.min()) < 0 or float(pixels.max()) > _FULL_16:
        return f"its levels, {pixels.min():g} to {pixels.max():g}, are none of a camera"
    return ""


def sixteen_bits(image: Image) -> NDArray[np.uint16]:
    """Return the pixels as a run measures them; fractions of full scale are stretched."""
    pixels = image.pixels
    if pixels.dtype == np.uint16:
        return pixels
    if pixels.dtype.kind == "f" and float(pixels.max(initial=0)) <= 1.0:
        pixels = pixels * _FULL_16
    rounded: NDArray[np.uint16] = np.rint(pixels).astype(np.uint16)
    return rounded


def whole(value: float | None) -> str:
    """Return a figure as a camera shows it."""
    return "unknown" if value is None else f"{value:g}"
