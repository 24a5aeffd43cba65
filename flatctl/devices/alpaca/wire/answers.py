"""What stands in an Alpaca answer: JSON from anybody, of which nothing is taken on trust."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping
from typing import Any

LONGEST_TEXT_CHARS = 300
_NUMBER = range(-(2**31), 2**32)
_MARKUP = re.compile(r"<(script|style|title)\b.*?</\1>|<[^>]*>", re.DOTALL | re.IGNORECASE)


class Answer:
    """A JSON answer: its error, and its value, each as far as it is there.

    Raises `ValueError`, in words that follow "answered ...", for what is none.
    """

    def __init__(self, content: bytes) -> None:
        members = parse(content)
        if not isinstance(members, dict):
            raise ValueError(f"with {short(content)}, which is no answer of Alpaca's")
        # Servers differ in case, and an error must not be missed.
        folded = {key.casefold(): value for key, value in members.items()}
        self.value: Any = folded.get("value")
        self.number = _number(folded, "errornumber")
        self.text = text_of(folded.get("errormessage") or "")
        self.transaction = _number(folded, "clienttransactionid")


def parse(content: bytes) -> Any:
    """Return what JSON means. Raises `ValueError` as `Answer` does."""
    try:
        return json.loads(content.decode("utf-8-sig"))
    except (ValueError, RecursionError):
        raise ValueError(f"with {short(content)}, which is no JSON") from None


def text_of(said: object) -> str:
    """Return what a device says in one line of bounded length, without markup."""
    words = " ".join(_MARKUP.sub(" ", str(said)[:8000]).split())
    shown = "".join(each if each.isprintable() else "?" for each in words)
    return shown if len(shown) <= LONGEST_TEXT_CHARS else f"{shown[:LONGEST_TEXT_CHARS]}…"


def short(content: bytes) -> str:
    """Return the beginning of an answer, to be shown."""
    shown = text_of(content[:400].decode(errors="replace"))[:60]
    return repr(shown) if shown else "nothing"


def shown(value: object) -> str:
    """Return a value in short, to be shown or logged."""
    return text_of(repr(value)[:4000])


def whole(value: object) -> int:
    """Return a value that has to be a whole number. Raises `ValueError` for another one."""
    made = number(value)
    if not made.is_integer():
        raise ValueError(f"with {shown(value)}, and a whole number was asked for")
    return int(made)


def number(value: object) -> float:
    """Return a value that has to be a finite number. Raises `ValueError` for another one."""
    if isinstance(value, int | float) and not isinstance(value, bool):
        try:
            if math.isfinite(made := float(value)):
                return made
        except OverflowError:
            pass
    raise ValueError(f"with {_or_nothing(value)}, and a number was asked for")


def truth(value: object) -> bool:
    """Return a value that has to be true or false. Raises `ValueError` for another one."""
    if not isinstance(value, bool):
        raise ValueError(f"with {_or_nothing(value)}, and true or false was asked for")
    return value


def text(value: object) -> str:
    """Return a value that has to be a text, in one line. Raises `ValueError` for another one."""
    if not isinstance(value, str):
        raise ValueError(f"with {_or_nothing(value)}, and a text was asked for")
    return text_of(value)


def texts(value: object) -> tuple[str, ...]:
    """Return a value that has to be a list of texts; some servers send numbers as such.

    Raises `ValueError` for another one.
    """
    if not isinstance(value, list) or not all(
        isinstance(one, str | int | float) and not isinstance(one, bool) for one in value
    ):
        raise ValueError(f"with {_or_nothing(value)}, and a list of texts was asked for")
    return tuple(text_of(one) for one in value)


def _or_nothing(value: object) -> str:
    return "no value" if value is None else shown(value)


def _number(members: Mapping[str, Any], key: str) -> int:
    said = members.get(key)
    if said is None:
        return 0
    try:
        if (found := whole(said)) in _NUMBER:
            return found
    except ValueError:
        pass
    raise ValueError(f"with {shown(said)} as its {key}")
