"""Who is at work on this machine, as the claims say, and how far, as the journals say."""

import os
import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from flatctl.app.wiring.claim import PREFIX, name_of
from flatctl.app.wiring.journal import Journal, all_journals
from flatctl.app.wiring.rig import rig_addresses, wait_addresses
from flatctl.devices.sockets import holder_of
from flatctl.errors import UsageError
from flatctl.events import Exposing
from flatctl.outputs.record import RunRecord
from flatctl.settings.loading import load


@dataclass(frozen=True)
class Work:
    """What is known of a rig: the process that drives it, None for nobody, and what it told.

    `exposing` is the exposure told of last, `config` the file it was begun with.
    """

    rig: str
    pid: int | None
    began: datetime | None = None
    record: RunRecord | None = None
    exposing: Exposing | None = None
    config: str = ""
    journal: Path | None = None


def works() -> list[Work]:
    """Return what this user's journals tell, of each rig the last work."""
    return [_work(journal) for journal in all_journals()]


def named(rig: str) -> Work:
    """Return the work of a rig, by its configuration or its name; a living one first.

    Raises `UsageError` where nothing is known of it.
    """
    path = Path(rig)
    if path.suffix == ".toml" or os.path.isfile(path):
        settings = load(path)
        waits = [each for name in ("dawn", "dusk") for each in wait_addresses(settings, name)]
        addresses = [*rig_addresses(settings), *waits]
        pids = {holder_of(name_of(address)) for address in addresses} - {None}
        of_rig = [work for work in works() if work.rig == settings.rig.name]
        alive = [work for work in of_rig if work.pid in pids]
        if alive or not pids:
            return [*alive, *of_rig, Work(settings.rig.name, None, config=str(path))][0]
        return Work(settings.rig.name, min(pids), config=str(path))  # type: ignore[type-var]  # no None
    found = sorted((w for w in works() if w.rig == rig), key=lambda work: work.pid is None)
    if not found:
        known = ", ".join(sorted({work.rig for work in works()})) or "none"
        raise UsageError(
            f"{rig}: no rig of that name has been at work for this user; known: {known}. Name its "
            "configuration instead"
        )
    return found[0]


def other_holders(known: Iterable[int | None]) -> list[int]:
    """Return the processes that hold a claim of flatctl's and are not `known`."""
    listed = Path("/proc/net/unix").read_text("ascii", "replace")
    names = set(re.findall(rf"@({re.escape(PREFIX)}[0-9a-f]{{64}})$", listed, re.MULTILINE))
    return sorted({pid for name in names if (pid := holder_of(name))} - set(known))


def _work(journal: Journal) -> Work:
    told = list(journal.events())
    exposing = [event for event in told if isinstance(event, Exposing)]
    return Work(
        rig=journal.rig,
        pid=journal.holder,
        began=journal.began,
        record=RunRecord.of(told),
        exposing=exposing[-1] if exposing else None,
        config=str(journal.head.get("config", "")),
        journal=journal.path,
    )
