"""From pydantic's errors to sentences an astronomer can act on."""

from collections.abc import Mapping
from typing import Any

from pydantic_core import ErrorDetails

from flatctl.settings.meanings import describe
from flatctl.settings.messages.allowed import allowed, hint
from flatctl.settings.messages.keys import keys_of
from flatctl.settings.messages.kinds import kinds_meant
from flatctl.settings.messages.problems import ABSENT, Problem, suggestion, value_at
from flatctl.settings.panels import PANEL_MODELS

_CHOICES = ("constrained-", "literal[", "tuple[")


def place_of(error: ErrorDetails) -> tuple[str, ...]:
    """Return the path of the key an error is about, as the file spells it.

    A table of a list is counted from 1; what is wrong with a value in a list is said of the list.
    """
    place: list[str] = []
    for nth, part in enumerate(error["loc"]):
        if isinstance(part, str) and part.startswith(_CHOICES):
            break  # pydantic reports each kind of value that a key may hold
        if isinstance(part, str):
            place.append(part)
        elif place == ["sets"] and nth + 1 < len(error["loc"]):
            place.append(str(part + 1))
        else:
            break
    # pydantic puts the kind between the panel and its key
    if place[0] == "panel" and len(place) > 1:
        del place[1]
    return tuple(place)


def explain(error: ErrorDetails, tables: Mapping[str, Any]) -> Problem:
    """Return an error as a problem: its place, the value found there, and what is allowed."""
    place = place_of(error)
    match error["type"]:
        case "extra_forbidden":
            value = value_at(tables, place)
            shown = ABSENT if isinstance(value, dict) else value
            return Problem(place, _unknown(place, tables), shown)
        case "missing" if isinstance(error["loc"][-1], str):
            return Problem(place, _missing(place, tables))
        case "union_tag_not_found":
            return Problem((*place, "kind"), f"missing; kinds are {', '.join(PANEL_MODELS)}")
        case "union_tag_invalid":
            kind = value_at(tables, (*place, "kind"))
            return Problem((*place, "kind"), _unknown_kind(kind), kind)
        case "path" | "sense":
            return Problem(place, error["msg"], value_at(tables, place))
    if place[-1] == "[key]":
        return Problem(place[:-1], "a filter's name can't be empty")
    return Problem(place, _must_be(place, tables), value_at(tables, place))


def _must_be(place: tuple[str, ...], tables: Mapping[str, Any]) -> str:
    field = keys_of(place[:-1], tables).get(place[-1])
    if field is None or place == ("panel",):
        return f"must be a table: [{'.'.join(place)}]"
    return f"must be {allowed(field)}{hint(place[-1], field, value_at(tables, place))}"


def _unknown(place: tuple[str, ...], tables: Mapping[str, Any]) -> str:
    *parents, key = place
    known = keys_of(parents, tables)
    what = "key" if parents else "table"
    meant = suggestion(key, known)
    if meant:
        return f"no such {what}; did you mean {meant!r}?"
    elsewhere = [table for table in keys_of(()) if key.casefold() in keys_of((table,), tables)]
    if elsewhere:
        return f"no such {what} here; it belongs under [{elsewhere[0]}]"
    return f"no such {what}; allowed are {', '.join(known)}"


def _missing(place: tuple[str, ...], tables: Mapping[str, Any]) -> str:
    if len(place) == 1:
        return f"the table [{place[0]}] is missing"
    describe()
    field = keys_of(place[:-1], tables)[place[-1]]
    return f"missing; must be {allowed(field)}: {field.description}"


def _unknown_kind(kind: object) -> str:
    meant = kinds_meant(kind) if isinstance(kind, str) else []
    hint = f"did you mean {' or '.join(map(repr, meant))}? " if meant else ""
    return f"no such kind of panel; {hint}kinds are {', '.join(PANEL_MODELS)}"
