"""What earlier nights taught, in SQLite: trained settings, responses, calibrations, past runs.

The history only makes runs shorter. So nothing that happens to it ever ends one: what can't be
read counts as unknown, what can't be written is forgotten, and `warnings` says so.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, replace
from datetime import UTC, datetime
from math import inf
from typing import Any, TypeVar

from flatctl.core.calibration.record import Calibration
from flatctl.core.nights.history import Calibrated, LearnedSky, PastRun, SettingKey, Trained
from flatctl.core.pedestal import Origin, Pedestal
from flatctl.core.quality.sets import SetRecord
from flatctl.core.search.response import Response
from flatctl.core.sky.memory import SkyMemory
from flatctl.core.types import MODES
from flatctl.storage.database import Database

Kept = TypeVar("Kept")
Learned = TypeVar("Learned", Calibrated, LearnedSky)
Row = tuple[Any, ...]

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
CREATE TABLE IF NOT EXISTS full_scales (key TEXT PRIMARY KEY, adu REAL NOT NULL) STRICT;
CREATE TABLE IF NOT EXISTS skies (
    key TEXT PRIMARY KEY, rig TEXT NOT NULL, memory TEXT NOT NULL, full_scale_adu REAL NOT NULL,
    time TEXT NOT NULL
) STRICT;
CREATE TABLE IF NOT EXISTS runs (
    run TEXT PRIMARY KEY, rig TEXT NOT NULL, started TEXT NOT NULL, seconds REAL NOT NULL,
    exit_code INTEGER NOT NULL, frames INTEGER NOT NULL, directory TEXT NOT NULL,
    filters TEXT NOT NULL
) STRICT;
"""
_ALL_TRAINED = "SELECT key, brightness, exposure_s, level, time FROM trained"
_OF_RIG = "WHERE ?1 IS NULL OR rig = ?1"
# An earlier flatctl kept the pedestal under a name which no filter can have.
_OLD_PEDESTAL = "\0panel off"


class History(Database):
    """The history at `path`, or in memory where that can't be used; see `Database`."""

    NAME = "history"
    SCHEMA = _SCHEMA
    VERSION = 1

    def trained(self, key: SettingKey) -> Trained | None:
        """Return the setting that was accepted last for `key`."""
        found = self._read(_trained, f"{_ALL_TRAINED} WHERE key = ?", _text(key))
        return found[0][1] if found else None

    def all_trained(self, rig: str | None = None) -> list[tuple[SettingKey, Trained]]:
        """Return all trained settings, of one rig or of all."""
        return self._read(_trained, f"{_ALL_TRAINED} {_OF_RIG} ORDER BY rig, key", rig)

    def remember(self, key: SettingKey, trained: Trained) -> None:
        """Keep `trained` in place of what was kept for `key`."""
        setting = int(trained.brightness), float(trained.exposure_s), float(trained.level)
        self._keep("trained", _text(key), key.rig, *setting, trained.time.isoformat())

    def response(self, key: SettingKey) -> Response | None:
        """Return what is known of panel and camera; the filter of `key` does not matter."""
        query = "SELECT response FROM responses WHERE key = ?"
        found = self._read(lambda row: Response.from_json(row[0]), query, _any_filter(key))
        return found[0] if found else None

    def remember_response(self, key: SettingKey, response: Response) -> None:
        """Keep `response` for all filters of `key`."""
        self._keep("responses", _any_filter(key), response.to_json())

    def calibrations(self, rig: str | None = None) -> list[Calibrated]:
        """Return all calibrations, of one rig or of all, the latest first."""
        query = f"SELECT key, calibration, time FROM calibrations {_OF_RIG} ORDER BY time DESC"
        return self._read(_calibrated, query, rig)

    def calibration(self, key: SettingKey) -> Calibrated | None:
        """Return the latest calibration that fits `key`; the filter does not matter.

        What is `None` in `key` (left as it is, not yet known) fits anything.
        """
        return _fitting(key, self.calibrations(key.rig))

    def remember_calibration(
        self, key: SettingKey, calibration: Calibration, time: datetime
    ) -> None:
        """Keep a calibration for all filters of `key`, in place of what was kept for it."""
        when = time.astimezone(UTC).isoformat()
        self._keep("calibrations", _any_filter(key), key.rig, calibration.to_json(), when)

    def skies(self, rig: str | None = None) -> list[LearnedSky]:
        """Return what flats of the sky taught, of one rig or of all, the latest first.

        `warnings` names what can't be read.
        """
        query = f"SELECT key, memory, full_scale_adu, time FROM skies {_OF_RIG} ORDER BY time DESC"
        rows = self.rows(query, rig)
        known = self._made(_learned_sky, rows)
        if len(known) < len(rows):
            self._warn("what it has of the twilight sky can't be read; that is learned anew")
        return known

    def sky(self, key: SettingKey) -> LearnedSky | None:
        """Return what was learned of the sky last that fits `key`, as `calibration` does."""
        return _fitting(replace(key, panel=None), self.skies(key.rig))

    def remember_sky(
        self, key: SettingKey, memory: Mapping[str, Any], full_scale_adu: float, time: datetime
    ) -> None:
        """Keep the `memory` of a search for all filters of `key`, whose panel does not matter."""
        when, text = time.astimezone(UTC).isoformat(), json.dumps(memory)
        of_sky = _any_filter(replace(key, panel=None))
        self._keep("skies", of_sky, key.rig, text, float(full_scale_adu), when)

    def last_set(self, key: SettingKey) -> SetRecord | None:
        """Return what is remembered of the last set of flats of `key`."""
        query = "SELECT record FROM sets WHERE key = ?"
        found = self._read(lambda row: SetRecord.from_json(row[0]), query, _text(key))
        return found[0] if found else None

    def remember_set(self, key: SettingKey, record: SetRecord) -> None:
        """Keep `record` of a set in place of the last one of `key`."""
        self._keep("sets", _text(key), record.to_json())

    def pedestal(self, key: SettingKey) -> Pedestal | None:
        """Return the level without light; the filter of `key` does not matter."""
        query = "SELECT adu, error_adu, origin FROM pedestals WHERE key = ?"
        old_query = "SELECT record FROM sets WHERE key = ?"
        old_key = _text(replace(key, filter=_OLD_PEDESTAL))
        known = self._read(_pedestal, query, _any_filter(key))
        known = known or self._read(_old_pedestal, old_query, old_key)
        return known[0] if known else None

    def remember_pedestal(self, key: SettingKey, pedestal: Pedestal) -> None:
        """Keep the level without light for all filters of `key`."""
        figures = pedestal.adu, pedestal.error_adu, pedestal.origin.value
        self._keep("pedestals", _any_filter(key), *figures)

    def full_scale_adu(self, key: SettingKey) -> float | None:
        """Return the full scale that frames proved, where they did; the filter does not matter."""
        query = "SELECT adu FROM full_scales WHERE key = ?"
        found = self._read(lambda row: float(row[0]), query, _any_filter(key))
        return found[0] if found else None

    def remember_full_scale(self, key: SettingKey, adu: float) -> None:
        """Keep a full scale that frames proved for all filters of `key`."""
        self._keep("full_scales", _any_filter(key), float(adu))

    def runs(self, rig: str | None = None, limit: int = 100) -> list[PastRun]:
        """Return past runs, of one rig or of all, the latest first."""
        columns = "run, rig, started, seconds, exit_code, frames, directory, filters"
        order = "ORDER BY started DESC, run DESC LIMIT ?2"
        return self._read(_past_run, f"SELECT {columns} FROM runs {_OF_RIG} {order}", rig, limit)

    def remember_run(self, run: PastRun) -> None:
        """Keep a run, in place of what was kept of it before."""
        started = run.started.astimezone(UTC).isoformat()
        facts = vars(run) | {"started": started, "filters": json.dumps(dict(run.filters))}
        self._keep("runs", *facts.values())

    def _keep(self, table: str, *values: object) -> None:
        places = ", ".join("?" * len(values))
        self.rows(f"INSERT OR REPLACE INTO {table} VALUES ({places})", *values)

    def _read(self, make: Callable[[Row], Kept], query: str, *values: object) -> list[Kept]:
        """Make values of the rows; what another version or program wrote counts as unknown."""
        return self._made(make, self.rows(query, *values))

    @staticmethod
    def _made(make: Callable[[Row], Kept], rows: Sequence[Row]) -> list[Kept]:
        made: list[Kept] = []
        for row in rows:
            with suppress(KeyError, TypeError, ValueError, RecursionError):
                made.append(make(row))
        return made


def _text(key: SettingKey) -> str:
    """Return one text for each key; SQL's NULLs would not equal one another."""
    # What a camera doesn't have says nothing: keys of before it was asked for stay what they were.
    facts = {n: v for n, v in asdict(key).items() if v is not None or n not in MODES[1:]}
    numbers = {name: float(facts[name]) for name in ("gain", "offset") if facts[name] is not None}
    return json.dumps(facts | numbers, sort_keys=True)


def _any_filter(key: SettingKey) -> str:
    return _text(replace(key, filter=None))


def _fitting(key: SettingKey, known: Sequence[Learned]) -> Learned | None:
    """Return the first of `known` that fits a key, whatever its filter."""
    facts = asdict(replace(key, filter=None)).items()
    wanted = {name: value for name, value in facts if value is not None}
    return next((each for each in known if wanted.items() <= asdict(each.key).items()), None)


def _learned_sky(row: Row) -> LearnedSky:
    key, memory, full_scale_adu, time = row
    if not 0 < full_scale_adu < inf:
        raise ValueError(full_scale_adu)
    return LearnedSky(
        SettingKey(**json.loads(key)),
        SkyMemory.read(json.loads(memory)),
        full_scale_adu,
        datetime.fromisoformat(time),
    )


def _trained(row: Row) -> tuple[SettingKey, Trained]:
    key, brightness, exposure_s, level, time = row
    trained = Trained(brightness, exposure_s, level, datetime.fromisoformat(time))
    return SettingKey(**json.loads(key)), trained


def _calibrated(row: Row) -> Calibrated:
    key, calibration, time = row
    return Calibrated(
        SettingKey(**json.loads(key)),
        Calibration.from_json(calibration),
        datetime.fromisoformat(time),
    )


def _pedestal(row: Row) -> Pedestal:
    adu, error_adu, origin = row
    return Pedestal(adu, error_adu, Origin(origin))


def _old_pedestal(row: Row) -> Pedestal:
    return Pedestal.measured(float(json.loads(row[0])["pedestal_adu"]))


def _past_run(row: Row) -> PastRun:
    run, rig, started, seconds, exit_code, frames, directory, filters = row
    when = datetime.fromisoformat(started)
    return PastRun(run, rig, when, seconds, exit_code, frames, directory, json.loads(filters))
