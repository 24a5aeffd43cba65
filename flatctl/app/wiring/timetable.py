"""What a run would do and when, by what earlier nights taught. Nothing is touched."""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta

from flatctl.app.estimate import expected, fits_setup, history_of
from flatctl.app.wiring.due import Due, sky_window
from flatctl.app.wiring.sky import is_dawn, sky_of
from flatctl.core.nights.history import LearnedSky
from flatctl.core.nights.sun import sun_altitude_deg
from flatctl.core.nights.window import Window
from flatctl.core.sky.filters import SkyFilter
from flatctl.core.sky.search import SkyFlatSearch
from flatctl.core.types import FilterPlan, LightSource
from flatctl.engine.clock import SystemClock
from flatctl.engine.sky.events import planned_filters
from flatctl.events import PlannedFilter, set_label
from flatctl.outputs.tables.run import plan_lines
from flatctl.outputs.tables.timetable import Timetable, timetable_lines
from flatctl.settings.models import Settings

# Where the camera's full scale is not configured; only fractions of it matter here.
_FULL_SCALE_ADU = 65535.0
# The opening of a window is known to half a second.
_INSIDE_S = 1.0


def dry_run_lines(
    settings: Settings, plans: Sequence[FilterPlan], due: Due | None = None
) -> Iterator[str]:
    """Yield what a run would do and how long that takes, `due` at dawn or dusk, or at once."""
    now = SystemClock().now()
    yield from due.lines(now) if due is not None else ()
    if settings.light is not LightSource.SKY:
        yield from plan_lines(settings, plans, expected(settings, plans))
        return
    yield from plan_lines(settings, plans)
    dawn = is_dawn(settings, now) if due is None else due.name == "dawn"
    window = sky_window(*sky_of(settings), now, dawn=dawn) if due is None else due.window(now)
    if window is None:
        yield "the Sun does not come to where [sky] takes flats these days"
    elif not plans:
        yield "when each filter's light is right can be told once [sky] filters names them"
    else:
        open_ = Window(max(now, window.opens), window.closes)
        yield from timetable_lines(timetable(settings, plans, open_, dawn=dawn))


def timetable(
    settings: Settings, plans: Sequence[FilterPlan], window: Window, *, dawn: bool
) -> Timetable:
    """Return what the planner makes of the sets `plans` (at least one) in that window of the Sun.

    Sets of one level share the light, as in a run; those of another follow them.
    """
    learned = _learned(settings)
    planned: list[PlannedFilter] = []
    begins = window.opens
    for level in dict.fromkeys(map(_level, plans)):
        alike = [plan for plan in plans if _level(plan) == level]
        found = _planned(settings, alike, begins, learned, dawn=dawn)
        planned += found
        begins = max((each.ends for each in found), default=begins)
    wanted = {set_label(plan): plan.count for plan in plans}
    nights = learned.memory.nights if learned else 0
    return Timetable(dawn, window, tuple(planned), wanted, nights)


def _learned(settings: Settings) -> LearnedSky | None:
    with history_of(settings) as history:
        known = history.skies(settings.rig.name)
    setup = settings.camera.setup
    return next((each for each in known if fits_setup(each.key, setup)), None)


def _level(plan: FilterPlan) -> tuple[object, float, float]:
    return plan.setup, plan.target, plan.tolerance


def _planned(
    settings: Settings,
    plans: Sequence[FilterPlan],
    begins: datetime,
    learned: LearnedSky | None,
    *,
    dawn: bool,
) -> tuple[PlannedFilter, ...]:
    """Return the plan for sets of one level, from a moment on."""
    sky, site = sky_of(settings)
    full_scale_adu = float(settings.camera.full_scale_adu or _FULL_SCALE_ADU)

    def sun_deg(ahead_s: float) -> float:
        return sun_altitude_deg(begins + timedelta(seconds=ahead_s), site)

    search = SkyFlatSearch(
        [
            SkyFilter(
                set_label(plan),
                plan.count,
                (plan.exposure_min_s, plan.exposure_max_s),
                plan.throughput,
                plan.wavelength_nm,
            )
            for plan in plans
        ],
        target_adu=plans[0].target * full_scale_adu,
        tolerance_adu=plans[0].tolerance * full_scale_adu,
        full_scale_adu=full_scale_adu,
        dawn=dawn,
        sun_altitude=sun_deg,
        sun_altitude_range_deg=sky.sun_altitude_deg,
        memory=learned.at(full_scale_adu).stored() if learned else None,
    )
    search.next(_INSIDE_S)
    plan = search.plan
    return planned_filters(plan, begins, sun_deg, full_scale_adu) if plan else ()
