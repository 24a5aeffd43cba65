"""The driver's FITS cards: kept as they came, repaired where they are broken, else dropped.

A frame must neither be lost nor become an invalid file because of a card that its driver wrote.
"""

import re
from functools import lru_cache
from typing import TYPE_CHECKING

from flatctl.storage.text import to_ascii

if TYPE_CHECKING:
    from astropy.io.fits import Card

CARD_LENGTH = 80
TEXT_LENGTH = 68  # of a string in one card, its quotes aside

_AS_IT_IS = re.compile(
    r"[A-Z0-9_-][A-Z0-9_ -]{7}= |COMMENT |HISTORY | {8}|HIERARCH +[A-Z0-9_-]+( +[A-Z0-9_-]+)* *= "
)
_VALUED = re.compile(r"([A-Za-z0-9_-]{1,8}) *=(.*)")
_GOES_ON = re.compile(r"&' *(/.*)?")

Value = str | int | float | bool


def read_cards(header: bytes) -> "list[Card]":
    """Return the sound cards of a header in their order, up to `END` or the last whole card.

    A string that goes on in `CONTINUE` cards comes as one card. Empty cards are left out.
    """
    cards = (_sound_card(image) for image in _images(header))
    return [card for card in cards if card is not None]


def make_card(keyword: str, value: Value, comment: str) -> "Card":
    """Return a card of exactly 80 bytes; text is made ASCII and cut, then the comment is."""
    from astropy.io.fits import Card

    if isinstance(value, str):
        value = _bounded(to_ascii(value))
    room = CARD_LENGTH - len(Card(keyword, value).image.rstrip()) - len(" / ")
    return Card(keyword, value, comment[: max(room, 0)].rstrip())


def _bounded(text: str) -> str:
    """Cut text so that it fits in one card, where each quote takes two places."""
    text = text[:TEXT_LENGTH]
    while len(text) + text.count("'") > TEXT_LENGTH:
        text = text[:-1]
    return text


def _images(header: bytes) -> list[str]:
    images: list[str] = []
    for start in range(0, len(header), CARD_LENGTH):
        image = _decoded(header[start : start + CARD_LENGTH])
        if image.rstrip() == "END":
            break
        if image.startswith("CONTINUE"):
            if images and _GOES_ON.search(images[-1][-CARD_LENGTH:]):
                images[-1] += image
        elif image.strip():
            images.append(image)
    return images


def _decoded(raw: bytes) -> str:
    """Return one card of 80 printable characters, whatever encoding its text has."""
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError:
        text = raw.decode("latin-1")
    return to_ascii(text)[:CARD_LENGTH].ljust(CARD_LENGTH)


def _sound_card(image: str) -> "Card | None":
    """Return the card, repaired if need be, or `None` if nothing can be made of it."""
    from astropy.io.fits import Card

    sound = _sound_image(image)
    return None if sound is None else Card.fromstring(sound)


# A driver's cards are much the same from frame to frame, and astropy takes its time.
@lru_cache(maxsize=1000)
def _sound_image(image: str) -> str | None:
    from astropy.io.fits import Card, VerifyError

    if not _AS_IT_IS.match(image):
        valued = _VALUED.match(image[:CARD_LENGTH])
        if valued is None:
            return None
        keyword, rest = valued.groups()
        repaired = f"{keyword.upper():8}= {rest.strip()}".ljust(CARD_LENGTH)[:CARD_LENGTH]
        image = repaired + image[CARD_LENGTH:]
    try:
        card = Card.fromstring(image)
        card.verify("silentfix")
        sound = Card.fromstring(card.image)
        sound.verify("exception")
        str(sound.value)
    except (VerifyError, ValueError):
        return None
    return str(sound.image)
