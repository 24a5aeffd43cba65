"""Environment variables `FLATCTL_SECTION__KEY` that override keys of the file."""

import tomllib
from collections.abc import Mapping
from copy import deepcopy
from dataclasses import dataclass, field
from typing import Any

from flatctl.settings.messages.keys import keys_of
from flatctl.settings.messages.problems import Problem, suggestion

PREFIX = "FLATCTL_"


@dataclass
class Overlay:
    """The tables of the file with the environment laid over them.

    `variables` and `texts` tell, for each place that the environment has set, which variable did
    it and what it held. `problems` are variables that fit nowhere.
    """

    tables: dict[str, Any]
    variables: dict[tuple[str, ...], str] = field(default_factory=dict)
    texts: dict[tuple[str, ...], str] = field(default_factory=dict)
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
    table[place[-1]] = _value(text)
    overlay.variables[place] = name
    overlay.texts[place] = text


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


def _value(text: str) -> object:
    try:
        parsed = tomllib.loads(f"value = {text}")
    except (ValueError, RecursionError):
        return text
    return parsed["value"] if parsed.keys() == {"value"} else text
