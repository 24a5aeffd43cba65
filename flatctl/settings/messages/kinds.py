"""Which kind of panel was probably meant: people know what stands on the box, not our words."""

import difflib
import re

from flatctl.settings.panels import PANEL_MODELS

_MOST = 3  # more than these are no suggestion
_NAME = re.compile(r"[A-Z][\w/-]{3,}")


def kinds_meant(word: str) -> list[str]:
    """Return the kinds that `word` may stand for: by their spelling, else by what they drive."""
    plain = _plain(word)
    titles = {
        kind: re.split("[:;]", model.__doc__ or "")[0] for kind, model in PANEL_MODELS.items()
    }
    for known in (
        {kind: _plain(kind) == plain for kind in titles},
        {kind: len(plain) > 2 and plain in _plain(title) for kind, title in titles.items()},
    ):
        if 0 < sum(known.values()) <= _MOST:
            return [kind for kind, meant in known.items() if meant]
    names: dict[str, list[str]] = {}
    for kind, title in titles.items():
        for name in {_plain(name) for name in _NAME.findall(title)}:
            names.setdefault(name, []).append(kind)
    spelled = {name: kinds for name, kinds in names.items() if len(kinds) == 1}
    spelled |= {_plain(kind): [kind] for kind in titles}
    close = difflib.get_close_matches(plain, spelled, n=1)
    return spelled[close[0]] if close else []


def _plain(text: str) -> str:
    """Return letters and digits alone: Flat-Man, flat man and FlatMan are one name."""
    return re.sub(r"[\W_]", "", text.casefold())
