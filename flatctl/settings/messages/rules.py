"""What the keys of a table must hold together, beyond each on its own."""

from collections.abc import Iterator, Mapping
from typing import Any

from pydantic import ValidationError

from flatctl.settings.flats import FilterFlats, Flats
from flatctl.settings.messages.problems import Problem
from flatctl.settings.messages.sky_rules import sky_contradictions
from flatctl.settings.panels import PANEL_MODELS
from flatctl.settings.plan import merged, written

Place = tuple[str, ...]


def contradictions(tables: Mapping[str, Any]) -> list[Problem]:
    """Return what contradicts itself in the tables that are readable."""
    return [*_nuls(tables, ()), *_flats(tables), *sky_contradictions(tables)]


def _nuls(value: object, place: Place) -> Iterator[Problem]:
    """Look for what neither the system nor a driver can be told."""
    match value:
        case str() if "\0" in value:
            yield Problem(place, "can't hold a NUL character")
        case Mapping():
            for key, one in value.items():
                yield from _nuls(key, place)
                yield from _nuls(one, (*place, str(key)))
        case list():
            for one in value:
                yield from _nuls(one, place)


def _flats(tables: Mapping[str, Any]) -> list[Problem]:
    try:
        flats = Flats.model_validate(tables.get("flats", {}))
    except ValidationError:
        return []
    problems = [*_table(("flats",), flats, flats), *_filters(flats, tables)]
    problems += _sets(tables)
    overrides = tables.get("filters", {})
    for name, table in overrides.items() if isinstance(overrides, dict) else ():
        try:
            own = FilterFlats.model_validate(table)
        except ValidationError:
            continue
        problems += _table(("filters", name), own, merged(flats, own))
    return problems + list(_banks(tables))


def _banks(tables: Mapping[str, Any]) -> Iterator[Problem]:
    """Look for a range of light that the kind of panel doesn't have."""
    panel = tables.get("panel")
    kind = panel.get("kind") if isinstance(panel, Mapping) else None
    model = PANEL_MODELS.get(kind) if isinstance(kind, str) else None
    if model is None or "bank" in model.model_fields:
        return
    overrides = tables.get("filters")
    places: dict[Place, Any] = {("flats",): tables.get("flats")}
    for name, table in overrides.items() if isinstance(overrides, Mapping) else ():
        places[("filters", name)] = table
    for place, table in places.items():
        if isinstance(table, Mapping) and "panel_bank" in table:
            yield Problem(
                (*place, "panel_bank"),
                f"panels of kind {kind!r} have no low and high bank; take it out",
                table["panel_bank"],
            )


def _filters(flats: Flats, tables: Mapping[str, Any]) -> Iterator[Problem]:
    names = flats.filters or ()
    for name in dict.fromkeys(n for n in names if names.count(n) > 1):
        yield Problem(("flats", "filters"), f"{name!r} stands in it twice; once is enough")
    if "wheel" in tables:
        return
    remedy = "needs a wheel; add [wheel] with its device, or take this out"
    if flats.filters:
        yield Problem(("flats", "filters"), remedy, list(names))
    if tables.get("filters"):
        yield Problem(("filters",), remedy)


def _sets(tables: Mapping[str, Any]) -> Iterator[Problem]:
    sets = tables.get("sets", [])
    for nth, table in enumerate(sets if isinstance(sets, list) else [], start=1):
        if not isinstance(table, Mapping):
            continue
        if "wheel" in tables and "filter" not in table:
            yield Problem(("sets", str(nth), "filter"), "missing; which filter of the wheel?")
        for key, device in (
            ("filter", "wheel"),
            ("rotator_deg", "rotator"),
            ("focuser_steps", "focuser"),
        ):
            if key in table and device not in tables:
                remedy = f"needs a {device}; add [{device}] with its device, or take this out"
                yield Problem(("sets", str(nth), key), remedy, table[key])


def _table(place: Place, own: FilterFlats, whole: FilterFlats) -> Iterator[Problem]:
    """Check what `own`, a table as written, makes of the `whole` that it is laid into."""
    keys = written(own)
    if not _fits(whole) and {"exposures_s", "exposure_s"} & keys.keys():
        yield Problem(
            (*place, "exposures_s"),
            "none of them is allowed by min and max of exposure_s; widen these, or list others",
            list(whole.exposures_s),
        )
    else:
        yield from _range((*place, "exposure_s"), keys, whole.exposure_s)
    yield from _range((*place, "brightness"), keys, whole.brightness)
    if {"target", "tolerance"} & keys.keys():
        yield from _band((*place, "target"), whole)


def _range(place: Place, keys: Mapping[str, Any], whole: Any) -> Iterator[Problem]:
    table = place[-1]
    wanted = keys.get(table, {})
    span = f"{whole.min:g} to {whole.max:g}"
    if {"min", "max"} & wanted.keys() and whole.min > whole.max:
        yield Problem(
            (*place, "min"), f"above max, {whole.max:g}; lower min or raise max", whole.min
        )
    elif "start" in wanted and not whole.min <= whole.start <= whole.max:
        yield Problem(
            (*place, "start"),
            f"outside min to max, {span}; start inside, or widen them",
            whole.start,
        )


def _band(place: Place, whole: FilterFlats) -> Iterator[Problem]:
    lowest, highest = whole.target - whole.tolerance, whole.target + whole.tolerance
    if lowest <= 0 or highest >= 1:
        yield Problem(
            place,
            f"± tolerance {whole.tolerance:g} leaves 0 to 1 (accepted would be {lowest:g} to "
            f"{highest:g}); choose a smaller tolerance or a target nearer to 0.5",
            whole.target,
        )


def _fits(whole: FilterFlats) -> bool:
    limits, speeds = whole.exposure_s, whole.exposures_s
    return not speeds or any(limits.min <= speed <= limits.max for speed in speeds)
