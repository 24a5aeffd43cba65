"""Where the colours of a frame lie, as its driver's header says."""

from flatctl.core.pixels.channels import PATTERNS, stored_pattern
from flatctl.storage.cards import read_cards


def bayer_pattern(header: bytes, rows: int, known: str | None) -> str | None:
    """Return the pattern in which the colours are stored, None for a monochrome frame.

    `header` is the driver's (80-byte cards); where it says nothing, `known` counts, which is what
    the camera says of itself.
    """
    if b"BAYERPAT" in header:
        keywords = {card.keyword: card.value for card in read_cards(header)}
        return stored_pattern(keywords, rows)
    pattern = (known or "").strip().upper()
    return pattern if pattern in PATTERNS else None
