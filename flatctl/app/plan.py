"""`flatctl plan`: what flats the lights of a night need, and a plan that takes them."""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from flatctl.app.estimate import Estimate, Experience
from flatctl.core.nights.plan import wanted_sets
from flatctl.errors import ExitCode, StorageError
from flatctl.settings.loading import load
from flatctl.settings.matching import Match, match_sets
from flatctl.settings.models import Settings
from flatctl.settings.plan import plan_flats
from flatctl.settings.planfile import describe_set, ensure_replaceable, plan_text, size
from flatctl.storage.atomic import write_text
from flatctl.storage.history import History
from flatctl.storage.lights import Reading, read_folder

Progress = Callable[[int, int], None]
_NOTHING = Estimate(0.0, known=True)


@dataclass(frozen=True)
class PlannedSet:
    """A set with the time it takes; `estimate` is `None` for what can't be taken.

    A set that shares its flats with an earlier one takes none of its own.
    """

    match: Match
    flats: int = 0
    estimate: Estimate | None = None


@dataclass(frozen=True)
class PlanListing:
    """The sets that the lights need, and what else lay in their folder.

    `skipped` are the files that nothing could be read from, each with why; `others` counts frames
    of other kinds. `dark_flats` are taken of each exposure; `written` is the plan's file.
    """

    sets: Sequence[PlannedSet]
    skipped: Sequence[tuple[Path, str]]
    others: dict[str, int]
    lights: int
    dark_flats: int
    written: Path | None

    @property
    def exit_code(self) -> ExitCode:
        """`INCOMPLETE` where there are sets that the configuration can't take."""
        incomplete = any(one.estimate is None for one in self.sets)
        return ExitCode.INCOMPLETE if incomplete else ExitCode.COMPLETE

    def table(self) -> tuple[list[str], list[list[str]]]:
        """Return headings and rows; a column that says nothing of any set is left out."""
        rows = [_row(one) for one in self.sets]
        kept = [key for key in rows[0] if any(row[key] for row in rows)]
        return kept, [[row[key] for key in kept] for row in rows]

    def findings(self) -> Iterator[tuple[str, bool, str]]:
        """Yield what to know of a set, whether it can be taken all the same, and the set's name."""
        seen: set[str] = set()
        for one in self.sets:
            words = describe_set(one.match.wanted)
            if one.match.obstacle:
                yield ", ".join(words[:3]), False, one.match.obstacle
            for note in one.match.notes:
                if note not in seen:
                    seen.add(note)
                    yield words[0], True, note

    def summary(self) -> str:
        """Say how much work it is, in one line."""
        taken = [one for one in self.sets if one.estimate is not None]
        flats = sum(one.flats for one in taken)
        need = "1 light needs" if self.lights == 1 else f"{self.lights} lights need"
        text = f"{need} {_many(len(self.sets), 'set')} of flats"
        if len(taken) < len(self.sets):
            text += f", {len(taken)} of which this configuration can take"
        if not taken:
            return text + "."
        seconds = sum(one.estimate.seconds for one in taken if one.estimate)
        known = sum(one.estimate.known for one in taken if one.estimate)
        basis = "as earlier nights took"
        if known < len(taken):
            basis = f"a guess: no night has taken {len(taken) - known} of these sets yet"
        darks = f" and {self.dark_flats} dark flats for each exposure" if self.dark_flats else ""
        return f"{text}: {flats} flats{darks}, about {_duration(seconds)} ({basis})."


def plan(
    config: Path, lights: Path, *, write: Path | None = None, progress: Progress | None = None
) -> PlanListing:
    """Read the lights in a folder and return the flats they need; write them as a plan.

    Raises `ConfigError`, and `StorageError` where the folder can't be read, holds no light frame
    or the plan can't be written. Where none of the sets can be taken, no plan is.
    """
    settings = load(config)
    if write is not None:
        ensure_replaceable(write)
    cooled = settings.camera.temperature_c is not None
    readings = list(read_folder(lights, measured_temperature=cooled, progress=progress))
    found = [reading.light for reading in readings if reading.light is not None]
    others = Counter(r.kind for r in readings if r.light is None and r.kind)
    skipped = [(r.path, r.problem) for r in readings if r.problem]
    if not found:
        raise StorageError(_nothing(lights, readings, others, skipped))
    matches = match_sets(settings, wanted_sets(found, settings.lights.tolerances))
    written = None
    # A plan without sets would be the whole configuration again.
    if write is not None and any(match.table is not None for match in matches):
        written = _write(config, lights, write, matches)
    with History(settings.output.history) as history:
        experience = Experience(history, settings.rig.name)
    return PlanListing(
        sets=_planned(settings, matches, experience),
        skipped=skipped,
        others=dict(others.most_common()),
        lights=len(found),
        dark_flats=settings.dark_flats.count,
        written=written,
    )


def _planned(
    settings: Settings, matches: Sequence[Match], experience: Experience
) -> list[PlannedSet]:
    planned: list[PlannedSet] = []
    for match in matches:
        if match.table is None or match.shared:
            planned.append(PlannedSet(match, estimate=_NOTHING if match.shared else None))
            continue
        (wanted,) = plan_flats(settings.model_copy(update={"sets": (match.table,)}))
        estimate = experience.estimate(wanted, settings.dark_flats.count)
        planned.append(PlannedSet(match, wanted.count, estimate))
    return planned


def _write(config: Path, lights: Path, path: Path, matches: Sequence[Match]) -> Path:
    count = sum(match.wanted.lights for match in matches)
    folder = "".join(letter for letter in str(lights) if letter.isprintable())
    text = plan_text(config, matches, f"on {date.today():%Y-%m-%d} of {count} lights in {folder}")
    write_text(path, text)
    load(path)
    return path


def _nothing(
    lights: Path,
    readings: Sequence[Reading],
    others: Counter[str],
    skipped: Sequence[tuple[Path, str]],
) -> str:
    """Say what lies in a folder without light frames."""
    if not readings:
        return f"{lights}: it is empty; name the folder of the light frames"
    parts = [_many(count, f"{kind} frame") for kind, count in others.most_common(4)]
    if skipped:
        path, problem = skipped[0]
        parts.append(f"{_many(len(skipped), 'file')} without use ({path.name}: {problem})")
    return f"{lights}: no light frames here or below, but {', '.join(parts)}"


def _row(one: PlannedSet) -> dict[str, str]:
    like = one.match.wanted.like
    setup = like.setup
    return {
        "Lights": str(one.match.wanted.lights),
        "Filter": like.filter or "",
        "Bin": str(setup.binning),
        "Gain": _figure(setup.gain),
        "Offset": _figure(setup.offset),
        "ISO": _figure(setup.iso),
        "Mode": setup.readout_mode or "",
        "Temperature": _figure(setup.temperature_c, " °C"),
        "Rotator": _figure(like.rotator_deg, "°"),
        "Focuser": _figure(like.focuser_steps),
        "Size": size(one.match.wanted),
        "Flats": str(one.flats or ""),
        "Time": _time(one),
    }


def _figure(value: float | None, unit: str = "") -> str:
    return "" if value is None else f"{value:.10g}{unit}"


def _time(one: PlannedSet) -> str:
    if one.estimate is None:
        return "can't"
    if one.match.shared:
        return "shared"
    return _duration(one.estimate.seconds) + ("" if one.estimate.known else " ?")


def _duration(seconds: float) -> str:
    if seconds < 90:
        return f"{seconds:.0f} s"
    minutes = round(seconds / 60)
    return f"{minutes} min" if minutes < 90 else f"{minutes // 60} h {minutes % 60:02d} min"


def _many(count: int, what: str) -> str:
    return f"{count} {what}" if count == 1 else f"{count} {what}s"
