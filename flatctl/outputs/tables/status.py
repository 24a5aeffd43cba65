"""What `flatctl status` and `flatctl stop` say of a rig."""

from collections.abc import Iterator, Sequence
from datetime import datetime

from flatctl.core.types import LightSource
from flatctl.errors import ExitCode
from flatctl.events import Exposing
from flatctl.outputs import figures
from flatctl.outputs.record import FilterRecord, RunRecord
from flatctl.outputs.sentences.run import end_line, filter_label


def work_lines(
    rig: str,
    who: str,
    began: datetime | None,
    record: RunRecord | None,
    exposing: Exposing | None,
) -> Iterator[str]:
    """Yield who drives a rig, since when, what is done and left, and how its light stands."""
    since = f", since {figures.local_time(began)}" if began else ""
    yield f"{rig}: {who}{since}"
    if record is None or record.started is None:
        yield "  no frames yet"
        return
    open_ones = [one for one in record.filters.values() if one.outcome is None]
    now = _under_way(record, open_ones, exposing)
    done = f"{record.complete} of {figures.plural(len(record.filters), 'filter')} complete"
    if now is not None:
        yield f"  {filter_label(now)}: {_progress(now, exposing)}; {done}"
    else:
        yield f"  {done}"
    later = [one for one in open_ones if one is not now and (record.by_sky or not one.started)]
    if later:
        yield f"  to come: {', '.join(filter_label(one) for one in later)}"
    yield f"  {_light(record, exposing)}"


def ended_line(rig: str, record: RunRecord | None, config: str) -> str:
    """Say that nobody drives a rig, and how its last run ended."""
    if record is None or record.started is None:
        return f"{rig}: no run is going on"
    if record.finished is None:
        safe = f"flatctl safe {config}".rstrip()
        return f"{rig}: no run is going on; the last one was cut short. Is the light out? {safe}"
    when = figures.local_time(record.finished)
    return f"{rig}: no run is going on; the last one ended {when}: {end_line(record)}"


def stopped_line(rig: str, record: RunRecord | None, config: str) -> tuple[str, bool]:
    """Say what became of a rig that was stopped, and whether its light is known to be off."""
    safe = f"flatctl safe {config}".rstrip()
    if record is None or record.started is None:
        return f"{rig}: stopped before it lit anything", True
    if record.exit_code is None or record.exit_code == ExitCode.LIGHT_UNKNOWN:
        return f"{rig}: stopped, and the light is NOT known to be off: {safe}", False
    off = "" if record.light_source is LightSource.SKY else ", the panel is off"
    return f"{rig}: stopped{off}. {end_line(record)}", True


def _under_way(
    record: RunRecord, open_ones: Sequence[FilterRecord], exposing: Exposing | None
) -> FilterRecord | None:
    """Return the set that is taken now; of the sky, whose sets all begin at once, the one exposed.

    Between exposures it is the one that the plan has first.
    """
    begun = [one for one in open_ones if one.started]
    if not record.by_sky:
        return next(iter(begun), None)
    planned = record.sky_plan.filters if record.sky_plan else ()
    names = [exposing.set or exposing.filter] if exposing else [each.filter for each in planned]
    return next((one for name in names for one in begun if one.name == name), None)


def _progress(now: FilterRecord, exposing: Exposing | None) -> str:
    left = max(now.wanted - now.on_disk, 0)
    told = f"{now.on_disk} of {figures.plural(now.wanted, 'flat')}, {left} left"
    if exposing is not None and exposing.kind == "trial" and not now.flats:
        return f"searching, trial {exposing.n}; {told}"
    return told


def _light(record: RunRecord, exposing: Exposing | None) -> str:
    if record.light_source is LightSource.SKY:
        return "the light is the sky"
    if record.finished is not None:
        return "panel off"
    if exposing is None:
        return "panel not lit yet"
    if exposing.kind == "dark_flat":
        return "panel off, for dark flats"
    steps = figures.brightness(exposing.brightness, record.brightness_max)
    return ", ".join(filter(None, ["panel lit", steps]))
