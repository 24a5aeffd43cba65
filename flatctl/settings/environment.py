"""Environment variables `FLATCTL_SECTION__KEY` that override keys of the file."""

import tomllib
from collections.abc import Mapping
from copy import deepcopy
from dataclasses import dataclass, field
from typing import Any

from pydantic.fields import FieldInfo

from flatctl.settings.messages.allowed import allowed
from flatctl.settings.messages.keys import keys_of
from flatctl.settings.messages.problems import Problem, suggestion

PREFIX = "FLATCTL_"
# How what is allowed begins where that is a text, even one that looks like a number.
_TEXTS = ("a text", "a path", "a time of day")


@dataclass
class Overlay:
    """The tables of the file with the environment laid over them.

    `variables` tell, for each place that the environment has set, which one did it. `problems` are
    variables that fit nowhere.
    """

    tables: dict[str, Any]
    variables: dict[tuple[str, ...], str] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)


def lay_over(tables: dict[str, Any], env: Mapping[str, str]) -> Overlay:
    """Lay the variables of `env` over the tables of the file.

    A variable without a double underscore is no setting (`FLATCTL_DEBUG`), unless it starts with
    the name of a table: then an underscore was forgotten.
    """
    overlay = Overlay(deepcopy(tables))
    for name in sorted(env):
        if not name.startswith(PREFIX):
            continue
        parts = name.removeprefix(PREFIX).split("__")
        if len(parts) == 1:
            _forgotten_underscore(overlay, name, parts[0])
        else:
            _override(overlay, name, parts, env[name])
    return overlay


def _forgotten_underscore(overlay: Overlay, name: str, word: str) -> None:
    for table in keys_of(()):
        if word.casefold().startswith(f"{table}_"):
            meant = f"{PREFIX}{table.upper()}__{word[len(table) + 1 :]}"
            overlay.problems.append(_misfit(name, f"no such setting; did you mean {meant}?"))


def _override(overlay: Overlay, name: str, parts: list[str], text: str) -> None:
    place = _place(parts, overlay.tables)
    if place[0] not in keys_of(()):
        meant = suggestion(place[0], keys_of(()))
        hint = f"did you mean {PREFIX}{meant.upper()}__…? " if meant else ""
        tables = ", ".join(keys_of(()))
        overlay.problems.append(_misfit(name, f"no such table; {hint}tables are {tables}"))
        return
    table = overlay.tables
    for part in place[:-1]:
        table = table.setdefault(part, {})
        if not isinstance(table, dict):
            return
    table[place[-1]] = _value(text, keys_of(place[:-1], overlay.tables).get(place[-1]))
    overlay.variables[place] = name


def _misfit(name: str, text: str) -> Problem:
    return Problem((), f"environment variable {name}: {text}")


def _place(parts: list[str], tables: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the place a variable means: keys are lower case, filters as the file spells them."""
    place = [part.casefold() for part in parts]
    if place[0] == "filters":
        place[1] = _filter_name(parts[1], tables)
    return tuple(place)


def _filter_name(word: str, tables: Mapping[str, Any]) -> str:
    names: list[object] = []
    for table, key in (("filters", None), ("flats", "filters")):
        found = tables.get(table)
        if key is not None and isinstance(found, dict):
            found = found.get(key)
        names += found if isinstance(found, dict | list) else []
    spelled = [n for n in names if isinstance(n, str) and n.casefold() == word.casefold()]
    return word if word in spelled or not spelled else spelled[0]


def _value(text: str, key: FieldInfo | None) -> object:
    """Return the value of a variable: TOML, or a text where it is none or the key wants a text."""
    try:
        parsed = tomllib.loads(f"value = {text}")
    except (ValueError, RecursionError):
        return text
    value = parsed["value"] if parsed.keys() == {"value"} else text
    wants_text = key is not None and allowed(key).startswith(_TEXTS)
    return text if wants_text and not isinstance(value, str) else value
