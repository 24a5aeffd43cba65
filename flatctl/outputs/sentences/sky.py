"""What is said of a run whose light is the twilight sky."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from math import isfinite

from flatctl import events
from flatctl.core.pointing.directions import Horizontal, separation_deg
from flatctl.core.sky.steps import Fact, Why
from flatctl.events import UNKNOWN_TIME, Awaited
from flatctl.outputs import figures
from flatctl.outputs.record import FilterRecord, RunRecord, as_taken

_WINDS = ("north", "north-east", "east", "south-east", "south", "south-west", "west", "north-west")
# Pointed anew so near to where it pointed, it still points there.
_SAME_DEG = 5.0
# An exposure that would have been so many times the one allowed is no advice.
_ADVICE_MAX = 20.0
MOUNT_LEFT = {
    "standing": "stands still, its tracking off",
    "parked": "is parked",
    "tracking": "tracks, as before: flatctl may not move it",
}
"""How a run left a mount, by the word of `run_finished`; of any other it may still track."""
_NEXT = "the next twilight goes on with it"


def sun(altitude_deg: float) -> str:
    """Return where the Sun stands: `-6.2°`."""
    # Adding 0 makes a zero of what is rounded to minus zero.
    return f"{round(altitude_deg, 1) + 0.0:.1f}°" if isfinite(altitude_deg) else figures.UNKNOWN


def sun_between(first_deg: float, last_deg: float) -> str:
    """Return where the Sun stood meanwhile: `-1.0 to -3.2°`, or one altitude."""
    first, last = sun(first_deg), sun(last_deg)
    return last if first == last else f"{first.removesuffix('°')} to {last}"


def set_name(name: str) -> str:
    """Return the name of a set, or a word for the rig without a wheel."""
    return figures.printable(name) if name not in ("", events.NO_FILTER) else "no filter"


def exposures(record: FilterRecord) -> str:
    """Return the exposures of a set of the sky, from the shortest to the longest."""
    times_s = [shot.exposure_s for shot in record.of_sky]
    shortest, longest = figures.seconds(min(times_s)), figures.seconds(max(times_s))
    return longest if shortest == longest else f"{shortest.removesuffix(' s')} to {longest}"


def sun_of(record: FilterRecord) -> str:
    """Return where the Sun stood during a set of the sky, from its first flat to its last."""
    altitudes = [shot.sun_altitude_deg or 0.0 for shot in as_taken(record.of_sky)]
    return sun_between(altitudes[0], altitudes[-1])


def sky_ending_sentence(fact: Fact) -> str:
    """Return why a set of the sky ended short and what to do; its kind alone without figures."""
    try:
        return _ending(fact)
    except Exception:  # noqa: BLE001 because words must never end a run
        return figures.words(fact.why)


def _ending(fact: Fact) -> str:
    found = fact.figures
    match fact.why:
        case Why.GONE:
            return _gone(found)
        case Why.CLIPS:
            return (
                f"Pixels clip at {figures.percent(float(found['level']), 0)} already: lower "
                "flats.target, or see what makes part of the picture so bright."
            )
        case Why.UNSTABLE:
            return (
                f"The light changes by {figures.percent(float(found['wobble']), 0)} from frame to "
                f"frame, as it does under clouds: wait for a clear sky ({_NEXT}), or widen "
                "flats.tolerance."
            )
        case Why.OUT_OF_TIME:
            return (
                f"The Sun left its range at {sun(float(found['sun_altitude_deg']))}: begin "
                f"earlier, ask for fewer flats, or widen sky.sun_altitude_deg; {_NEXT}."
            )
        case Why.MISSED:
            return "This twilight is over, or does not come: start before it begins."
        case _:
            return figures.words(fact.why)


def _gone(found: dict[str, float | str]) -> str:
    """Return why the light left the exposures allowed: too dim at dusk, too bright at dawn."""
    exposure_s, needed_s = float(found["exposure_s"]), float(found["needed_s"])
    is_dim = needed_s > exposure_s
    even = f"even {figures.seconds(exposure_s)} would give {_level(float(found['level']))}"
    key, which = ("max", "longer") if is_dim else ("min", "shorter")
    advice = f"begin earlier, or allow {which} exposures"
    if 1 / _ADVICE_MAX < needed_s / exposure_s < _ADVICE_MAX:
        advice += f" (exposure_s.{key}: {float(f'{needed_s:.2g}'):g} s would do at that moment)"
    return (
        f"The light has gone: with the Sun at {sun(float(found['sun_altitude_deg']))} "
        f"{even}. To take more, {advice}; {_NEXT}."
    )


def _level(level: float) -> str:
    return "full scale" if level >= 1.0 else figures.percent(level, 0)


def light_awaited_words(awaited: Awaited, since: datetime | None) -> str:
    """Say what light is waited for since when, when it is expected, and where the Sun stands."""
    named = awaited.filter not in (None, events.NO_FILTER)
    light = f"light for {set_name(awaited.filter or '')}" if named else "the light of the sky"
    words = f"waiting for {light}"
    if awaited.left_s is not None and since is not None and since != UNKNOWN_TIME:
        until = since + timedelta(seconds=awaited.left_s)
        words += f" about {figures.local_time(until, '%H:%M')}"
    if awaited.sun_altitude_deg is not None:
        words += f", Sun {sun(awaited.sun_altitude_deg)}"
    return words


def plan_lines(run: RunRecord) -> list[str]:
    """Return the plan of a twilight, the first one filter by filter, a later one where it differs.

    What has been taken is no difference.
    """
    plans = [each for each in run.told if isinstance(each, events.SkyPlan)]
    if not plans or not plans[-1].filters:
        return []
    names = _names(plans[-1])
    order = ", then ".join(map(set_name, names))
    if len(plans) == 1:
        return [f"plan: {order}", *(f"  {each}" for each in planned_lines(plans[-1].filters))]
    follows = iter(_names(plans[-2]))
    return [] if all(name in follows for name in names) else [f"new plan: {order}"]


def _names(plan: events.SkyPlan) -> list[str]:
    return [each.filter for each in plan.filters]


def planned_lines(planned: Sequence[events.PlannedFilter]) -> list[str]:
    """Return a line for each filter: when its light is expected, and how many flats it gets."""
    width = max(len(set_name(each.filter)) for each in planned)
    return [
        f"{set_name(each.filter):<{width}}  {window_words(each)}, "
        f"{figures.plural(each.frames, 'flat')}"
        for each in planned
    ]


def window_words(planned: events.PlannedFilter) -> str:
    """Return when a filter's light is expected to be right: local times, and the Sun."""
    at = planned.sun_altitude_deg
    when = span_words((planned.opens, planned.closes))
    return when + (f", Sun {sun_between(at[0], at[-1])}" if at else "")


def span_words(span: tuple[datetime, datetime]) -> str:
    """Return from when to when something was, local time: `17:10 to 17:27 CET`."""
    first, last = (figures.clock_minutes(each) for each in span)
    zone = "" if span[1] == UNKNOWN_TIME else f" {figures.zone(span[1])}"
    return f"{first}{zone}" if first == last else f"{first} to {last}{zone}"


def pointing_lines(run: RunRecord) -> list[str]:
    """Return a line on where the telescope points now, where that is news."""
    said: events.Pointed | None = None
    is_news = False
    for each in run.told:
        if isinstance(each, events.Pointed):
            is_news = said is None or not _is_same(said, each)
            said = each if is_news else said
    return [f"pointing {pointing_words(said)}"] if is_news and said is not None else []


def _is_same(one: events.Pointed, other: events.Pointed) -> bool:
    places = [Horizontal(each.alt_deg, each.az_deg) for each in (one, other)]
    return one.tracking == other.tracking and separation_deg(*places) < _SAME_DEG


def pointing_words(pointed: events.Pointed) -> str:
    """Return where a telescope points: `75° high in the north-east, tracking off`."""
    tracking = "on" if pointed.tracking else "off"
    at = Horizontal(pointed.alt_deg, pointed.az_deg)
    return f"{direction_words(at)}, tracking {tracking}"


def direction_words(at: Horizontal) -> str:
    """Return a direction: `75° high in the north-east`."""
    return f"{at.alt_deg:.0f}° high in the {_WINDS[round(at.az_deg / 45.0) % len(_WINDS)]}"


def mount_words(mount: str) -> str:
    """Return how a run left the mount, in a few words."""
    return MOUNT_LEFT.get(mount, "may still track")


def mount_sentence(mount: str) -> str:
    """Say how a run left the mount."""
    if mount in MOUNT_LEFT:
        return f"The mount {mount_words(mount)}."
    return "THE MOUNT MAY STILL TRACK: switch its tracking off, or park it."
