"""Reading a configuration file: everything that is wrong with it is reported at once."""

import os
import re
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from flatctl.errors import ConfigError
from flatctl.settings.environment import lay_over
from flatctl.settings.messages.complaints import explain, place_of
from flatctl.settings.messages.problems import Problem, refuse
from flatctl.settings.messages.rules import contradictions
from flatctl.settings.models import Settings

_LARGEST_BYTES = 1 << 20


def load(path: Path, env: Mapping[str, str] = os.environ) -> Settings:
    """Read a configuration file, with the environment laid over it.

    Raises `ConfigError` that lists every problem, a line each: file, key, value, what is allowed.
    """
    overlay = lay_over(_read(path), env)
    settings, problems = _checked(overlay.tables)
    problems = overlay.problems + problems + contradictions(overlay.tables)
    if settings is None or problems:
        raise refuse(problems, path, overlay.variables)
    return settings.read_from(path, tuple(overlay.variables.values()))


def read_text(path: Path) -> str:
    """Return the text of a configuration file. Raises `ConfigError`."""
    content = _content(path)
    _parse(path, content)
    return content.decode("utf-8-sig")


def _read(path: Path) -> dict[str, Any]:
    return _parse(path, _content(path))


def _content(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            content = file.read(_LARGEST_BYTES + 1)
    except FileNotFoundError:
        raise ConfigError(
            f"{path}: no such file; `flatctl init {path}` writes one to start from"
        ) from None
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise ConfigError(f"{path}: can't be read: {reason}") from None
    if len(content) > _LARGEST_BYTES:
        raise ConfigError(f"{path}: larger than 1 MiB, so hardly a configuration file")
    return content


def _parse(path: Path, content: bytes) -> dict[str, Any]:
    try:
        return tomllib.loads(content.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        raise ConfigError(f"{path}: line {line} is not UTF-8 text; save it as UTF-8") from None
    except RecursionError:
        raise ConfigError(f"{path}: not valid TOML: nested too deeply") from None
    except ValueError as error:
        raise ConfigError(f"{path}: not valid TOML: {error}{_line(content, error)}") from None


def _line(content: bytes, error: ValueError) -> str:
    found = re.search(r"at line (\d+)", str(error))
    lines = content.decode("utf-8-sig").splitlines()
    if not found or int(found[1]) > len(lines):
        return ""
    line = lines[int(found[1]) - 1].strip()
    # An address for notifications has passwords in it.
    return "" if "://" in line else f"; the line reads: {line[:100]}"


def _checked(tables: dict[str, Any]) -> tuple[Settings | None, list[Problem]]:
    try:
        return Settings.model_validate(tables), []
    except ValidationError as error:
        errors = error.errors(include_url=False)
    # A key that may hold this or that has an error for each, at one and the same place.
    first = {place_of(e): e for e in reversed(errors)}
    return None, [explain(e, tables) for e in errors if first[place_of(e)] is e]
