"""A SQLite file that ends nothing: broken, locked, from the future or on a full disk."""

import sqlite3
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, ClassVar, Self

_BROKEN = (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)
_PRIMARY_CODE = 0xFF  # the low byte of SQLite's extended result codes


class Database:
    """A database at `path`, or in memory where that can't be used.

    `SCHEMA` makes the tables that are missing; a file of a higher `VERSION` is left alone. A broken
    file is set aside under a name with a time stamp and a new one is begun. `warnings` says in
    whole sentences what went wrong with the file, which they call `NAME`.
    """

    NAME: ClassVar[str]
    SCHEMA: ClassVar[str]
    VERSION: ClassVar[int]

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

    def rows(self, statement: str, *values: object) -> list[tuple[Any, ...]]:
        """Return the rows of one statement; a broken file gets a second chance as a new one."""
        for _ in range(2):
            try:
                return self._connection.execute(statement, values).fetchall()
            except sqlite3.DatabaseError as error:
                if _code(error) not in _BROKEN:
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
                if _code(error) not in _BROKEN:
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
            if version > self.VERSION:
                raise sqlite3.OperationalError("it was written by a newer flatctl")
            connection.execute("PRAGMA journal_mode = WAL")
            connection.executescript(f"{self.SCHEMA} PRAGMA user_version = {self.VERSION};")
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
        warning = f"{self.NAME} {self.path}: {what}"
        if warning not in self.warnings:
            self.warnings.append(warning)


def _code(error: sqlite3.DatabaseError) -> int:
    return int(getattr(error, "sqlite_errorcode", 0)) & _PRIMARY_CODE
