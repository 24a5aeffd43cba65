"""Text that fits where only ASCII is allowed: FITS cards and file names."""

import unicodedata

# Narrowband filters are named after Greek letters; the field writes Ha, Hb where it can't.
_GREEK = str.maketrans({"α": "a", "β": "b", "γ": "g", "δ": "d", "λ": "l", "µ": "u", "μ": "u"})


def to_ascii(text: str, substitute: str = "?") -> str:
    """Return `text` in printable ASCII (0x20-0x7E).

    Accents are dropped, the Greek letters of spectral lines become Latin ones, and every other
    character becomes `substitute`.
    """
    if text.isascii() and text.isprintable():
        return text
    plain = unicodedata.normalize("NFKD", text.translate(_GREEK)).translate(_GREEK)
    return "".join(
        letter if " " <= letter <= "~" else substitute
        for letter in plain
        if not unicodedata.combining(letter)
    )
