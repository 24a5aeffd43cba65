"""The events of a `run.json`, read back years later, by whatever version wrote them.

Somebody may have edited the file. Whatever is missing or of another type reads as unknown (NaN, an
empty text), so that a damaged file still gives a report; what is no event is passed over.
"""

import json
import math
import os
import stat
import types
from collections.abc import Callable, Iterator, Mapping
from dataclasses import fields, is_dataclass
from datetime import MAXYEAR, MINYEAR, UTC, datetime
from enum import StrEnum
from functools import cache, partial
from pathlib import Path
from typing import Any, Union, cast, get_args, get_origin, get_type_hints

from flatctl.core.pixels.full_scale import Proof
from flatctl.core.quality.findings import Finding
from flatctl.core.types import Light, LightSource, Outcome, Verdict
from flatctl.errors import StorageError, UsageError
from flatctl.events import KINDS, UNKNOWN_TIME, Event

_LARGEST_BYTES = 200_000_000
# What a damaged word of these reads as.
_UNKNOWN_WORD = {
    Outcome: Outcome.STOPPED,
    Verdict: Verdict.REFUSED,
    Light: Light.UNKNOWN,
    Proof: Proof.BEYOND,
    LightSource: LightSource.PANEL,
}


def read_run(path: Path) -> dict[str, object]:
    """Return what a `run.json` holds.

    Raises:
        UsageError: there is no such file.
        StorageError: it can't be read, or holds something else.

    """
    try:
        run = json.loads(stored_text(path))
    except (FileNotFoundError, NotADirectoryError) as error:
        missing = isinstance(error, FileNotFoundError)
        what = "there is no such file" if missing else f"{path.parent} is no folder"
        raise UsageError(
            f"{path}: {what}; give the folder of a night, "
            f"the one that holds {path.name} beside the FLAT folder"
        ) from error
    except (OSError, ValueError, RecursionError) as error:
        raise StorageError(f"{path}: it can't be read ({error}); restore it from a copy") from error
    if not isinstance(run, dict):
        raise StorageError(f"{path}: it does not hold a run; restore it from a copy")
    return run


def stored_text(path: Path) -> str:
    """Return what a file holds; one that is none, or far too large for a night, is not begun.

    Raises:
        OSError: it can't be read.
        ValueError: it is no ordinary file, too large, or no text.

    """
    # Not to wait: a pipe that nobody writes to must not hold anything up.
    descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    with open(descriptor, encoding="utf-8") as file:
        status = os.fstat(descriptor)
        if not stat.S_ISREG(status.st_mode):
            raise ValueError("it is no ordinary file")
        if status.st_size > _LARGEST_BYTES:
            raise ValueError(f"it has {status.st_size / 1e6:.0f} MB, more than any night")
        return file.read()


def events_of(run: Mapping[str, object]) -> Iterator[Event]:
    """Yield the events of a run as `run.json` holds it."""
    stored = run.get("events")
    for plain in stored if isinstance(stored, list) else []:
        event = event_of(plain)
        if event is not None:
            yield event


def event_of(plain: object) -> Event | None:
    """Return the event that a dictionary holds, None where it is of an unknown kind."""
    if not isinstance(plain, Mapping):
        return None
    kind = KINDS.get(str(plain.get("event")))
    if kind is None:
        return None
    # Keys that came later: sets beside filters, and reasons as facts.
    first = {"set": plain.get("filter"), "sets": plain.get("filters"), "why": plain.get("reason")}
    event: Event = _reader(cast(Any, kind))({**first, **plain})
    return event


def moment(value: object) -> datetime | None:
    """Return a moment in UTC, `None` where it is none; one without a zone is in UTC.

    One at an end of the calendar is none: in some local times it does not exist.
    """
    try:
        found = datetime.fromisoformat(value) if isinstance(value, str) else None
        if found and not MINYEAR < found.year < MAXYEAR:
            return None
        return found and (found.astimezone(UTC) if found.tzinfo else found.replace(tzinfo=UTC))
    except (ValueError, OverflowError):
        return None


Reader = Callable[[Any], Any]


@cache
def _reader(hint: Any) -> Reader:
    """Return what reads a value as what a field is annotated as."""
    options = get_args(hint)
    if get_origin(hint) in (Union, types.UnionType):
        return _reader_of_one(options)
    if get_origin(hint) is tuple:
        return _reader_of_many(options[0])
    if get_origin(hint) is not None:
        return _reader_of_pairs(options[1])
    if is_dataclass(hint) and isinstance(hint, type):
        return _reader_of_record(hint)
    return partial(_read_simple, hint)


def _reader_of_many(kind: Any) -> Reader:
    each = _reader(kind)

    def read(value: Any) -> tuple[Any, ...]:
        values = value if isinstance(value, list) else []
        if kind is int and not all(map(_is_figure, values)):
            return ()  # a whole number has no way to be unknown
        return tuple(map(each, values))

    return read


def _reader_of_pairs(kind: Any) -> Reader:
    each = _reader(kind)

    def read(value: Any) -> dict[str, Any]:
        pairs = value.items() if isinstance(value, Mapping) else ()
        return {str(key): each(of) for key, of in pairs}

    return read


def _reader_of_record(kind: Any) -> Reader:
    hints = get_type_hints(kind)
    readers = {field.name: _reader(hints[field.name]) for field in fields(kind)}

    def read(value: Any) -> Any:
        inner = value if isinstance(value, Mapping) else {}
        return kind(**{name: each(inner.get(name)) for name, each in readers.items()})

    return read


def _reader_of_one(options: tuple[Any, ...]) -> Reader:
    """Return what reads an optional figure, or a reason: of that the file has the words."""
    if types.NoneType in options:
        inner = next(each for each in options if each is not types.NoneType)
        known = _reader(inner)
        is_number = inner in (int, float)
        return lambda v: None if v is None or (is_number and not _is_figure(v)) else known(v)

    def read(value: Any) -> str:
        if Finding in options and isinstance(value, Mapping):
            value = value.get("reason")
        return value if isinstance(value, str) else ""

    return read


def _read_simple(hint: Any, value: Any) -> Any:
    if hint is bool:
        return value is True
    if hint is float or hint is int:
        unknown = math.nan if hint is float else 0
        return hint(value) if _is_figure(value) else unknown
    if hint is datetime:
        return moment(value) or UNKNOWN_TIME
    text = value if isinstance(value, str) else ""
    if issubclass(hint, StrEnum):
        return hint(text) if text in list(hint) else _UNKNOWN_WORD[hint]
    return hint(text)


def _is_figure(value: Any) -> bool:
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return is_number and math.isfinite(value)
