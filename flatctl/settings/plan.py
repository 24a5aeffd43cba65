"""From the tables to the flats wanted: what [filters.NAME] leaves out is taken from [flats]."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from flatctl.core.limits import Limits
from flatctl.core.nights.filters import slot_meant
from flatctl.core.nights.ladder import ladder
from flatctl.core.nights.plan import name_sets
from flatctl.core.types import FilterPlan, LightSource
from flatctl.errors import UsageError
from flatctl.settings.flats import FilterFlats
from flatctl.settings.messages.problems import Problem, refuse, suggestion
from flatctl.settings.models import Settings
from flatctl.settings.tables import Name

# Flats of a set whose noise nobody knows yet; the first pair of them tells more.
AUTO_GUESS = 30


def plan_flats(
    settings: Settings,
    slots: Sequence[str] | None = None,
    *,
    only: Sequence[str] = (),
    count: int | None = None,
) -> tuple[FilterPlan, ...]:
    """Return the flats wanted, filter by filter, in the order of the configuration.

    Where the sky is the light its own filters come first, if it names any.

    `slots` are the wheel's names, or `None` while the wheel has not been asked: the result is then
    empty where the configuration wants every slot. A rig without a wheel gets one plan whose
    `filter` is `None`. Where the file has sets, these are wanted instead. `only` and `count` are
    what the command line asks for.

    Raises `ConfigError` for a filter of the configuration that is not in the wheel, or in two of
    its slots, `UsageError` for one of `only` that is not there.
    """
    usual = getattr(settings.panel, "bank", None)
    make_plans = _plan_sets if settings.sets else _plan_filters
    plans = make_plans(settings, slots, only=only, count=count)
    _once_in_wheel(settings, slots or (), [plan.filter for plan in plans])
    return tuple(
        replace(plan, panel_bank=plan.panel_bank or usual, ladder_s=_ladder(settings, plan))
        for plan in plans
    )


def held_at(
    plans: Sequence[FilterPlan], exposure_s: float | None, brightness: int | None
) -> tuple[FilterPlan, ...]:
    """Return the plans with an exposure, or a step of the panel, held instead of searched for."""
    if exposure_s is not None:
        plans = [
            replace(
                plan,
                exposure_start_s=exposure_s,
                exposure_min_s=exposure_s,
                exposure_max_s=exposure_s,
                exposures_s=(),
                ladder_s=(),
            )
            for plan in plans
        ]
    return tuple(replace(plan, brightness_step=brightness) for plan in plans)


def _ladder(settings: Settings, plan: FilterPlan) -> tuple[float, ...]:
    if not settings.dark_flats.ladder:
        return ()
    return ladder(plan.exposure_min_s, plan.exposure_max_s, plan.exposures_s)


def _plan_filters(
    settings: Settings, slots: Sequence[str] | None, *, only: Sequence[str], count: int | None
) -> tuple[FilterPlan, ...]:
    if settings.wheel is None:
        if only:
            raise UsageError(
                f"--filter {only[0]}: the configuration has no [wheel], so there are no filters "
                "to choose from; leave --filter out, or add [wheel] with its device"
            )
        return (wanted(settings.flats, None, None, count),)
    names = _Names(settings, slots)
    if slots is not None:
        _all_in_wheel(settings, names, only)
    meant: dict[str, str] = {}
    for name in only or _of_sky(settings) or settings.flats.filters or slots or ():
        meant.setdefault(names.slot(name) or name, name)
    return tuple(
        replace(wanted(settings.flats, names.table(slot), slot, count), named=_other(name, slot))
        for slot, name in meant.items()
    )


def _plan_sets(
    settings: Settings, slots: Sequence[str] | None, *, only: Sequence[str], count: int | None
) -> tuple[FilterPlan, ...]:
    """Return the flats of the sets, those of `only` where that names any.

    A set whose filter the wheel lacks says so: the others can be taken.
    """
    there = [table.filter for table in settings.sets if table.filter is not None]
    names = _Names(settings, slots)
    names_wanted = only or _of_sky(settings)
    chosen = {
        slot_meant(name, there, settings.wheel.names if settings.wheel else {}): name
        for name in names_wanted
    }
    if None in chosen:
        known = ", ".join(dict.fromkeys(there)) or "no filters"
        where = "--filter" if only else "sky.filters:"
        raise UsageError(f"{where} {chosen[None]}: the sets of the configuration have {known}")
    plans: list[FilterPlan] = []
    for table in settings.sets:
        if names_wanted and table.filter not in chosen:
            continue
        slot = None if table.filter is None else names.slot(table.filter)
        own = names.table(slot) if slot else settings.filters.get(table.filter or "")
        plan = replace(
            wanted(settings.flats, own, slot or table.filter, count or table.count),
            setup=table.setup(settings.camera),
            rotator_deg=table.rotator_deg,
            focuser_steps=table.focuser_steps,
            named=_other(table.filter, slot),
        )
        if table.filter is not None and slot is None:
            plan = replace(plan, obstacle=_not_in_wheel(table.filter, slots or ()))
        # What two programs call differently is one set.
        alike = (replace(each, named=plan.named) for each in plans if each.named != plan.named)
        if plan not in alike:
            plans.append(plan)
    if plans and all(plan.obstacle for plan in plans):
        problems = [Problem(("sets",), plan.obstacle) for plan in plans]
        raise refuse(problems, settings.source or Path("configuration"))
    return name_sets(plans)


class _Names:
    """What the configuration's names of filters mean; `slots` are `None` while nobody knows."""

    def __init__(self, settings: Settings, slots: Sequence[str] | None) -> None:
        self.slots = slots
        self._settings = settings
        self._names = settings.wheel.names if settings.wheel else {}

    def slot(self, name: str) -> str | None:
        """Return the slot of that name, `None` where the wheel has none."""
        if self.slots is None or name in self.slots:
            return name
        told = name in self._names
        if not told and any(slot.casefold() == name.casefold() for slot in self.slots):
            return None  # a slip, which is better corrected
        return slot_meant(name, self.slots, self._names)

    def table(self, slot: str) -> FilterFlats | None:
        """Return the [filters.NAME] of a slot, whatever it is called there."""
        tables = self._settings.filters
        meant = (table for name, table in tables.items() if self.slot(name) == slot)
        return tables.get(slot) or next(meant, None)


def _of_sky(settings: Settings) -> tuple[Name, ...]:
    """Return the filters that [sky] names, where that is the light."""
    sky = settings.sky if settings.light is LightSource.SKY else None
    return (sky.filters if sky is not None else None) or ()


def _other(name: str | None, slot: str | None) -> str:
    return "" if name is None or slot is None or name == slot else name


def _all_in_wheel(settings: Settings, names: _Names, only: Sequence[str]) -> None:
    slots = names.slots or ()
    for name in only:
        if names.slot(name) is None:
            raise UsageError(f"--filter {name}: {_not_in_wheel(name, slots)}")
    listed = [(("flats", "filters"), name) for name in settings.flats.filters or ()]
    listed += [(("sky", "filters"), name) for name in _of_sky(settings)]
    tables = [(("filters", name), name) for name in settings.filters]
    aliases = settings.wheel.names if settings.wheel else {}
    told = [(("wheel", "names", alias), name) for alias, name in aliases.items()]
    problems = [
        Problem(place, _not_in_wheel(name, slots))
        for place, name in (*listed, *tables, *told)
        if names.slot(name) is None
    ]
    if problems:
        raise refuse(problems, settings.source or Path("configuration"))


def _once_in_wheel(settings: Settings, slots: Sequence[str], filters: Sequence[str | None]) -> None:
    """Refuse filters of which nobody can say in which slot they are."""
    problems = []
    for name in dict.fromkeys(filters):
        places = [str(nth) for nth, slot in enumerate(slots, start=1) if slot == name]
        if len(places) > 1:
            text = (
                f"slots {' and '.join(places)} of the wheel are both {name!r}: give them names "
                "of their own in its driver, or list filters without it"
            )
            problems.append(Problem(("flats", "filters"), text))
    if problems:
        raise refuse(problems, settings.source or Path("configuration"))


def _not_in_wheel(name: str, slots: Sequence[str]) -> str:
    meant = suggestion(name, slots)
    hint = f"did you mean {meant!r}? It has" if meant else "it has"
    return f"the wheel has no filter {name!r}: {hint} {', '.join(slots) or 'no named slots'}"


def wanted(
    flats: FilterFlats, own: FilterFlats | None, name: str | None, count: int | None = None
) -> FilterPlan:
    """Return the flats wanted of one filter: its own table over [flats] over the defaults."""
    table = merged(flats, own)
    exposure, brightness = table.exposure_s, table.brightness
    limits = Limits.checked((0, 0), (exposure.min, exposure.max), table.exposures_s)
    return FilterPlan(
        filter=name,
        count=count or (AUTO_GUESS if table.count == "auto" else table.count),
        target=table.target,
        tolerance=table.tolerance,
        exposure_start_s=limits.clamp(0, exposure.start).exposure_s,
        exposure_min_s=exposure.min,
        exposure_max_s=exposure.max,
        exposures_s=limits.exposures_s,
        brightness_start=min(max(brightness.start, brightness.min), brightness.max),
        brightness_min=brightness.min,
        brightness_max=brightness.max,
        panel_bank=table.panel_bank,
        channel=table.channel,
        settle_frames=table.settle_frames,
        throughput=table.throughput,
        wavelength_nm=table.wavelength_nm,
        flat_noise=table.flat_noise if table.count == "auto" and count is None else None,
    )


def merged(flats: FilterFlats, own: FilterFlats | None) -> FilterFlats:
    """Lay a filter's own table over [flats], key by key, down into exposure_s and brightness.

    Where shutter speeds are listed, they are the limits of the exposure unless limits are written.
    """
    table = written(flats)
    table.pop("filters", None)
    table = _laid_over(table, written(own) if own else {})
    if table.get("exposures_s"):
        speeds = table["exposures_s"]
        limits = {"min": min(speeds), "max": max(speeds)}
        table["exposure_s"] = limits | table.get("exposure_s", {})
    return FilterFlats.model_validate(table)


def written(table: BaseModel) -> dict[str, Any]:
    """Return what the user wrote in a table, without defaults."""
    return table.model_dump(exclude_unset=True)


def _laid_over(below: dict[str, Any], above: dict[str, Any]) -> dict[str, Any]:
    result = dict(below)
    for key, value in above.items():
        inner = result.get(key)
        nested = isinstance(value, dict) and isinstance(inner, dict)
        result[key] = _laid_over(inner, value) if nested and inner is not None else value
    return result
