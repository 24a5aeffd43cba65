"""Who may look and who may drive: tokens in a file, and the cookies they were exchanged for."""

import hashlib
import json
import os
import secrets
import time
from collections.abc import Mapping
from contextlib import suppress
from enum import IntEnum
from pathlib import Path

from flatctl.core.webrules import same_secret
from flatctl.errors import ConfigError, StorageError
from flatctl.settings.tables import default_history

SESSION_S = 30 * 86400
COOKIE = "flatctl"
_SESSIONS_MAX = 64
_BYTES = 32
_SHORTEST = 22  # characters of 128 bits in base64


class Role(IntEnum):
    """What somebody may do: each role what those before it may."""

    NOBODY = 0
    METRICS = 1
    WATCH = 2
    DRIVE = 3


def usual_token_file() -> Path:
    """Return where tokens lie unless told otherwise."""
    return default_history().with_name("web-tokens.json")


def make_tokens(path: Path) -> Mapping[str, str]:
    """Write new tokens that only this user can read; whoever was logged in is not any more.

    Raises:
        StorageError: the file can't be written.

    """
    tokens = {role.name.lower(): secrets.token_urlsafe(_BYTES) for role in Role if role}
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        _write_private(path, tokens)
        _sessions_file(path).unlink(missing_ok=True)
    except OSError as error:
        raise StorageError(f"{path}: {error.strerror or error}; choose another file") from error
    return tokens


class Access:
    """The tokens of a file, None for a server that only this computer reaches."""

    def __init__(self, token_file: Path | None) -> None:
        self._tokens = _read_tokens(token_file) if token_file is not None else {}
        self._sessions_at = _sessions_file(token_file) if token_file is not None else None
        self._sessions = self._kept_sessions()

    @property
    def open(self) -> bool:
        """Whether nobody has to log in."""
        return not self._tokens

    def role_of(self, cookie: str, authorization: str) -> Role:
        """Return what somebody with that cookie, or that header, may do."""
        if self.open:
            return Role.DRIVE
        scheme, _, token = authorization.partition(" ")
        if scheme.lower() == "bearer" and (role := self.role_of_token(token.strip())):
            return role
        role_name, until = self._sessions.get(_hash(cookie), ("", 0.0)) if cookie else ("", 0.0)
        return Role[role_name] if role_name and time.time() < until else Role.NOBODY

    def role_of_token(self, token: str) -> Role:
        """Return what a token allows."""
        # All of them are compared, so that the time tells nothing.
        found = [role for role, ours in self._tokens.items() if same_secret(token, ours)]
        return max(found, default=Role.NOBODY)

    def log_in(self, token: str) -> str | None:
        """Return a new cookie for a token, None where that is no token."""
        role = self.role_of_token(token)
        if role < Role.WATCH:
            return None
        cookie = secrets.token_urlsafe(_BYTES)
        self._sessions[_hash(cookie)] = (role.name, time.time() + SESSION_S)
        self._keep_sessions()
        return cookie

    def log_out(self, cookie: str) -> None:
        """Let a cookie be worth nothing."""
        if self._sessions.pop(_hash(cookie), None) is not None:
            self._keep_sessions()

    def _kept_sessions(self) -> dict[str, tuple[str, float]]:
        kept: dict[str, tuple[str, float]] = {}
        if self._sessions_at is not None:
            with suppress(OSError, ValueError, KeyError, TypeError, AttributeError):
                for key, (name, until) in json.loads(self._sessions_at.read_text("utf-8")).items():
                    kept[str(key)] = (Role[name].name, float(until))
        return kept

    def _keep_sessions(self) -> None:
        now = time.time()
        living = [(key, kept) for key, kept in self._sessions.items() if kept[1] > now]
        self._sessions = dict(living[-_SESSIONS_MAX:])
        if self._sessions_at is not None:
            with suppress(OSError):
                _write_private(self._sessions_at, self._sessions)


def _read_tokens(path: Path) -> dict[Role, str]:
    try:
        mode = path.stat().st_mode
        tokens = json.loads(path.read_text("utf-8"))
        if mode & 0o077:
            raise ConfigError(
                f"{path}: other users of this computer may read it; chmod 600 {path}, "
                "or make new ones: flatctl serve --make-token"
            )
        found = {Role[name.upper()]: str(token) for name, token in tokens.items()}
    except OSError as error:
        raise ConfigError(
            f"{path}: {error.strerror or error}; make it: flatctl serve --make-token"
        ) from error
    except (ValueError, KeyError, AttributeError) as error:
        raise ConfigError(
            f"{path}: it holds no tokens; make them anew: flatctl serve --make-token"
        ) from error
    if not found or min(map(len, found.values())) < _SHORTEST:
        raise ConfigError(f"{path}: a token is too short; flatctl serve --make-token makes longer")
    return found


def _write_private(path: Path, content: object) -> None:
    """Write a file that nobody else can read at any moment."""
    beside = path.with_name(f".{path.name}.{os.getpid()}")
    descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with open(descriptor, "w", encoding="utf-8") as file:
        json.dump(content, file)
    os.replace(beside, path)


def _sessions_file(token_file: Path) -> Path:
    return token_file.with_name(f"{token_file.name}.sessions")


def _hash(cookie: str) -> str:
    return hashlib.sha256(cookie.encode("utf-8", "replace")).hexdigest()
