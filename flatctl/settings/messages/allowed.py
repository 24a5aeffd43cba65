"""What a key may hold, in words: used by error messages and by the reference."""

import math
from pathlib import Path
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, TypeGuard, Union, get_args, get_origin

from pydantic import BaseModel, SecretStr
from pydantic.fields import FieldInfo

_FULL_ADU = 65535
_FEW_PERCENT = 2  # nobody means less


def allowed(field: FieldInfo) -> str:
    """Say what a key may hold, e.g. "a whole number from 1 to 65535"."""
    return _in_words(field.annotation, list(field.metadata))


def hint(key: str, field: FieldInfo, value: object) -> str:
    """Return how what was written is probably meant, to stand behind what is allowed; or nothing.

    Percent and ADU of 16 bits are taken for the fraction that is wanted, a figure for the `start`
    of a table that has one.
    """
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        return ""
    table = next((a for a in (field.annotation, *get_args(field.annotation)) if _is_table(a)), None)
    if table is not None:
        return f", like {key} = {{ start = {value:g} }}" if "start" in table.model_fields else ""
    most = _limit(field.metadata, "lt")
    if most is None or most > 1 or value < _FEW_PERCENT:
        return ""
    said = f"{value:g} %" if value <= 100 else f"{value:g} ADU of {_FULL_ADU}"
    frac = value / (100 if value <= 100 else _FULL_ADU)
    return f"; {said} is {frac:.2g}" if frac < most else ""


def _in_words(annotation: Any, limits: list[Any]) -> str:
    origin, arguments = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        return _in_words(arguments[0], limits + _unfolded(arguments[1:]))
    if origin in (Union, UnionType):
        inner = [_in_words(a, limits) for a in arguments if a is not NoneType]
        return " or ".join(dict.fromkeys(inner))
    if origin is Literal:
        return " or ".join(f'"{value}"' for value in arguments)
    if origin is tuple and Ellipsis not in arguments:
        words = list(dict.fromkeys(_in_words(each, []) for each in arguments))
        each = "each " if len(words) == 1 else ""
        return f"a list of {len(arguments)}, {each}{' and '.join(words)}"
    if origin is tuple:
        return _list_of(arguments[0], limits)
    if origin is dict:
        return "a table per filter" if _is_table(arguments[1]) else "a table of names in quotes"
    return _plain(annotation, limits)


def _plain(annotation: Any, limits: list[Any]) -> str:
    if annotation is bool:
        return "true or false"
    if annotation is int:
        return "a whole number" + _range(limits)
    if annotation is float:
        return "a number" + _range(limits)
    if annotation is str and _limit(limits, "pattern"):
        return 'a time of day in quotes, like "06:30"'
    if annotation in (str, SecretStr):
        return "a text in quotes" + (", not empty" if _limit(limits, "min_length") else "")
    if annotation is Path:
        return "a path in quotes"
    if _is_table(annotation):
        return f"a table with {', '.join(annotation.model_fields)}"
    return "something else"


def _is_table(annotation: Any) -> TypeGuard[type[BaseModel]]:
    """Say whether an annotation is one of a table with keys of its own."""
    return isinstance(annotation, type) and issubclass(annotation, BaseModel)


def _list_of(item: Any, limits: list[Any]) -> str:
    at_least_one = ", at least one" if _limit(limits, "min_length") else ""
    match _in_words(item, []):
        case words if words.startswith("a text"):
            return f"a list of texts in quotes{at_least_one}"
        case words:
            return f"a list, each {words}{at_least_one}"


def _range(limits: list[Any]) -> str:
    ge, gt = _limit(limits, "ge"), _limit(limits, "gt")
    le, lt = _limit(limits, "le"), _limit(limits, "lt")
    if ge is not None and le is not None:
        return f" from {ge} to {le}"
    parts = [
        f"{word} {limit}"
        for word, limit in (("at least", ge), ("above", gt), ("at most", le), ("below", lt))
        if limit is not None
    ]
    return f" {' and '.join(parts)}" if parts else ""


def _limit(limits: list[Any], name: str) -> Any:
    return next((v for m in limits if (v := getattr(m, name, None)) is not None), None)


def _unfolded(metadata: tuple[Any, ...]) -> list[Any]:
    return [
        inner
        for entry in metadata
        for inner in (entry.metadata if isinstance(entry, FieldInfo) else [entry])
    ]
