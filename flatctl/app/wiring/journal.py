"""The live journal: what a run tells, line by line, for whoever looks on beside it.

The first line says which process runs what, and what it has claimed. Whether that is still so is
asked of the claims, never of the file: a run that was killed can't take it back.
"""

import json
import os
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from io import TextIOWrapper
from pathlib import Path

import flatctl
from flatctl.app.wiring.claim import name_of, take_name
from flatctl.core.types import Light
from flatctl.devices.sockets import holder_of
from flatctl.errors import StorageError
from flatctl.events import Event, RunFinished
from flatctl.outputs.jsonlines import to_plain
from flatctl.outputs.record import RunRecord
from flatctl.outputs.standing import BY_HAND
from flatctl.outputs.stored import event_of, moment
from flatctl.settings.models import Settings
from flatctl.settings.tables import default_history
from flatctl.storage.atomic import write_text

SUFFIX = ".jsonl"
_SEEN_TO = "mount_seen_to"
_BYTES_MAX = 64_000_000
WRITTEN_MAX_BYTES = 32_000_000
"""A journal grows no further, but for the line that tells of the end."""
# An exposure was told of a little after it had begun.
_SLACK_S = 10.0


def journal_folder() -> Path:
    """Return where the journals of this user's runs lie."""
    return default_history().with_name("live")


@dataclass(frozen=True)
class Journal:
    """A journal as it was read: its first line, and the events told so far."""

    path: Path
    head: Mapping[str, object]
    told: tuple[Mapping[str, object], ...]

    @property
    def rig(self) -> str:
        """The rig's name."""
        return str(self.head.get("rig", ""))

    @property
    def holder(self) -> int | None:
        """The process that runs it, None where that has ended."""
        claims = self.head.get("claims")
        names = claims if isinstance(claims, list) else []
        holders = {holder_of(name) for name in names if isinstance(name, str)}
        pid = self.head.get("pid")
        return pid if isinstance(pid, int) and pid in holders else None

    @property
    def began(self) -> datetime | None:
        """When it was begun, in UTC."""
        return moment(self.head.get("time"))

    @property
    def left_mount(self) -> bool:
        """Say whether its run pointed a mount and was cut short, and nobody has seen to it."""
        told = {str(each.get("event")) for each in self.told}
        return "pointing" in told and not told & {"run_finished", _SEEN_TO}

    def see_to(self) -> None:
        """Note that the mount of a run that was cut short has been seen to."""
        with suppress(OSError), self.path.open("a", encoding="utf-8") as file:
            file.write(json.dumps({"event": _SEEN_TO}) + "\n")

    def events(self) -> Iterator[Event]:
        """Yield what was told, in order."""
        for plain in self.told:
            event = event_of(plain)
            if event is not None:
                yield event


class JournalWriter:
    """Write the journal of what claims these `addresses`; a disk that is full silences it."""

    def __init__(
        self, settings: Settings, command: str, addresses: Sequence[str], held: ExitStack
    ) -> None:
        self._lines = self._bytes = 0
        self._file: TextIOWrapper | None = None
        head = {
            "pid": os.getpid(),
            "time": _now(),
            "boot": _boot_id(),
            "command": command,
            "config": str(Path(settings.source).resolve()) if settings.source else "",
            "rig": settings.rig.name,
            "claims": [name_of(address) for address in addresses],
            "version": flatctl.__version__,
        }
        with suppress(OSError, StorageError):
            folder = journal_folder()
            folder.mkdir(parents=True, exist_ok=True)
            path = next(path for path in _paths(settings.rig.name) if take_name(held, path))
            write_text(path, json.dumps(head) + "\n")
            self._file = held.enter_context(path.open("a", encoding="utf-8"))

    def __call__(self, event: Event, _run: RunRecord) -> None:
        """Add one event."""
        if self._file is None:
            return
        self._lines += 1
        line = json.dumps({"seq": self._lines, **to_plain(event)}) + "\n"
        self._bytes += len(line)
        if self._bytes > WRITTEN_MAX_BYTES and not isinstance(event, RunFinished):
            return  # what it has told of is enough, and how it ends is told all the same
        try:
            self._file.write(line)
            self._file.flush()
        except OSError:
            self._file = None


def note_in_journal(settings: Settings, facts: Mapping[str, object]) -> None:
    """Add what was done to a rig beside any run to its journal; make one where there is none.

    A line that is no run's has the number after the last one, unless a run is writing there.
    """
    with suppress(OSError, StorageError, ValueError):
        last = _last_of(settings.rig.name)
        if last is None:
            with ExitStack() as held:
                JournalWriter(settings, "", (), held)
            last = _last_of(settings.rig.name)
        if last is None:
            return
        numbers = [seq for each in last.told if isinstance(seq := each.get("seq"), int)]
        number = {} if last.holder else {"seq": max(numbers, default=0) + 1}
        with last.path.open("a", encoding="utf-8") as file:
            file.write(json.dumps({**number, "time": _now(), **facts}) + "\n")


def note_by_hand(
    settings: Settings, light: Light, brightness: int | None = None, cover: str | None = None
) -> None:
    """Add how a panel was left by hand, by the word of the panel itself."""
    facts = {"light": light.value, "brightness": brightness, "cover": cover}
    note_in_journal(settings, {"event": BY_HAND, **facts})


def _last_of(rig: str) -> Journal | None:
    of_rig = [journal for journal in all_journals() if journal.rig == rig]
    return max(of_rig, key=lambda each: str(each.head.get("time", "")), default=None)


def read_journal(path: Path) -> Journal | None:
    """Return a journal, None where there is none that can be read."""
    with suppress(OSError, ValueError, RecursionError):
        if path.is_file() and path.stat().st_size <= _BYTES_MAX:
            lines = [json.loads(line) for line in _whole_lines(path)]
            head, *told = [line for line in lines if isinstance(line, dict)]
            return Journal(path, head, tuple(told))
    return None


def all_journals() -> list[Journal]:
    """Return the journals of this user, those of runs that have ended included."""
    found = (read_journal(path) for path in sorted(journal_folder().glob(f"*{SUFFIX}")))
    return [journal for journal in found if journal is not None]


def is_left_behind(settings: Settings, left_s: float | None) -> bool:
    """Tell whether an exposure with `left_s` to go is one that a killed run of this rig began."""
    if left_s is None:
        return False
    return any(
        _began_it(journal, left_s)
        for journal in all_journals()
        if journal.rig == settings.rig.name and journal.holder in (None, os.getpid())
    )


def _began_it(journal: Journal, left_s: float) -> bool:
    if any(told.get("event") == "run_finished" for told in journal.told):
        return False
    exposing = [told for told in journal.told if told.get("event") == "exposing"]
    began = moment(exposing[-1].get("time")) if exposing else None
    exposure_s = exposing[-1].get("exposure_s") if exposing else None
    if began is None or not isinstance(exposure_s, int | float):
        return False
    ago_s = (datetime.now(UTC) - began).total_seconds()
    return left_s <= exposure_s and 0 <= ago_s <= 2 * exposure_s + _SLACK_S


def _paths(rig: str) -> Iterator[Path]:
    token = re.sub(r"[^A-Za-z0-9_-]+", "-", rig).strip("-") or "rig"
    yield journal_folder() / f"{token}{SUFFIX}"
    for number in range(2, 1000):
        yield journal_folder() / f"{token}-{number}{SUFFIX}"


def _whole_lines(path: Path) -> Sequence[str]:
    # The last line may be on its way.
    return path.read_text("utf-8").rpartition("\n")[0].splitlines()


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _boot_id() -> str:
    with suppress(OSError):
        return Path("/proc/sys/kernel/random/boot_id").read_text("utf-8").strip()
    return ""
