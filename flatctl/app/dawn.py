"""`flatctl dawn`: wait for the morning, then take the flats."""

import subprocess
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from datetime import datetime, time, timedelta
from functools import partial
from pathlib import Path

from flatctl import events
from flatctl.app.check import check_settings
from flatctl.app.estimate import expected
from flatctl.app.run import EventHub, run_settings, stored_in
from flatctl.app.wiring.dawn_wait import Vigil, local, next_local
from flatctl.app.wiring.journal import JournalWriter
from flatctl.app.wiring.notify import Notifier
from flatctl.app.wiring.person import Person, ensure_dark_flats_can_be_taken
from flatctl.app.wiring.rig import (
    claim_dawn,
    claim_rig,
    dawn_addresses,
    make_connections,
    transports_of,
)
from flatctl.app.wiring.sharing import Manners, disturbed
from flatctl.app.wiring.watchdog import BeatingClock, patience_s
from flatctl.core.nights.sun import next_rise, sun_range_deg
from flatctl.core.nights.window import Window, window_at
from flatctl.engine.clock import Clock, SystemClock
from flatctl.errors import Busy, ConfigError, UsageError
from flatctl.outputs.jsonlines import print_lines
from flatctl.outputs.record import Listener
from flatctl.outputs.systemd import Service
from flatctl.outputs.tables.run import due_lines, plan_lines
from flatctl.settings.loading import load
from flatctl.settings.models import Settings
from flatctl.settings.plan import plan_flats
from flatctl.settings.unattended import PANEL_SUN_DEG
from flatctl.storage.naming import local_zone, night_of

COMMAND_S = 60.0
USUALLY_OPEN = timedelta(hours=3)
# A latest time that comes later than this was passed before the flats were due.
LONGEST_OPEN = timedelta(hours=18)


def dawn(
    config: Path,
    *,
    at: time | None = None,
    sun_altitude_deg: float | None = None,
    filters: Sequence[str] = (),
    count: int | None = None,
    output: Path | None = None,
    dry_run: bool = False,
    resume: bool = True,
    wait: bool = False,
    force: bool = False,
    listeners: Sequence[Listener] = (),
) -> int:
    """Wait until flats are due, then do what `run` does and return its exit code.

    Raises `UnsafeError` when it has become too late, `ConfigError` where it can't be told when
    flats are due, and whatever `run` raises.
    """
    manners = Manners(wait, force)
    settings = load(config)
    if output is not None:
        settings = stored_in(settings, output)
    plan = partial(plan_flats, settings, only=filters, count=count)
    # What can be wrong with the wish itself is said before any device is touched.
    wanted = plan()
    transports_of(settings)
    due = Due(settings, at, sun_altitude_deg)
    if dry_run:
        told = plan_lines(settings, wanted, expected(settings, wanted))
        print_lines([*due.lines(SystemClock().now()), *told])
        return 0
    ensure_dark_flats_can_be_taken(settings)
    service = Service(patience_s(settings))
    with claim_dawn(settings), service, Notifier(settings) as notifier:
        heard: list[Listener] = [service, notifier.listen, *listeners]
        clock = BeatingClock(service.beat)
        person = Person(partial(notifier.warn, "hand"))

        def job() -> int:
            with ExitStack() as held:
                journal = JournalWriter(settings, "dawn", dawn_addresses(settings), held)
                watch = Watch(settings, clock, EventHub([journal, *heard]), notifier, wait=wait)
                watch.until(due)
            return run_settings(
                settings,
                plan,
                resume=resume,
                listeners=heard,
                clock=clock,
                manners=manners,
                person=person,
            )

        return notifier.report_ending_of(job)


class Due:
    """When the flats of a rig are due, by the Sun or by the clock."""

    def __init__(self, settings: Settings, at: time | None, sun_altitude_deg: float | None) -> None:
        if at is not None and sun_altitude_deg is not None:
            raise UsageError("--at and --sun-altitude: choose one of them")
        self._dawn = settings.dawn
        self._at = at
        self._site = settings.rig.site
        configured = (sun_altitude_deg, self._dawn.sun_altitude_deg, PANEL_SUN_DEG)
        self._altitude_deg = next(each for each in configured if each is not None)
        if at is None and self._site is None:
            raise ConfigError(
                f"{settings.source}: rig.latitude_deg and rig.longitude_deg are missing, and "
                "without a site nobody knows when the Sun rises; add them, or name a time: "
                "--at 06:30"
            )

    def window(self, now: datetime) -> Window:
        """Return the window that is open at `now`, or the next one.

        Raises `ConfigError` where the Sun does not rise through that altitude these days.
        """
        window = window_at(now, self._opening, self._closing)
        if window is None:
            raise ConfigError(self._no_such_sun(now))
        return window

    def lines(self, now: datetime) -> Iterator[str]:
        """Yield in words when the flats are due, as seen from `now`."""
        altitude_deg = self._altitude_deg if self._at is None else None
        return due_lines(self._dawn, self.window(now), now, altitude_deg)

    def _opening(self, after: datetime) -> datetime | None:
        if self._at is not None:
            return next_local(after, self._at)
        return next_rise(after, self._altitude_deg, self._site) if self._site else None

    def _closing(self, opens: datetime) -> datetime:
        ends = []
        latest, latest_deg = self._dawn.latest, self._dawn.latest_sun_altitude_deg
        if latest is not None:
            ends.append(next_local(opens, time.fromisoformat(latest)))
            if ends[0] - opens > LONGEST_OPEN:
                raise ConfigError(
                    f"dawn.latest = {latest}: flats are due at {local(opens)} only; choose a later "
                    "time, or a lower Sun"
                )
        if latest_deg is not None and self._site is not None:
            high = next_rise(opens, latest_deg, self._site)
            ends.append(min(high or opens + LONGEST_OPEN, opens + LONGEST_OPEN))
        return min(ends, default=opens + USUALLY_OPEN)

    def _no_such_sun(self, now: datetime) -> str:
        low_deg, high_deg = sun_range_deg(now, self._site) if self._site else (0.0, 0.0)
        return (
            f"the Sun does not rise through {self._altitude_deg:g}° these days: it stands between "
            f"{low_deg:.1f}° and {high_deg:.1f}°; choose dawn.sun_altitude_deg (or --sun-altitude) "
            "between these, or name a time: --at 06:30"
        )


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
            hindrance=self._hindrance,
            tell=self._tell,
            check=self._check,
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

    def _hindrance(self) -> str:
        """Return why flats can't begin yet, or an empty string."""
        dawn = self._settings.dawn
        if dawn.after is not None and (said := _still_imaging(dawn.after)):
            return said
        if dawn.after_file is not None and not self._written_tonight(dawn.after_file):
            return f"imaging goes on: there is no {dawn.after_file} of this night yet"
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


def _still_imaging(command: str) -> str:
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
        return f"dawn.after: no answer within {COMMAND_S:g} s: {command}"
    match ended.returncode:
        case 0:
            return ""
        case 126 | 127:
            return f"dawn.after: there is no such command: {command}"
        case code:
            return f"imaging goes on: dawn.after ended with {code}"
