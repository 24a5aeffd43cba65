"""What a filter is called in headers and file names, so that no two are taken for one.

A wheel's names may be of any script and length, and cards and file names hold few letters. So what
stackers read (FILTER, the token of a file's name) is made short and legible, and marked where
other slots of the wheel would read the same; what flatctl itself goes by is FLATFILT.
"""

import re
from collections.abc import Callable, Collection, Mapping

from flatctl.fits.header import Value
from flatctl.fits.text import digest_of, distinct, transliterated

TOKEN_LENGTH = 32
AMBIGUOUS = (
    "its FILTER stands for any filter whose name is not ASCII, as an earlier flatctl wrote it: "
    "its flats are taken again"
)
_MARKED = re.compile(r".*-[0-9a-f]{12}")


def filter_card(name: str, slots: Collection[str] = ()) -> str:
    """Return what FILTER says of a filter: the wheel's own name wherever a card can hold it.

    Any other is transliterated; where another of the wheel's `slots` reads the same, it is marked.
    """
    shown = transliterated(name)
    looks_marked = distinct(shown) != shown
    return distinct(name) if looks_marked or _others(name, slots, transliterated) else shown


def filter_token(name: str, slots: Collection[str] = ()) -> str:
    """Return a filter's name for file names: `[A-Za-z0-9-]`, at most 32 characters, never empty.

    Where another of the wheel's `slots` would read the same, in whatever case, it is marked.
    """
    token, mark = _token(name), digest_of(name)
    if _others(name, slots, lambda each: _token(each).lower()) or _MARKED.fullmatch(token):
        return f"{token[: TOKEN_LENGTH - len(mark) - 1].rstrip('-')}-{mark}"
    return token


def filter_of(cards: Mapping[str, Value]) -> str | None:
    """Return what tells a frame's filter from all others: see `distinct`.

    `None` where an earlier flatctl wrote the frame, which had `?` for all that ASCII has not.
    """
    exact, shown = cards.get("FLATFILT"), cards.get("FILTER")
    if isinstance(exact, str):
        return exact
    return shown if isinstance(shown, str) and "?" not in shown else None


def is_ambiguous(cards: Mapping[str, Value]) -> bool:
    """Tell whether nobody can say of which filter a flat of ours is."""
    return cards.get("IMAGETYP") == "FLAT" and "FILTER" in cards and filter_of(cards) is None


def is_of(cards: Mapping[str, Value], name: str, slots: Collection[str] = ()) -> bool:
    """Tell whether a frame with these cards is of the filter of that name, for certain.

    A frame of an earlier flatctl has no FLATFILT: its FILTER may stand for any slot that reads so.
    """
    if filter_of(cards) != distinct(name):
        return False
    return "FLATFILT" in cards or not _others(name, slots, transliterated)


def _others(name: str, slots: Collection[str], key: Callable[[str], str]) -> bool:
    return any(key(slot) == key(name) for slot in slots if slot != name)


def _token(name: str) -> str:
    token = re.sub(r"[^A-Za-z0-9]+", "-", transliterated(name)).strip("-")
    return token[:TOKEN_LENGTH].rstrip("-") or "unnamed"
