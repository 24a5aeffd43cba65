"""Cards for a file: ours are made, the driver's kept as they came, repaired or dropped.

A frame must neither be lost nor become an invalid file because of a card that its driver wrote.
Cards are texts of 80 printable characters each, and a multiple of that for a string that goes on
in `CONTINUE` cards.
"""

import re
from functools import lru_cache

from flatctl.fits.header import CARD, Header, Value, decoded, padded
from flatctl.fits.text import to_ascii, transliterated

_QUOTE = "'"
_AS_IT_IS = re.compile(
    r"[A-Z0-9_-][A-Z0-9_ -]{7}= |COMMENT |HISTORY | {8}|HIERARCH +[A-Z0-9_-]+( +[A-Z0-9_-]+)* *= "
)
_VALUED = re.compile(r"([A-Za-z0-9_-]{1,8}) *=(.*)")
_GOES_ON = re.compile(r"&' *(/.*)?")
# What needs no second look: plain values under plain keywords, and free text.
_PLAIN = re.compile(
    r"(?=.{8}= )(?!END |COMMENT |HISTORY |CONTINUE|HIERARCH)[A-Z0-9_-]+ *= *"
    r"(?:'(?:[^'&]|'')*'|[TF]|[+-]?(?:0|[1-9]\d*)(?:\.\d+)?(?:E[+-]?\d+)?) *(?: / .*)?"
    r"|COMMENT .*|HISTORY .*"
)
_NUMBER_LENGTH = 20  # of a value in the fixed format (FITS standard 4.0, 4.2)


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
    written = _written(transliterated(value) if isinstance(value, str) and value else value)
    card = f"{keyword:8}= {written:20}"
    room = CARD - len(card.rstrip()) - len(" / ")
    words = comment[: max(room, 0)].rstrip()
    return f"{card} / {words}"[:CARD].ljust(CARD) if words else card.ljust(CARD)


def _written(value: Value) -> str:
    match value:
        case str():
            return f"'{value.replace(_QUOTE, 2 * _QUOTE):8}'" if value else 2 * _QUOTE
        case bool():
            return f"{'FT'[value]:>{_NUMBER_LENGTH}}"
        case int():
            return f"{value:>{_NUMBER_LENGTH}}"
    mantissa, _, exponent = str(value).partition("e")
    power = f"E{exponent}" if exponent else ""
    return f"{mantissa[: _NUMBER_LENGTH - len(power)]}{power}".rjust(_NUMBER_LENGTH)


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


def _sound(card: str) -> str | None:
    """Return a card, repaired if need be, or `None` if nothing can be made of it."""
    return card if len(card) == CARD and _PLAIN.fullmatch(card) else _repaired(card)


# A driver's cards are much the same from frame to frame, and astropy takes its time: a second of
# it only to be there.
@lru_cache(maxsize=1000)
def _repaired(card: str) -> str | None:
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
