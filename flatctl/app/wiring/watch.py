"""Looking after a rig until its flats are due."""

import subprocess
from datetime import datetime
from pathlib import Path

from flatctl import events
from flatctl.app.check import check_settings
from flatctl.app.wiring.dawn_wait import Vigil
from flatctl.app.wiring.due import Due
from flatctl.app.wiring.notify import Notifier
from flatctl.app.wiring.rig import claim_rig, make_connections
from flatctl.app.wiring.sharing import disturbed
from flatctl.engine.clock import Clock
from flatctl.errors import Busy
from flatctl.settings.models import Settings
from flatctl.storage.naming import local_zone, night_of

COMMAND_S = 60.0


class Watch:
    """Look after a rig until its flats are due, and to `wait` until nobody uses its camera."""

    def __init__(
        self,
        settings: Settings,
        clock: Clock,
        emit: events.Listener,
        notifier: Notifier,
        *,
        wait: bool = False,
    ) -> None:
        self._settings = settings
        self._clock = clock
        self._emit = emit
        self._notifier = notifier
        self._wait = wait

    def until(self, due: Due) -> None:
        """Wait, and report what is wrong while there is time to fix it."""
        Vigil(
            self._clock,
            window=due.window,
            hindrance=lambda: self._hindrance(due),
            tell=self._tell,
            check=self._check,
            remedy=due.remedy,
        ).keep()

    def _tell(self, what: str) -> None:
        self._emit(events.Waiting(time=self._clock.now(), what=what))

    def _check(self) -> None:
        found = [line for line in check_settings(self._settings) if not line.ok]
        for line in found:
            self._emit(
                events.Problem(
                    time=self._clock.now(), subject=line.subject, what=line.text, mend=line.remedy
                )
            )
        if found:
            lines = [f"{line.subject}: {line.text}\n  {line.remedy}".rstrip() for line in found]
            self._notifier.tell("problem", "\n".join(lines))

    def _hindrance(self, due: Due) -> str:
        """Return why flats can't begin yet, or an empty string."""
        key, table = f"{due.name}.after", due.table
        if table.after is not None and (said := _still_imaging(key, table.after)):
            return said
        if table.after_file is not None and not self._written_tonight(table.after_file):
            return f"imaging goes on: there is no {table.after_file} of this night yet"
        try:
            with claim_rig(self._settings):
                return self._used_by_others() if self._wait else ""
        except Busy as busy:
            return str(busy)

    def _used_by_others(self) -> str:
        with make_connections(self._settings) as connections:
            used = disturbed(self._settings, connections)
        return f"imaging goes on: {used.device} {used.what}" if used is not None else ""

    def _written_tonight(self, path: Path) -> bool:
        try:
            written = datetime.fromtimestamp(path.stat().st_mtime).astimezone()
        except OSError:
            return False
        zone = local_zone()
        return night_of(written, zone) == night_of(self._clock.now(), zone)


def _still_imaging(key: str, command: str) -> str:
    """Ask the command; return an empty string when it ends with 0, else what it did."""
    try:
        ended = subprocess.run(
            command,
            shell=True,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            timeout=COMMAND_S,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return f"{key}: no answer within {COMMAND_S:g} s: {command}"
    match ended.returncode:
        case 0:
            return ""
        case 126 | 127:
            return f"{key}: there is no such command: {command}"
        case code:
            return f"imaging goes on: {key} ended with {code}"
