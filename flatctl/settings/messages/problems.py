"""What is wrong in a configuration, and how it is said: place, value, what is allowed."""

import difflib
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from flatctl.errors import ConfigError
from flatctl.settings.toml import toml_key, toml_value

ABSENT: Final = object()
"""Stands for a value that is not there, as `None` could be a value."""
_LONGEST_VALUE = 60
_WITH_USER = re.compile(r"[^:/]*:/+[^/]*@")


@dataclass(frozen=True)
class Problem:
    """One thing to fix: `place` is the path of the key, `text` what is wrong and allowed."""

    place: tuple[str, ...]
    text: str
    value: object = ABSENT

    def line(self, file: str, variables: Mapping[tuple[str, ...], str]) -> str:
        """Return it as one line; `variables` tells which places the environment has set."""
        where = f"{file}: {'.'.join(map(toml_key, self.place))}" if self.place else file
        for length in range(1, len(self.place) + 1):
            if self.place[:length] in variables:
                where = f"environment variable {variables[self.place[:length]]}"
        known = self.value is not ABSENT and not _secret(self.place, self.value)
        shown = f" = {show(self.value)}" if known else ""
        return f"{where}{shown}: {self.text}"


def _secret(place: Sequence[str], value: object) -> bool:
    """Say whether what stands there may be an address with a password in it, misspelled or not."""
    if isinstance(value, str) and _WITH_USER.match(value):
        return True
    return any(word in part.casefold() for part in place for word in ("notif", "url"))


def refuse(
    problems: Sequence[Problem], file: Path, variables: Mapping[tuple[str, ...], str] | None = None
) -> ConfigError:
    """Return the one error that tells all problems, a line each."""
    lines = dict.fromkeys(problem.line(str(file), variables or {}) for problem in problems)
    return ConfigError("\n".join(lines))


def show(value: object) -> str:
    """Return a value as TOML would have it, shortened to a readable length."""
    try:
        text = toml_value(value)
    except TypeError:
        text = str(value)
    return text if len(text) <= _LONGEST_VALUE else text[: _LONGEST_VALUE - 1] + "…"


def suggestion(word: str, known: Iterable[str]) -> str:
    """Return the known word that was probably meant, or an empty string."""
    by_fold = {name.casefold(): name for name in known}
    close = difflib.get_close_matches(word.casefold(), by_fold, n=1)
    return by_fold[close[0]] if close else ""


def value_at(data: Any, place: Sequence[str]) -> object:
    """Return what stands at `place` in nested tables, `ABSENT` where nothing does."""
    for part in place:
        if isinstance(data, list) and part.isdecimal() and 1 <= int(part) <= len(data):
            data = data[int(part) - 1]
        elif isinstance(data, Mapping) and part in data:
            data = data[part]
        else:
            return ABSENT
    return data
