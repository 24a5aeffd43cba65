"""The format in which a camera delivers its pixels: which of those it offers is the best."""

from __future__ import annotations

import re

from flatctl.devices.indi.wire.registry import Element, Property

_WORD = re.compile(r"[a-z]+|\d+")
_DEPTHS = range(8, 17)
_RAW = {"raw", "bayer", "bggr", "rggb", "gbrg", "grbg", "nef", "cr2", "arw"}
_GREY = {"mono", "monochrome", "grey", "gray", "y", "l", "luma"}
_MADE = {
    *("rgb", "bgr", "rgba", "bgra", "argb", "yuv", "yuyv", "uyvy", "nv", "color", "colour", "hsv"),
    *("jpeg", "jpg", "mjpeg", "mjpg", "png", "tif", "tiff", "heif", "h", "avi", "fine"),
}
# A format that does not say its depth is taken for one between 14 bits and 16.
_UNSAID_BITS = 15


def deepest_raw(known: Property) -> str | None:
    """Return the element to choose: the deepest raw format, the present one among its equals.

    `None` where no format says what it is, so that the present one has to serve. Raises
    `ValueError` where all formats are pictures made for the eye, colour planes or JPEG.
    """
    usable = {one.name: _worth(one) for one in known.elements.values() if not _is_made(one)}
    if not usable:
        raise ValueError("every format is one of pictures made for the eye")
    best = max(usable.values())
    if best[0] == 0:
        return None
    equals = [name for name, worth in usable.items() if worth == best]
    return next((name for name in equals if known.on(name)), equals[0])


def is_made(known: Property) -> bool:
    """Say whether the present format is one of pictures made for the eye."""
    return any(_is_made(one) for one in known.elements.values() if one.value is True)


def _is_made(element: Element) -> bool:
    words = _words(element)
    if words & {"jpeg", "jpg", "mjpeg", "mjpg"}:
        return True  # as a DSLR's "RAW + JPEG": nobody knows which of the two comes
    return bool(words & _MADE) and not words & _RAW


def _worth(element: Element) -> tuple[int, int]:
    words = _words(element)
    kind = 2 if words & _RAW else 1 if words & _GREY else 0
    depths = [int(word) for word in words if word.isdecimal() and int(word) in _DEPTHS]
    return kind, max(depths, default=_UNSAID_BITS)


def _words(element: Element) -> set[str]:
    return set(_WORD.findall(f"{element.name} {element.label}".casefold()))
