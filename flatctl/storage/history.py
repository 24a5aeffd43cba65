"""What earlier nights taught, in SQLite: trained settings, responses, calibrations, past runs.

The history only makes runs shorter. So nothing that happens to it ever ends one: what can't be
read counts as unknown, what can't be written is forgotten, and `warnings` says so.
"""

import json
import sqlite3
from collections.abc import Callable
from contextlib import suppress
from dataclasses import asdict, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Self, TypeVar

from flatctl.core.nights.history import Calibrated, PastRun, SettingKey, Trained
from flatctl.core.pedestal import Origin, Pedestal

Kept = TypeVar("Kept")

SCHEMA_VERSION = 1
_SCHEMA = """
CREATE TABLE IF NOT EXISTS trained (
    key TEXT PRIMARY KEY, rig TEXT NOT NULL, brightness INTEGER NOT NULL,
    exposure_s REAL NOT NULL, level REAL NOT NULL, time TEXT NOT NULL
) STRICT;
CREATE TABLE IF NOT EXISTS responses (key TEXT PRIMARY KEY, response TEXT NOT NULL) STRICT;
CREATE TABLE IF NOT EXISTS calibrations (
    key TEXT PRIMARY KEY, rig TEXT NOT NULL, calibration TEXT NOT NULL, time TEXT NOT NULL
) STRICT;
CREATE TABLE IF NOT EXISTS sets (key TEXT PRIMARY KEY, record TEXT NOT NULL) STRICT;
CREATE TABLE IF NOT EXISTS pedestals (
    key TEXT PRIMARY KEY, adu REAL NOT NULL, error_adu REAL NOT NULL, origin TEXT NOT NULL
) STRICT;
CREATE TABLE IF NOT EXISTS runs (
    run TEXT PRIMARY KEY, rig TEXT NOT NULL, started TEXT NOT NULL, seconds REAL NOT NULL,
    exit_code INTEGER NOT NULL, frames INTEGER NOT NULL, directory TEXT NOT NULL,
    filters TEXT NOT NULL
) STRICT;
"""
# An earlier flatctl kept the pedestal under a name which no filter can have.
_OLD_PEDESTAL = "\0panel off"
_BROKEN = (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)
_PRIMARY_CODE = 0xFF  # the low byte of SQLite's extended result codes


class History:
    """The history at `path`, or in memory where that can't be used.

    A broken file is set aside under a name with a time stamp and a new one is begun. `warnings`
    says in whole sentences what went wrong.
    """

    def __init__(
        self,
        path: Path,
        *,
        busy_timeout_s: float = 5.0,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self.path = path
        self.warnings: list[str] = []
        self._busy_timeout_s = busy_timeout_s
        self._now = now
        self._connection = self._open()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the file."""
        self._connection.close()

    def trained(self, key: SettingKey) -> Trained | None:
        """Return the setting that was accepted last for `key`."""
        rows = self._run(
            "SELECT key, brightness, exposure_s, level, time FROM trained WHERE key = ?",
            _text(key),
        )
        return next((trained for _, trained in _readable(_trained, rows)), None)

    def all_trained(self, rig: str | None = None) -> list[tuple[SettingKey, Trained]]:
        """Return all trained settings, of one rig or of all."""
        rows = self._run(
            "SELECT key, brightness, exposure_s, level, time FROM trained"
            " WHERE ?1 IS NULL OR rig = ?1 ORDER BY rig, key",
            rig,
        )
        return _readable(_trained, rows)

    def remember(self, key: SettingKey, trained: Trained) -> None:
        """Keep `trained` in place of what was kept for `key`."""
        self._run(
            "INSERT OR REPLACE INTO trained VALUES (?, ?, ?, ?, ?, ?)",
            _text(key),
            key.rig,
            int(trained.brightness),
            float(trained.exposure_s),
            float(trained.level),
            trained.time.isoformat(),
        )

    def response(self, key: SettingKey) -> str | None:
        """Return what is known of panel and camera; the filter of `key` does not matter."""
        rows = self._run(
            "SELECT response FROM responses WHERE key = ?", _text(replace(key, filter=None))
        )
        return next((str(row[0]) for row in rows), None)

    def remember_response(self, key: SettingKey, response: str) -> None:
        """Keep `response` for all filters of `key`."""
        self._run(
            "INSERT OR REPLACE INTO responses VALUES (?, ?)",
            _text(replace(key, filter=None)),
            response,
        )

    def remember_calibration(self, key: SettingKey, calibration: str, time: datetime) -> None:
        """Keep a calibration for all filters of `key`, in place of what was kept for it."""
        self._run(
            "INSERT OR REPLACE INTO calibrations VALUES (?, ?, ?, ?)",
            _text(replace(key, filter=None)),
            key.rig,
            calibration,
            time.astimezone(UTC).isoformat(),
        )

    def calibrations(self, rig: str | None = None) -> list[Calibrated]:
        """Return all calibrations, of one rig or of all, the latest first."""
        rows = self._run(
            "SELECT key, calibration, time FROM calibrations"
            " WHERE ?1 IS NULL OR rig = ?1 ORDER BY time DESC",
            rig,
        )
        return _readable(_calibrated, rows)

    def calibration(self, key: SettingKey) -> Calibrated | None:
        """Return the latest calibration that fits `key`; the filter does not matter.

        What is `None` in `key` (left as it is, not yet known) fits anything.
        """
        wanted = {
            name: value
            for name, value in asdict(key).items()
            if value is not None and name != "filter"
        }
        for known in self.calibrations(key.rig):
            if wanted.items() <= asdict(known.key).items():
                return known
        return None

    def last_set(self, key: SettingKey) -> str | None:
        """Return what is remembered of the last set of flats of `key`, as it was handed in."""
        rows = self._run("SELECT record FROM sets WHERE key = ?", _text(key))
        return next((str(row[0]) for row in rows), None)

    def remember_set(self, key: SettingKey, record: str) -> None:
        """Keep `record` of a set in place of the last one of `key`."""
        self._run("INSERT OR REPLACE INTO sets VALUES (?, ?)", _text(key), record)

    def pedestal(self, key: SettingKey) -> Pedestal | None:
        """Return the level without light; the filter of `key` does not matter."""
        rows = self._run(
            "SELECT adu, error_adu, origin FROM pedestals WHERE key = ?",
            _text(replace(key, filter=None)),
        )
        known = _readable(_pedestal, rows) or _readable(_old_pedestal, self._old_pedestals(key))
        return next(iter(known), None)

    def _old_pedestals(self, key: SettingKey) -> list[tuple[Any, ...]]:
        text = self.last_set(replace(key, filter=_OLD_PEDESTAL))
        return [] if text is None else [(text,)]

    def remember_pedestal(self, key: SettingKey, pedestal: Pedestal) -> None:
        """Keep the level without light for all filters of `key`."""
        self._run(
            "INSERT OR REPLACE INTO pedestals VALUES (?, ?, ?, ?)",
            _text(replace(key, filter=None)),
            pedestal.adu,
            pedestal.error_adu,
            pedestal.origin.value,
        )

    def runs(self, rig: str | None = None, limit: int = 100) -> list[PastRun]:
        """Return past runs, of one rig or of all, the latest first."""
        rows = self._run(
            "SELECT run, rig, started, seconds, exit_code, frames, directory, filters FROM runs"
            " WHERE ?1 IS NULL OR rig = ?1 ORDER BY started DESC, run DESC LIMIT ?2",
            rig,
            limit,
        )
        return _readable(_past_run, rows)

    def remember_run(self, run: PastRun) -> None:
        """Keep a run, in place of what was kept of it before."""
        self._run(
            "INSERT OR REPLACE INTO runs VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            run.run,
            run.rig,
            run.started.astimezone(UTC).isoformat(),
            run.seconds,
            run.exit_code,
            run.frames,
            run.directory,
            json.dumps(dict(run.filters)),
        )

    def _run(self, statement: str, *values: object) -> list[tuple[Any, ...]]:
        """Execute one statement; a file found broken gets a second chance as a new one."""
        for _ in range(2):
            try:
                return self._connection.execute(statement, values).fetchall()
            except sqlite3.DatabaseError as error:
                if not _is_broken(error):
                    self._warn(f"could not be used this time ({error})")
                    if _code(error) == sqlite3.SQLITE_BUSY:
                        # Who locked it for so long may go on all night, and a run is waiting.
                        self._connection.execute("PRAGMA busy_timeout = 0")
                    break
                self._connection.close()
                self._set_aside(error)
                self._connection = self._open()
        return []

    def _open(self) -> sqlite3.Connection:
        for _ in range(2):
            try:
                self.path.parent.mkdir(parents=True, exist_ok=True)
                return self._connect(str(self.path))
            except sqlite3.DatabaseError as error:
                if not _is_broken(error):
                    self._warn(f"can't be used ({error}); nothing is remembered this time")
                    break
                self._set_aside(error)
            except OSError as error:
                self._warn(f"can't be made ({error.strerror}); nothing is remembered this time")
                break
        return self._connect(":memory:")

    def _connect(self, place: str) -> sqlite3.Connection:
        connection = sqlite3.connect(
            place, timeout=self._busy_timeout_s, isolation_level=None, check_same_thread=False
        )
        try:
            version = connection.execute("PRAGMA user_version").fetchone()[0]
            if version > SCHEMA_VERSION:
                raise sqlite3.OperationalError("it was written by a newer flatctl")
            connection.execute("PRAGMA journal_mode = WAL")
            connection.executescript(f"{_SCHEMA} PRAGMA user_version = {SCHEMA_VERSION};")
        except sqlite3.DatabaseError:
            connection.close()
            raise
        return connection

    def _set_aside(self, error: sqlite3.DatabaseError) -> None:
        """Rename the file and what SQLite keeps beside it, lest the new file inherit that."""
        aside = self.path.with_name(f"{self.path.name}.{self._now():%Y%m%dT%H%M%S%f}Z.broken")
        try:
            for suffix in ("", "-wal", "-shm"):
                with suppress(FileNotFoundError):
                    Path(f"{self.path}{suffix}").replace(f"{aside}{suffix}")
        except OSError as failure:
            self._warn(f"is broken ({error}) and can't be set aside ({failure.strerror})")
        else:
            self._warn(f"was broken ({error}); it was set aside as {aside.name}, a new one begun")

    def _warn(self, what: str) -> None:
        warning = f"history {self.path}: {what}"
        if warning not in self.warnings:
            self.warnings.append(warning)


def _is_broken(error: sqlite3.DatabaseError) -> bool:
    return _code(error) in _BROKEN


def _code(error: sqlite3.DatabaseError) -> int:
    return int(getattr(error, "sqlite_errorcode", 0)) & _PRIMARY_CODE


def _text(key: SettingKey) -> str:
    """Return one text for each key; SQL's NULLs would not equal one another."""
    facts = asdict(key)
    numbers = {name: float(facts[name]) for name in ("gain", "offset") if facts[name] is not None}
    return json.dumps(facts | numbers, sort_keys=True)


def _trained(row: tuple[Any, ...]) -> tuple[SettingKey, Trained]:
    key, brightness, exposure_s, level, time = row
    trained = Trained(brightness, exposure_s, level, datetime.fromisoformat(time))
    return SettingKey(**json.loads(key)), trained


def _calibrated(row: tuple[Any, ...]) -> Calibrated:
    key, calibration, time = row
    return Calibrated(SettingKey(**json.loads(key)), calibration, datetime.fromisoformat(time))


def _pedestal(row: tuple[Any, ...]) -> Pedestal:
    adu, error_adu, origin = row
    return Pedestal(adu, error_adu, Origin(origin))


def _old_pedestal(row: tuple[Any, ...]) -> Pedestal:
    return Pedestal.measured(float(json.loads(row[0])["pedestal_adu"]))


def _past_run(row: tuple[Any, ...]) -> PastRun:
    run, rig, started, seconds, exit_code, frames, directory, filters = row
    when = datetime.fromisoformat(started)
    return PastRun(run, rig, when, seconds, exit_code, frames, directory, json.loads(filters))


def _readable(make: Callable[[tuple[Any, ...]], Kept], rows: list[tuple[Any, ...]]) -> list[Kept]:
    """Make values of the rows; one that another program has spoilt counts as unknown."""
    made: list[Kept] = []
    for row in rows:
        with suppress(KeyError, TypeError, ValueError):
            made.append(make(row))
    return made
