"""What `flatctl plan` answers."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from flatctl.core.nights.plan import describe_setup
from flatctl.core.types import MODES
from flatctl.errors import ExitCode
from flatctl.outputs import figures
from flatctl.settings.matching import Match
from flatctl.settings.planfile import describe_set, size


@dataclass(frozen=True)
class Estimate:
    """Seconds that a set will take; `known` where the history has its exposure."""

    seconds: float
    known: bool


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
    of other kinds, `foreign` files of kinds that are not read (for want of what is `missing`),
    `notes` what of lights was not taken as it stands. `unasked` says why the wheel could not be
    asked for its filters. `dark_flats` are taken of each exposure; `written` is the plan's file.
    """

    sets: Sequence[PlannedSet]
    skipped: Sequence[tuple[Path, str]]
    others: dict[str, int]
    lights: int
    dark_flats: int
    written: Path | None
    foreign: Mapping[str, int] = field(default_factory=dict)
    missing: str = ""
    notes: Mapping[str, int] = field(default_factory=dict)
    unasked: str = ""

    @property
    def exit_code(self) -> ExitCode:
        """`INCOMPLETE` where there are sets that the configuration can't take."""
        incomplete = any(one.estimate is None for one in self.sets)
        return ExitCode.INCOMPLETE if incomplete else ExitCode.COMPLETE

    def table(self) -> tuple[list[str], list[list[str]]]:
        """Return headings and a row for each set; a column that is empty in all is left out."""
        rows = [_row(one) for one in self.sets]
        kept = [key for key in rows[0] if any(row[key] for row in rows)]
        return kept, [[row[key] for key in kept] for row in rows]

    def asides(self) -> Iterator[str]:
        """Yield what to know of the files."""
        for note, count in self.notes.items():
            yield f"{figures.plural(count, 'light')}: {note}"
        if self.foreign:
            missing = f" ({self.missing})" if self.missing else ""
            yield f"not read: {foreign_words(self.foreign)}{missing}"
        if self.unasked:
            names = dict.fromkeys(one.match.wanted.like.filter for one in self.sets)
            yield (
                f"the wheel could not be asked whether it has {', '.join(map(str, names))}: list "
                f"its names in flats.filters, or see what the run can take ({self.unasked})"
            )

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
        text = f"{need} {figures.plural(len(self.sets), 'set')} of flats"
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
        return f"{text}: {flats} flats{darks}, about {figures.duration(seconds)} ({basis})."


def foreign_words(foreign: Mapping[str, int]) -> str:
    """Say how many files there are of each kind that is not read."""
    return ", ".join(figures.plural(count, kind) for kind, count in foreign.items())


def _row(one: PlannedSet) -> dict[str, str]:
    like = one.match.wanted.like
    setup = like.setup
    return {
        "Lights": str(one.match.wanted.lights),
        "Filter": like.filter or "",
        "Bin": str(setup.binning),
        "Gain": figures.setting(setup.gain),
        "Offset": figures.setting(setup.offset),
        "ISO": figures.setting(setup.iso),
        "Mode": ", ".join(words for fact, words in describe_setup(setup).items() if fact in MODES),
        "Temperature": figures.setting(setup.temperature_c, " °C"),
        "Rotator": figures.setting(like.rotator_deg, "°"),
        "Focuser": figures.setting(like.focuser_steps),
        "Size": size(one.match.wanted),
        "Flats": str(one.flats or ""),
        "Time": _time(one),
    }


def _time(one: PlannedSet) -> str:
    if one.estimate is None:
        return "can't"
    if one.match.shared:
        return "shared"
    return figures.duration(one.estimate.seconds) + ("" if one.estimate.known else " ?")
