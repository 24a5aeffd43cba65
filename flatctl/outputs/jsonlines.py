"""Events as JSON, one object per line: what `--json` prints, and how `run.json` spells them."""

import json
import math
import os
import sys
from collections.abc import Iterable, Mapping
from dataclasses import asdict, fields
from datetime import UTC, datetime
from pathlib import Path
from typing import TextIO

from flatctl.core.quality.findings import Finding, Spot
from flatctl.core.search.endings import Ending
from flatctl.core.sky.steps import Fact
from flatctl.core.types import Statistics
from flatctl.errors import StorageError
from flatctl.events import (
    OF_SKY,
    Awaited,
    Doubt,
    Event,
    FilterFinished,
    PlannedFilter,
    Preparation,
    Waiting,
    Why,
)
from flatctl.outputs.record import RunRecord
from flatctl.outputs.sentences.findings import finding_words
from flatctl.outputs.sentences.reasons import awaited_words, why_words


def to_plain(event: Event) -> dict[str, object]:
    """Return the event as a dictionary that JSON can hold, `event` and `time` first.

    Beside the facts of why something happened stands the sentence that says it.
    """
    plain: dict[str, object] = {"event": event.event}
    for each in fields(event):
        value = getattr(event, each.name)
        if OF_SKY in each.metadata and value is None:
            continue
        if each.name == "why":
            unknown = event.outcome if isinstance(event, FilterFinished) else event.event
            plain |= _reason(value, unknown)
        else:
            plain[each.name] = _plain(value)
    return plain | _light_awaited(event)


def _light_awaited(event: Event) -> dict[str, object]:
    """Return the figures of a wait for the light of the sky; nothing of any other event."""
    what = event.what if isinstance(event, Waiting) else ""
    if isinstance(what, str) or what.what is not Preparation.LIGHT:
        return {}
    return {
        "for": what.what.value,
        "seconds": what.left_s,
        "sun_altitude_deg": what.sun_altitude_deg,
    }


def _reason(why: Why, unknown: str) -> dict[str, object]:
    """Return a reason as sentence and facts; where only words are known its kind is `unknown`."""
    kind = why.value if isinstance(why, Doubt) else unknown
    found: list[dict[str, object]] = [{"kind": kind, "figures": {}}] if why else []
    if not isinstance(why, str):
        facts = why if isinstance(why, tuple) else (why,)
        found = [{"kind": _kind(each), "figures": _plain(each.figures)} for each in facts]
    plain = {"reason": why_words(why), "finding": found[0] if found else None}
    return plain | ({"findings": _plain(why)} if len(found) > 1 else {})


def _kind(fact: Finding | Ending | Fact) -> str:
    return fact.why if isinstance(fact, Fact) else fact.kind


def _plain(value: object) -> object:
    match value:
        case float():
            return value if math.isfinite(value) else None
        case datetime():
            return value.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        case Doubt():
            return why_words(value)
        case Awaited():
            return awaited_words(value)
        case Path():
            return str(value)
        case Statistics() | Spot() | PlannedFilter():
            return _plain(asdict(value))
        case Finding():
            return {
                "kind": value.kind.value,
                "reason": finding_words(value),
                "figures": _plain(value.figures),
            }
        case Mapping():
            return {str(k): _plain(v) for k, v in value.items()}
        case tuple() | list():
            return [_plain(v) for v in value]
        case _:
            return value


def encode(plain: Mapping[str, object]) -> str:
    """Return one line of strict JSON, ASCII only, so that any locale can print it.

    JSON knows neither NaN nor infinity; both become `null`.
    """
    return json.dumps(_plain(plain), allow_nan=False)


class Outlet:
    """A stream that others read, maybe only for a while.

    When the reader of a pipe has left (`flatctl run ... | head -1`), the outlet falls silent and
    the run goes on: the flats matter more than who watches.
    """

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._open = True

    def write(self, text: str) -> None:
        """Write and flush; characters the stream's encoding lacks become question marks.

        Raises:
            StorageError: the stream can't take it (disk full behind a redirection); raised once.

        """
        if not self._open:
            return
        encoding = getattr(self._stream, "encoding", None) or "utf-8"
        try:
            self._stream.write(text.encode(encoding, "replace").decode(encoding))
            self._stream.flush()
        except BrokenPipeError:
            self._silence()
        except OSError as error:
            self._silence()
            where = getattr(self._stream, "name", "the output")
            raise StorageError(
                f"{where}: {error.strerror or error}; make room or send the output elsewhere"
            ) from error

    def _silence(self) -> None:
        # Python flushes stdout once more as it exits; without this it would print an error then.
        self._open = False
        try:
            descriptor = self._stream.fileno()
        except (OSError, ValueError):
            return
        devnull = os.open(os.devnull, os.O_WRONLY)
        os.dup2(devnull, descriptor)
        os.close(devnull)


class JsonLines:
    """Print every event as one line of JSON, flushed at once."""

    def __init__(self, stream: TextIO) -> None:
        self._outlet = Outlet(stream)

    def __call__(self, event: Event, _run: RunRecord) -> None:
        """Print one event."""
        self.print(to_plain(event))

    def print(self, plain: Mapping[str, object]) -> None:
        """Print one line."""
        self._outlet.write(encode(plain) + "\n")


def print_lines(lines: Iterable[str]) -> None:
    """Write lines to stdout, as an `Outlet` does."""
    Outlet(sys.stdout).write("".join(f"{line}\n" for line in lines))
