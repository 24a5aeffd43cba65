"""A keyword of the tables of which headers and their reference page are made."""

import math
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Generic, TypeVar

from flatctl.core.types import MODES
from flatctl.fits.cards import make_card
from flatctl.fits.header import Value

Record = TypeVar("Record")

MODE_CARDS = dict(
    zip(MODES, ("READOUTM", "CONVGAIN", "LOWNOISE", "FULLWELL", "CAPTFMT"), strict=True)
)
"""The keywords that say how the camera's modes stood."""


@dataclass(frozen=True)
class Keyword(Generic[Record]):
    """One keyword: its card's comment, its meaning in the docs, and where its value comes from.

    `value` returns `None` where there is nothing to write; the driver's card stays then. With
    `yields`, it stays wherever the driver sent one.
    """

    name: str
    type: type[Value]
    unit: str
    when: str
    comment: str
    meaning: str
    value: Callable[[Record], Value | None]
    yields: bool = False
    also: str = ""

    def spellings(self) -> Iterator["Keyword[Record]"]:
        """Yield it, and what it is called `also`, for other readers."""
        yield self
        if self.also:
            meaning = f"The same as {self.name}, for readers of the other spelling."
            yield replace(self, name=self.also, meaning=meaning, also="")


def made_cards(
    keywords: Iterable[Keyword[Record]], record: Record, sent: Collection[str] = ()
) -> list[str]:
    """Return the cards of all keywords that have a value; `sent` are those of the driver."""
    cards = []
    for keyword in keywords:
        value = keyword.value(record)
        if value is not None and not (keyword.yields and keyword.name in sent):
            cards.append(make_card(keyword.name, value, keyword.comment))
    return cards


def whole_if_possible(value: float | None) -> Value | None:
    """Return an int where it is one: DeepSkyStacker reads GAIN as a whole number."""
    if value is None or not math.isfinite(value):
        return None
    return int(value) if value == int(value) and abs(value) < 2**31 else float(value)


def real(value: float | None) -> float | None:
    """Return a number that a card can hold, or `None`."""
    return None if value is None or not math.isfinite(value) else float(value)
