"""Which name was probably meant, of those that a device has."""

import difflib
from collections.abc import Sequence


def suggestion(name: str, names: Sequence[str]) -> str:
    """Return which of the names that there are is probably meant, and all of them."""
    folded = {each.casefold(): each for each in names}
    close = difflib.get_close_matches(name.casefold(), folded, n=1)
    there = f"there: {', '.join(names)}"
    return f"did you mean {folded[close[0]]!r}? {there}" if close else there
