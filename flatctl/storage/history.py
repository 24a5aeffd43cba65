"""What earlier nights taught, in SQLite: trained settings, responses, calibrations, past runs.

The history only makes runs shorter. So nothing that happens to it ever ends one: what can't be
read counts as unknown, what can't be written is forgotten, and `warnings` says so.
"""

import json
from collections.abc import Callable
from contextlib import suppress
from dataclasses import asdict, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar

from flatctl.core.calibration.record import Calibration
from flatctl.core.nights.history import Calibrated, PastRun, SettingKey, Trained
from flatctl.core.pedestal import Origin, Pedestal
from flatctl.core.quality.sets import SetRecord
from flatctl.core.search.response import Response
from flatctl.storage.database import Database

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


class History(Database):
    """The history at `path`, or in memory where that can't be used; see `Database`."""

    def __init__(
        self,
        path: Path,
        *,
        busy_timeout_s: float = 5.0,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        super().__init__(
            path,
            name="history",
            schema=_SCHEMA,
            version=SCHEMA_VERSION,
            busy_timeout_s=busy_timeout_s,
            now=now,
        )

    def trained(self, key: SettingKey) -> Trained | None:
        """Return the setting that was accepted last for `key`."""
        rows = self.rows(
            "SELECT key, brightness, exposure_s, level, time FROM trained WHERE key = ?",
            _text(key),
        )
        return next((trained for _, trained in _readable(_trained, rows)), None)

    def all_trained(self, rig: str | None = None) -> list[tuple[SettingKey, Trained]]:
        """Return all trained settings, of one rig or of all."""
        rows = self.rows(
            "SELECT key, brightness, exposure_s, level, time FROM trained"
            " WHERE ?1 IS NULL OR rig = ?1 ORDER BY rig, key",
            rig,
        )
        return _readable(_trained, rows)

    def remember(self, key: SettingKey, trained: Trained) -> None:
        """Keep `trained` in place of what was kept for `key`."""
        self.rows(
            "INSERT OR REPLACE INTO trained VALUES (?, ?, ?, ?, ?, ?)",
            _text(key),
            key.rig,
            int(trained.brightness),
            float(trained.exposure_s),
            float(trained.level),
            trained.time.isoformat(),
        )

    def response(self, key: SettingKey) -> Response | None:
        """Return what is known of panel and camera; the filter of `key` does not matter."""
        rows = self.rows(
            "SELECT response FROM responses WHERE key = ?", _text(replace(key, filter=None))
        )
        return next(iter(_readable(lambda row: Response.from_json(row[0]), rows)), None)

    def remember_response(self, key: SettingKey, response: Response) -> None:
        """Keep `response` for all filters of `key`."""
        self.rows(
            "INSERT OR REPLACE INTO responses VALUES (?, ?)",
            _text(replace(key, filter=None)),
            response.to_json(),
        )

    def remember_calibration(
        self, key: SettingKey, calibration: Calibration, time: datetime
    ) -> None:
        """Keep a calibration for all filters of `key`, in place of what was kept for it."""
        self.rows(
            "INSERT OR REPLACE INTO calibrations VALUES (?, ?, ?, ?)",
            _text(replace(key, filter=None)),
            key.rig,
            calibration.to_json(),
            time.astimezone(UTC).isoformat(),
        )

    def calibrations(self, rig: str | None = None) -> list[Calibrated]:
        """Return all calibrations, of one rig or of all, the latest first."""
        rows = self.rows(
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

    def last_set(self, key: SettingKey) -> SetRecord | None:
        """Return what is remembered of the last set of flats of `key`."""
        rows = self.rows("SELECT record FROM sets WHERE key = ?", _text(key))
        return next(iter(_readable(lambda row: SetRecord.from_json(row[0]), rows)), None)

    def remember_set(self, key: SettingKey, record: SetRecord) -> None:
        """Keep `record` of a set in place of the last one of `key`."""
        self.rows("INSERT OR REPLACE INTO sets VALUES (?, ?)", _text(key), record.to_json())

    def pedestal(self, key: SettingKey) -> Pedestal | None:
        """Return the level without light; the filter of `key` does not matter."""
        rows = self.rows(
            "SELECT adu, error_adu, origin FROM pedestals WHERE key = ?",
            _text(replace(key, filter=None)),
        )
        old = "SELECT record FROM sets WHERE key = ?", _text(replace(key, filter=_OLD_PEDESTAL))
        known = _readable(_pedestal, rows) or _readable(_old_pedestal, self.rows(*old))
        return next(iter(known), None)

    def remember_pedestal(self, key: SettingKey, pedestal: Pedestal) -> None:
        """Keep the level without light for all filters of `key`."""
        self.rows(
            "INSERT OR REPLACE INTO pedestals VALUES (?, ?, ?, ?)",
            _text(replace(key, filter=None)),
            pedestal.adu,
            pedestal.error_adu,
            pedestal.origin.value,
        )

    def runs(self, rig: str | None = None, limit: int = 100) -> list[PastRun]:
        """Return past runs, of one rig or of all, the latest first."""
        rows = self.rows(
            "SELECT run, rig, started, seconds, exit_code, frames, directory, filters FROM runs"
            " WHERE ?1 IS NULL OR rig = ?1 ORDER BY started DESC, run DESC LIMIT ?2",
            rig,
            limit,
        )
        return _readable(_past_run, rows)

    def remember_run(self, run: PastRun) -> None:
        """Keep a run, in place of what was kept of it before."""
        self.rows(
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
    return Calibrated(
        SettingKey(**json.loads(key)),
        Calibration.from_json(calibration),
        datetime.fromisoformat(time),
    )


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
    """Make values of the rows; what another version or program wrote counts as unknown."""
    made: list[Kept] = []
    for row in rows:
        with suppress(KeyError, TypeError, ValueError):
            made.append(make(row))
    return made
