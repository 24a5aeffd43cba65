"""What a twilight is expected to give, before it comes."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from flatctl.core.nights.window import Window
from flatctl.events import PlannedFilter
from flatctl.outputs import figures
from flatctl.outputs.sentences.sky import set_name, window_words


@dataclass(frozen=True)
class Timetable:
    """When each filter's light is expected in the dawn or dusk of `window`, in the planner's order.

    `wanted` is how many flats each set wants, `nights` how many twilights have taught what the
    filters let through; with 0 it is a guess.
    """

    dawn: bool
    window: Window
    planned: tuple[PlannedFilter, ...]
    wanted: Mapping[str, int]
    nights: int

    @property
    def short(self) -> dict[str, int]:
        """Return the flats that each set is expected to get, of those that won't be complete."""
        frames = {each.filter: each.frames for each in self.planned}
        got = {name: frames.get(name, 0) for name in self.wanted}
        return {name: count for name, count in got.items() if count < self.wanted[name]}


def timetable_lines(timetable: Timetable) -> Iterator[str]:
    """Yield when each filter's light is expected, with how many of the flats it wants."""
    when = "dawn" if timetable.dawn else "dusk"
    day = figures.local_time(timetable.window.opens, "%Y-%m-%d").split()[0]
    taught = f"as {figures.plural(timetable.nights, 'twilight')} taught"
    known = taught if timetable.nights else "a guess by the filters' names until a first twilight"
    yield f"expected at {when} of {day} ({known}):"
    planned = {each.filter: each for each in timetable.planned}
    names = [*planned, *(name for name in timetable.wanted if name not in planned)]
    width = max((len(set_name(name)) for name in names), default=0)
    for name in names:
        yield f"  {set_name(name):<{width}}  {expected_words(timetable, name)}"


def expected_words(timetable: Timetable, name: str) -> str:
    """Return when a filter's light is expected, and how many of the flats it wants."""
    wanted = timetable.wanted[name]
    planned = next((each for each in timetable.planned if each.filter == name), None)
    if planned is None:
        return f"no flat of {wanted}: its light goes to other filters, or does not come"
    count = f"{planned.frames} of {wanted}" if planned.frames < wanted else f"{wanted}"
    return f"{window_words(planned)}, {count} flats"
