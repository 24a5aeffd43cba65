"""What flats the lights need: which lights can share a set, and what sets are called."""

import itertools
from collections import Counter
from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

from flatctl.core.types import MODES, CameraSetup, FilterPlan

TURN_DEG = 360.0
_ROUNDING = 1e-9
Member = TypeVar("Member", bound=Hashable)


@dataclass(frozen=True)
class LightFrame:
    """How the instrument stood for a light frame; `None` for what the frame doesn't say.

    `size_px` is (columns, rows) as stored, binning included. The rotator's angle is in its own
    degrees from 0 to 360, the focuser's position in its own steps.
    """

    filter: str | None
    setup: CameraSetup
    size_px: tuple[int, int]
    rotator_deg: float | None = None
    focuser_steps: float | None = None


@dataclass(frozen=True)
class FlatSet:
    """A set of flats that serves `lights` light frames; `like` says how everything has to stand."""

    like: LightFrame
    lights: int


@dataclass(frozen=True)
class Tolerances:
    """How far from the middle of its set a light may lie."""

    temperature_c: float = 2.0
    rotator_deg: float = 1.0
    focuser_steps: float = 500.0


def wanted_sets(lights: Iterable[LightFrame], tolerances: Tolerances) -> tuple[FlatSet, ...]:
    """Return the sets of flats that these lights need: the same ones in whatever order they come.

    Lights share a set where filter, binning, gain, offset, ISO, modes and size are equal and
    where no two of them are further apart than twice a tolerance in temperature, rotator or
    focuser. The set has their most frequent temperature, and rotator and focuser stand midway
    between the extremes. Sets of one camera setup follow one another, and among those the sets of
    one rotator angle.
    """
    counts = Counter(lights)
    sets: list[FlatSet] = []
    for same in _alike(counts):
        for cold in near(same, lambda light: light.setup.temperature_c, tolerances.temperature_c):
            temperature_c = _most_frequent(counts, cold)
            for turned in near(cold, _rotator, tolerances.rotator_deg, TURN_DEG):
                for group in near(
                    turned, lambda light: light.focuser_steps, tolerances.focuser_steps
                ):
                    like = replace(
                        group[0],
                        setup=replace(group[0].setup, temperature_c=temperature_c),
                        rotator_deg=_midway([_rotator(light) for light in turned], TURN_DEG),
                        focuser_steps=_midway([light.focuser_steps for light in group]),
                    )
                    sets.append(FlatSet(like, sum(counts[light] for light in group)))
    return tuple(sorted(sets, key=_place))


def _rotator(light: LightFrame) -> float | None:
    return None if light.rotator_deg is None else light.rotator_deg % TURN_DEG


def _alike(lights: Iterable[LightFrame]) -> list[list[LightFrame]]:
    """Divide by everything that has no tolerance."""
    groups: dict[LightFrame, list[LightFrame]] = {}
    for light in lights:
        bare = replace(light.setup, temperature_c=None)
        key = replace(light, setup=bare, rotator_deg=None, focuser_steps=None)
        groups.setdefault(key, []).append(light)
    return list(groups.values())


def near(
    frames: Sequence[Member],
    value: Callable[[Member], float | None],
    tolerance: float,
    turn: float = 0.0,
) -> list[list[Member]]:
    """Divide into as few runs as possible none of which is wider than twice the tolerance.

    Each run is in ascending order. Frames that don't say a value stay among themselves. Values
    that begin anew after a `turn` are cut open at their widest gap.
    """
    unknown = [frame for frame in frames if value(frame) is None]
    known = {frame: found for frame in frames if (found := value(frame)) is not None}
    origin = _after_widest_gap(sorted(set(known.values())), turn) if turn else 0.0
    offset = {frame: (v - origin) % turn if turn else v for frame, v in known.items()}
    runs: list[list[Member]] = [unknown] if unknown else []
    start = 0.0
    # Angles that differ in their last digit may have the same offset, and must ascend as well.
    for frame in sorted(known, key=lambda frame: (offset[frame], known[frame])):
        if not runs or runs[-1] is unknown or offset[frame] - start > 2 * tolerance + _ROUNDING:
            start = offset[frame]
            runs.append([])
        runs[-1].append(frame)
    return runs


def _after_widest_gap(values: Sequence[float], turn: float) -> float:
    """Return the value that follows the widest gap on a circle, the lowest of several."""
    gaps = [(value - values[i - 1]) % turn or turn for i, value in enumerate(values)]
    return values[gaps.index(max(gaps))] if values else 0.0


def _midway(values: Sequence[float | None], turn: float = 0.0) -> float | None:
    """Return the middle of values in ascending order, the first of which says where they begin."""
    known = [value for value in values if value is not None]
    if not known:
        return None
    first = known[0]
    width = max((value - first) % turn if turn else value - first for value in known)
    middle = first + width / 2
    return round(middle % turn, 2) % turn if turn else round(middle)


def _most_frequent(counts: Counter[LightFrame], lights: Sequence[LightFrame]) -> float | None:
    found: Counter[float] = Counter()
    for light in lights:
        if light.setup.temperature_c is not None:
            found[light.setup.temperature_c] += counts[light]
    return min(found, key=lambda value: (-found[value], value)) if found else None


def _place(wanted: FlatSet) -> tuple[tuple[bool, float | str], ...]:
    """Return what sets are sorted by; what is not known comes first."""
    light, setup = wanted.like, wanted.like.setup
    facts = (
        *(setup.binning, setup.gain, setup.offset, setup.iso),
        *(getattr(setup, mode) for mode in MODES),
        *(setup.temperature_c, *light.size_px, light.rotator_deg, light.filter),
        light.focuser_steps,
    )
    return tuple((fact is not None, "" if fact is None else fact) for fact in facts)


def name_sets(plans: Sequence[FilterPlan]) -> tuple[FilterPlan, ...]:
    """Name sets of one filter by what tells them apart; a filter's only set needs no name.

    No two get one name, nor one the name of a filter.

    >>> [plan.name for plan in name_sets([FilterPlan("L", rotator_deg=30.0), FilterPlan("L")])]
    ['L, rotator 30°', 'L']
    """
    facts = [_facts(plan) for plan in plans]
    names: list[str] = []
    for plan, own in zip(plans, facts, strict=True):
        rivals = [f for p, f in zip(plans, facts, strict=True) if p.filter == plan.filter]
        telling = [text for key, text in own.items() if any(r.get(key) != text for r in rivals)]
        names.append(", ".join([plan.filter or "flats", *telling]) if len(rivals) > 1 else "")
    taken = {plan.filter for plan, name in zip(plans, names, strict=True) if not name}
    named: list[FilterPlan] = []
    for plan, name in zip(plans, names, strict=True):
        copies = (f"{name} ({n})" if n > 1 else name for n in itertools.count(1))
        unique = next(each for each in copies if each not in taken) if name else ""
        taken.add(unique)
        named.append(replace(plan, name=unique))
    return tuple(named)


def _facts(plan: FilterPlan) -> dict[str, str]:
    facts = describe_setup(plan.setup or CameraSetup())
    if plan.rotator_deg is not None:
        facts["rotator"] = f"rotator {plan.rotator_deg:g}°"
    if plan.focuser_steps is not None:
        facts["focuser"] = f"focuser {plan.focuser_steps}"
    return facts


def _mode(name: str, mode: str | None) -> str | None:
    return None if mode is None else f"{name.replace('_', ' ')} {mode}"


def describe_setup(setup: CameraSetup) -> dict[str, str]:
    """Return in words what is known of a camera setup, by what it is about."""
    known = {
        "binning": f"bin {setup.binning}",
        "gain": None if setup.gain is None else f"gain {setup.gain:g}",
        "offset": None if setup.offset is None else f"offset {setup.offset:g}",
        "iso": None if setup.iso is None else f"ISO {setup.iso}",
        "readout_mode": setup.readout_mode,
        **{name: _mode(name, getattr(setup, name)) for name in MODES[1:]},
        "temperature": None if setup.temperature_c is None else f"{setup.temperature_c:g} °C",
    }
    return {key: text for key, text in known.items() if text is not None}
