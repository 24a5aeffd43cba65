"""When the flats of a night are due: from an opening moment until a closing one."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

DAY = timedelta(days=1)

# From a moment to the first opening after it; `None` where there is none.
NextOpening = Callable[[datetime], datetime | None]


@dataclass(frozen=True)
class Window:
    """Flats may begin from `opens` on, and no more from `closes` on."""

    opens: datetime
    closes: datetime


def window_at(
    now: datetime, next_opening: NextOpening, closing: Callable[[datetime], datetime]
) -> Window | None:
    """Return the window that is open at `now`, else the next one.

    So a program that starts after the moment has passed, because it crashed or its machine was
    off, still takes this morning's flats. `closing` gives the end that belongs to an opening.
    """
    latest = next_opening(now - DAY)
    if latest is not None and latest <= now < closing(latest):
        return Window(latest, closing(latest))
    opens = next_opening(now)
    return None if opens is None else Window(opens, closing(opens))
