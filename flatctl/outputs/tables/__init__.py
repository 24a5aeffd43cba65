"""What the commands answer, as values that draw themselves: one file per command."""

from collections.abc import Sequence
from typing import NamedTuple


class Table(NamedTuple):
    """A table, ready to be shown."""

    title: str
    headings: Sequence[str]
    rows: Sequence[Sequence[str]]
