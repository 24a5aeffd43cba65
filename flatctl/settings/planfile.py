"""A runnable plan: the configuration as it was written, and the sets of flats below it."""

from collections.abc import Iterable, Sequence
from pathlib import Path

from flatctl.core.nights.plan import FlatSet, describe_setup
from flatctl.errors import ConfigError, UsageError
from flatctl.settings.flats import WantedSet
from flatctl.settings.loading import read_text
from flatctl.settings.matching import Match
from flatctl.settings.toml import toml_comment, toml_value

MARK = "# Plan made by `flatctl plan`"


def plan_text(config: Path, matches: Sequence[Match], origin: str) -> str:
    """Return a configuration file that takes these sets; `origin` says where they come from.

    Raises `UsageError` where the configuration is a plan itself.
    """
    text = read_text(config)
    if text.startswith(MARK):
        raise UsageError(f"{config} is a plan itself; name the configuration it was made of")
    head = f"{MARK} {origin}: what is wanted stands in [[sets]] at its end."
    tables = [line for match in matches for line in _table_lines(match)]
    return "\n".join([head, "", text.rstrip("\n"), "", *tables]) + "\n"


def ensure_replaceable(path: Path) -> None:
    """Raise `ConfigError` where writing a plan to `path` would cost the user a file."""
    if path.exists() and not read_text(path).startswith(MARK):
        raise ConfigError(f"{path}: exists and is no plan; name another file for the plan")


def _table_lines(match: Match) -> Iterable[str]:
    lights = match.wanted.lights
    about = f"{lights} light{'s' if lights > 1 else ''}, {size(match.wanted)} px"
    if match.table is None:
        facts = ", ".join(describe_set(match.wanted))
        return [toml_comment(f"{about}: left out, {match.obstacle}"), toml_comment(facts), ""]
    if match.shared:
        return [toml_comment(f"{about}: served by the same flats as others above"), ""]
    return [*map(toml_comment, (about, *match.notes)), "[[sets]]", *_keys(match.table), ""]


def _keys(table: WantedSet) -> list[str]:
    values = table.model_dump(exclude_none=True)
    return [f"{key} = {toml_value(_plainly(value))}" for key, value in values.items()]


def _plainly(value: object) -> object:
    """Return a whole number as one: a gain of 100 is easier to read than 100.0."""
    return int(value) if isinstance(value, float) and value.is_integer() else value


def size(wanted: FlatSet) -> str:
    """Return the size of a set's frames in words."""
    cols, rows = wanted.like.size_px
    return f"{cols} × {rows}"


def describe_set(wanted: FlatSet) -> list[str]:
    """Return in words how everything stood for a set's lights."""
    like = wanted.like
    words = [like.filter or "no filter", *describe_setup(like.setup).values()]
    if like.rotator_deg is not None:
        words.append(f"rotator {like.rotator_deg:g}°")
    if like.focuser_steps is not None:
        words.append(f"focuser {like.focuser_steps:g}")
    return words
