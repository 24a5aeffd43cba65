"""`flatctl plan`: what flats the lights of a night need, and a plan that takes them."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path

from flatctl.app.estimate import Experience
from flatctl.app.wiring.rig import make_connections
from flatctl.core.nights.plan import wanted_sets
from flatctl.devices.catalog import WHEELS
from flatctl.errors import ConfigError, DeviceError, StorageError
from flatctl.outputs import figures
from flatctl.outputs.tables.plan import Estimate, PlanListing, PlannedSet, foreign_words
from flatctl.settings.loading import load
from flatctl.settings.matching import Match, match_sets
from flatctl.settings.models import Settings
from flatctl.settings.plan import plan_flats
from flatctl.settings.planfile import ensure_replaceable, plan_text
from flatctl.storage.atomic import write_text
from flatctl.storage.history import History
from flatctl.storage.lights import LightFile, read_folder

Progress = Callable[[int, int], None]
_NOTHING = Estimate(0.0, known=True)


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
    foreign = dict(Counter(r.foreign for r in readings if r.foreign).most_common())
    if not found:
        raise StorageError(_nothing(lights, readings, others, skipped, foreign))
    slots, unasked = _slots(settings)
    matches = match_sets(settings, wanted_sets(found, settings.lights.tolerances), slots)
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
        foreign=foreign,
        missing=next((reading.missing for reading in readings if reading.missing), ""),
        unasked=unasked,
        notes=Counter(note for reading in readings for note in dict.fromkeys(reading.notes)),
    )


def _slots(settings: Settings) -> tuple[Sequence[str] | None, str]:
    """Ask the wheel for its filters where the configuration lists none; else say why it can't."""
    if settings.wheel is None or settings.flats.filters is not None:
        return None, ""
    device = settings.wheel.device
    try:
        transport = WHEELS.transport(settings, device)
        with make_connections(settings) as connections:
            transport.survey(connections.of(transport), settings)
            slots = WHEELS.check(connections, device).slots
    except (ConfigError, DeviceError) as error:
        return None, str(error)
    return slots, "" if slots is not None else f"{device} is not connected"


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
    text = plan_text(
        config, matches, f"on {datetime.now(UTC):%Y-%m-%d} of {count} lights in {folder}"
    )
    write_text(path, text)
    load(path)
    return path


def _nothing(
    lights: Path,
    readings: Sequence[LightFile],
    others: Counter[str],
    skipped: Sequence[tuple[Path, str]],
    foreign: Mapping[str, int],
) -> str:
    """Say what lies in a folder without light frames."""
    if not readings:
        return f"{lights}: it is empty; name the folder of the light frames"
    parts = [figures.plural(count, f"{kind} frame") for kind, count in others.most_common(4)]
    if foreign:
        missing = next((f" ({each.missing})" for each in readings if each.missing), "")
        parts.append(f"{foreign_words(foreign)}{missing}")
    if skipped:
        path, problem = skipped[0]
        parts.append(f"{figures.plural(len(skipped), 'file')} without use ({path.name}: {problem})")
    return f"{lights}: no light frames here or below, but {', '.join(parts)}"
