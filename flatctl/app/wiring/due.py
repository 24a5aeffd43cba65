"""When the flats of a rig are due, at dawn or at dusk."""

from collections.abc import Iterator
from datetime import datetime, time, timedelta
from typing import Literal

from flatctl.app.wiring.dawn_wait import local, next_local
from flatctl.core.nights.sun import Site, next_rise, next_set, sun_altitude_deg, sun_range_deg
from flatctl.core.nights.window import Window, window_at
from flatctl.core.sky.light import find_window
from flatctl.core.types import LightSource
from flatctl.errors import ConfigError, UsageError
from flatctl.outputs.tables.run import due_lines
from flatctl.settings.models import Settings
from flatctl.settings.sky import Sky
from flatctl.settings.unattended import PANEL_SUN_DEG, Dawn, Dusk

TwilightName = Literal["dawn", "dusk"]

USUALLY_OPEN = timedelta(hours=3)
# A latest time that comes later than this was passed before the flats were due.
LONGEST_OPEN = timedelta(hours=18)


def sky_window(sky: Sky, site: Site, after: datetime, *, dawn: bool) -> Window | None:
    """Return when the Sun is where flats of the sky are taken; None where that was missed."""

    def altitude_deg(ahead_s: float) -> float:
        return sun_altitude_deg(after + timedelta(seconds=ahead_s), site)

    found = find_window(altitude_deg, sky.sun_altitude_deg, 0.0, dawn=dawn)
    if found is None:
        return None
    opens, closes = (after + timedelta(seconds=each) for each in (found.opens_s, found.closes_s))
    return Window(opens, closes)


class Due:
    """When the flats of a rig are due, by the Sun or by the clock.

    Where the sky is the light, no later than the Sun is where [sky] has it.
    """

    def __init__(
        self,
        settings: Settings,
        at: time | None,
        sun_altitude_deg: float | None,
        twilight: TwilightName = "dawn",
    ) -> None:
        if at is not None and sun_altitude_deg is not None:
            raise UsageError("--at and --sun-altitude: choose one of them")
        self.name = twilight
        self.table: Dawn | Dusk = getattr(settings, twilight)
        self._at = at
        self._site = settings.rig.site
        self._sky = settings.sky if settings.light is LightSource.SKY else None
        configured = (sun_altitude_deg, self.table.sun_altitude_deg, self._usual_deg(self._sky))
        self._altitude_deg = next(each for each in configured if each is not None)
        if at is None and self._site is None:
            raise ConfigError(
                f"{settings.source}: rig.latitude_deg and rig.longitude_deg are missing, and "
                f"without a site nobody knows when the Sun {self._does}; add them, or name a "
                "time: --at 06:30"
            )

    @property
    def remedy(self) -> str:
        """Return what to do where it has become too late."""
        if self._sky is not None:
            return f"the sky comes again; to begin earlier, see [{self.name}] and [sky]"
        return f"take them with flatctl run, or allow more in [{self.name}]"

    def window(self, now: datetime) -> Window:
        """Return the window that is open at `now`, or the next one.

        Raises `ConfigError` where the Sun does not pass through that altitude these days.
        """
        window = window_at(now, self._opening, self._closing)
        if window is None:
            raise ConfigError(self._no_such_sun(now))
        return window

    def lines(self, now: datetime) -> Iterator[str]:
        """Yield in words when the flats are due, as seen from `now`."""
        altitude_deg = self._altitude_deg if self._at is None else None
        return due_lines(self.table, self.window(now), now, altitude_deg)

    @property
    def _does(self) -> str:
        return "rises" if self.name == "dawn" else "sets"

    def _usual_deg(self, sky: Sky | None) -> float:
        if sky is None:
            return PANEL_SUN_DEG
        return sky.sun_altitude_deg[0 if self.name == "dawn" else 1]

    def _opening(self, after: datetime) -> datetime | None:
        if self._at is not None:
            return next_local(after, self._at)
        return self._passes(after, self._altitude_deg)

    def _passes(self, after: datetime, altitude_deg: float) -> datetime | None:
        """Return when the Sun passes through an altitude in the twilight's direction."""
        if self._site is None:
            return None
        passing = next_rise if self.name == "dawn" else next_set
        return passing(after, altitude_deg, self._site)

    def _closing(self, opens: datetime) -> datetime:
        ends = []
        latest, latest_deg = self.table.latest, self.table.latest_sun_altitude_deg
        if latest is not None:
            ends.append(next_local(opens, time.fromisoformat(latest)))
            if ends[0] - opens > LONGEST_OPEN:
                raise ConfigError(
                    f"{self.name}.latest = {latest}: flats are due at {local(opens)} only; choose "
                    f"a later time, or a {'lower' if self.name == 'dawn' else 'higher'} Sun"
                )
        if latest_deg is not None and self._site is not None:
            there = self._passes(opens, latest_deg)
            ends.append(min(there or opens + LONGEST_OPEN, opens + LONGEST_OPEN))
        if self._sky is not None:
            ends.append(self._sky_goes(opens, self._sky))
        return min(ends, default=opens + USUALLY_OPEN)

    def _sky_goes(self, opens: datetime, sky: Sky) -> datetime:
        """Return when the Sun leaves the range of the sky's flats, from an opening on."""
        low_deg, high_deg = sky.sun_altitude_deg
        window = None
        if self._site is not None:
            window = sky_window(sky, self._site, opens, dawn=self.name == "dawn")
        if window is None:
            raise ConfigError(
                f"flats of the sky are taken with the Sun between {low_deg:g}° and {high_deg:g}°, "
                f"and that is over at {local(opens)}, when they would begin; begin earlier: "
                f"{self.name}.sun_altitude_deg, --sun-altitude or --at"
            )
        return window.closes

    def _no_such_sun(self, now: datetime) -> str:
        low_deg, high_deg = sun_range_deg(now, self._site) if self._site else (0.0, 0.0)
        return (
            f"the Sun does not {self._does.removesuffix('s')} through {self._altitude_deg:g}° "
            f"these days: it stands between {low_deg:.1f}° and {high_deg:.1f}°; choose "
            f"{self.name}.sun_altitude_deg (or --sun-altitude) between these, or name a time: "
            "--at 06:30"
        )
