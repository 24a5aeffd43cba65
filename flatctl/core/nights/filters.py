"""Names of filters: which slot of a wheel is meant, where a program calls it otherwise."""

import re
import unicodedata
from collections.abc import Collection, Mapping

# Words as `_word` makes them: single letters are what they are, all else is without case and signs.
_SAME = (
    *(("L", "lum", "luminance"), ("R", "red"), ("G", "green"), ("B", "blue")),
    *(("ha", "halpha"), ("hb", "hbeta"), ("oiii", "o3"), ("sii", "s2"), ("nii", "n2")),
    ("C", "clear", "clr"),
)
_GROUPS = {word: words for words in _SAME for word in words}
_NO_FILTER = re.compile(r"[-_\s]*|none|no[\W_]*filters?|n[/.]a\.?|nan|null", re.IGNORECASE)
_GREEK = str.maketrans({"α": "alpha", "Α": "alpha", "β": "beta", "Β": "beta"})


def slot_meant(
    name: str, slots: Collection[str], names: Mapping[str, str] | None = None
) -> str | None:
    """Return the slot that is called so, or that must be meant; `None` where it can't be told.

    `names` are what the configuration says of names, and come before what is common: `Lum` is
    `L`, `H_Alpha` is `Ha`. Where two slots might be meant, neither is.

    >>> slot_meant("Lum", ["L", "R"]), slot_meant("Luminance", ["L", "Lum"])
    ('L', None)
    """
    if name in slots:
        return name
    if names and name in names:
        return slot_meant(names[name], slots)
    words = _GROUPS.get(_word(name), (_word(name),))
    found = [slot for slot in slots if _word(slot) in words]
    return found[0] if len(found) == 1 else None


def says_no_filter(name: str) -> bool:
    """Tell whether a filter's name says that there is none, as programs put it."""
    return _NO_FILTER.fullmatch(name.strip()) is not None


def _word(name: str) -> str:
    """Return a name without what people spell differently: case, signs, Greek letters.

    Of a single letter case and signs count: R is Johnson's or Cousins', r' is Sloan's.
    """
    plain = unicodedata.normalize("NFKC", name).strip()
    letters = "".join(c for c in plain.translate(_GREEK).casefold() if c.isalnum())
    return letters if len(letters) > 1 else plain
