"""A table, ready to be shown."""

from collections.abc import Sequence
from typing import NamedTuple


class Table(NamedTuple):
    """Title, headings and rows."""

    title: str
    headings: Sequence[str]
    rows: Sequence[Sequence[str]]
