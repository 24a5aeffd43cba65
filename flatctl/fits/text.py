"""Text that fits where only ASCII is allowed: FITS cards and file names."""

import hashlib
import re
import unicodedata

TEXT_LENGTH = 68  # of a string in one card, its quotes aside

# Narrowband filters are named after Greek letters; the field writes Ha, Hb where it can't.
_GREEK = str.maketrans({"α": "a", "β": "b", "γ": "g", "δ": "d", "λ": "l", "µ": "u", "μ": "u"})
_MARK_LENGTH = 12  # hexadecimal digits
_MARKED = re.compile(rf".*~[0-9a-f]{{{_MARK_LENGTH}}}")


def to_ascii(text: str, substitute: str = "?") -> str:
    """Return `text` in printable ASCII (0x20-0x7E), nearly letter by letter.

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


def fits_card(text: str) -> bool:
    """Say whether a card can hold a text so that it is read as the same."""
    return (
        text.isascii()
        and text.isprintable()
        and text == text.rstrip()
        and text != ""
        and len(text) + text.count("'") <= TEXT_LENGTH
    )


def transliterated(text: str) -> str:
    """Return `text`, of whatever script, in Latin letters that fit in a card; never empty.

    Different texts may become the same: see `distinct`.
    """
    if fits_card(text):
        return text
    from anyascii import anyascii

    latin = anyascii(unicodedata.normalize("NFC", text).translate(_GREEK))
    shown = "".join(letter if " " <= letter <= "~" else " " for letter in latin)
    return _cut(shown, TEXT_LENGTH) or "unnamed"


def distinct(text: str) -> str:
    """Return `text` as a card can hold it, which no other text becomes.

    One that `fits_card` stays as it is. Any other is transliterated, and a digest of it follows.
    """
    if fits_card(text) and not _MARKED.fullmatch(text):
        return text
    return f"{_cut(transliterated(text), TEXT_LENGTH - _MARK_LENGTH - 1)}~{digest_of(text)}"


def digest_of(text: str) -> str:
    """Return a few letters and digits that no other text has."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:_MARK_LENGTH]


def _cut(text: str, length: int) -> str:
    """Return the first letters of text, each quote of which takes two places in a card."""
    text = text[:length]
    while len(text) + text.count("'") > length:
        text = text[:-1]
    return text.rstrip()
