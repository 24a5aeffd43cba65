"""The cards of a frame: Alpaca sends none with it, so they are made of what the camera says."""

from __future__ import annotations

from flatctl.devices.alpaca.imaging.abilities import Abilities
from flatctl.fits.cards import make_card
from flatctl.fits.header import Header, Value


def frame_header(
    there: Abilities, binning: int, electrons_per_adu: float | None, temperature_c: float | None
) -> Header:
    """Return the cards of a full frame; what the camera doesn't say has none."""
    across_um, down_um = there.pixel_um
    made: list[tuple[str, Value | None, str]] = [
        ("INSTRUME", there.title or None, "Camera"),
        ("XPIXSZ", across_um and across_um * binning, "[um] Width of a pixel, binned"),
        ("YPIXSZ", down_um and down_um * binning, "[um] Height of a pixel, binned"),
        ("EGAIN", electrons_per_adu, "[e-/ADU] Electrons per ADU"),
        ("CCD-TEMP", temperature_c, "[degC] Temperature of the sensor"),
        ("ROWORDER", "TOP-DOWN", "Order of the rows"),
    ]
    if there.bayer and binning == 1:
        # The pattern is that of the frame's own first pixels: the driver's offsets are in it.
        made.append(("BAYERPAT", there.bayer, "Colours of the pixels"))
        made += [(key, 0, "[pix] Offset of the pattern") for key in ("XBAYROFF", "YBAYROFF")]
    cards = [make_card(key, value, words) for key, value, words in made if value is not None]
    return Header("".join(cards).encode("ascii"))
