"""Cards for a file: ours are made, the driver's kept as they came, repaired or dropped.

A frame must neither be lost nor become an invalid file because of a card that its driver wrote.
Cards are texts of 80 printable characters each, and a multiple of that for a string that goes on
in `CONTINUE` cards.
"""

import re
from functools import lru_cache

from flatctl.fits.header import CARD, Header, Value, decoded, padded
from flatctl.fits.text import to_ascii, transliterated

_AS_IT_IS = re.compile(
    r"[A-Z0-9_-][A-Z0-9_ -]{7}= |COMMENT |HISTORY | {8}|HIERARCH +[A-Z0-9_-]+( +[A-Z0-9_-]+)* *= "
)
_VALUED = re.compile(r"([A-Za-z0-9_-]{1,8}) *=(.*)")
_GOES_ON = re.compile(r"&' *(/.*)?")


def keyword_of(card: str) -> str:
    """Return a card's keyword; of `HIERARCH` it is what follows, as readers have it."""
    if card.startswith("HIERARCH "):
        return card[8:].partition("=")[0].strip()
    return card[:8].rstrip()


def sound_cards(header: Header) -> list[str]:
    """Return the sound cards of a header in their order, empty ones left out."""
    cards = (_sound(card) for card in _joined(header))
    return [card for card in cards if card is not None]


def make_card(keyword: str, value: Value, comment: str) -> str:
    """Return a card of exactly 80 characters.

    Text is transliterated and cut where it has to be, then the comment is cut.
    """
    from astropy.io.fits import Card

    if isinstance(value, str) and value:
        value = transliterated(value)
    room = CARD - len(Card(keyword, value).image.rstrip()) - len(" / ")
    return str(Card(keyword, value, comment[: max(room, 0)].rstrip()).image)


def history_cards(text: str) -> list[str]:
    """Return a line of the history, in as many cards as it takes."""
    room = CARD - len("HISTORY ")
    plain = to_ascii(text)
    parts = [plain[start : start + room] for start in range(0, len(plain), room)]
    return [f"HISTORY {part}".ljust(CARD) for part in parts]


def header_bytes(cards: list[str]) -> bytes:
    """Return a header as it lies in a file, with `END` and padding."""
    text = "".join([*cards, "END"])
    return text.ljust(padded(len(text))).encode("ascii")


def _joined(header: Header) -> list[str]:
    """Return the cards, a string with all its `CONTINUE` cards as one."""
    cards: list[str] = []
    for image in header.images():
        card = to_ascii(decoded(image))[:CARD].ljust(CARD)
        if card.startswith("CONTINUE"):
            if cards and _GOES_ON.search(cards[-1][-CARD:]):
                cards[-1] += card
        elif card.strip():
            cards.append(card)
    return cards


# A driver's cards are much the same from frame to frame, and astropy takes its time.
@lru_cache(maxsize=1000)
def _sound(card: str) -> str | None:
    """Return a card, repaired if need be, or `None` if nothing can be made of it."""
    from astropy.io.fits import Card, VerifyError

    if not _AS_IT_IS.match(card):
        valued = _VALUED.match(card[:CARD])
        if valued is None:
            return None
        keyword, rest = valued.groups()
        repaired = f"{keyword.upper():8}= {rest.strip()}".ljust(CARD)[:CARD]
        card = repaired + card[CARD:]
    try:
        read = Card.fromstring(card)
        read.verify("silentfix")
        sound = Card.fromstring(read.image)
        sound.verify("exception")
        str(sound.value)
    except (VerifyError, ValueError):
        return None
    return str(sound.image)
