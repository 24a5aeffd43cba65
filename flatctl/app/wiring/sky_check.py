"""What `flatctl check` says of the twilight sky as the light. Nothing is moved, nor connected."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from functools import partial

from flatctl.app.wiring.clock_state import clock_error_s
from flatctl.app.wiring.due import sky_window
from flatctl.app.wiring.findings import CheckLine, finding
from flatctl.app.wiring.sky import is_dawn, pointing_plan, sky_of
from flatctl.app.wiring.timetable import timetable
from flatctl.core.nights.sun import Site
from flatctl.core.nights.window import Window
from flatctl.core.pointing.directions import to_horizontal
from flatctl.core.pointing.target import hindrance
from flatctl.core.types import FilterPlan, LightSource
from flatctl.devices.catalog import CAMERAS, MOUNTS
from flatctl.devices.protocols import MountReport, MountState
from flatctl.devices.transports import Connections
from flatctl.engine.clock import SystemClock
from flatctl.engine.sky.pointing_plan import (
    aimed,
    as_it_stands,
    minutes,
    refuse_other_site,
    refuse_other_time,
    survey,
    unsafe,
)
from flatctl.errors import ConfigError, ExitCode, FlatctlError
from flatctl.outputs.sentences.sky import direction_words, set_name, span_words
from flatctl.outputs.tables.timetable import Timetable, expected_words
from flatctl.settings.models import Settings

# The Sun moves the light by a hundredth in this time, the sky a mount by half a minute of arc.
_CLOCK_S = 2.0
_ASK_S = 5.0
# Across a larger field even the evenest part of the sky has a slope that is seen.
_FIELD_DEG = 2.0


def sky_findings(
    settings: Settings,
    connections: Connections,
    plans: Sequence[FilterPlan],
    *,
    servers_answer: bool = True,
) -> Iterator[CheckLine]:
    """Yield how the rig is for flats of the sky, in the twilight that comes next.

    Where a panel is the light nothing of this ends a run. Of servers that don't answer nothing is
    asked again.
    """
    is_light = settings.light is LightSource.SKY
    for line in _findings(settings, connections if servers_answer else None, plans):
        yield line if is_light else replace(line, exit_code=ExitCode.COMPLETE)


def _findings(
    settings: Settings, connections: Connections | None, plans: Sequence[FilterPlan]
) -> Iterator[CheckLine]:
    yield replace(finding("clock kept right", _clock), exit_code=ExitCode.COMPLETE)
    try:
        sky, site = sky_of(settings)
    except ConfigError as error:
        yield CheckLine("twilight", False, str(error), exit_code=error.exit_code)
        return
    now = SystemClock().now()
    dawn = is_dawn(settings, now)
    window = sky_window(sky, site, now, dawn=dawn)
    if window is None:
        text = "the Sun does not come to where [sky] takes flats these days"
        yield CheckLine("twilight", False, text, exit_code=ExitCode.UNSAFE)
        return
    span = span_words((window.opens, window.closes))
    text = f"the next {'dawn' if dawn else 'dusk'} has flats from {span}"
    yield CheckLine("twilight", True, text)
    yield from _mount(settings, connections, window, site, now)
    if connections is not None:
        field = finding("field of view", partial(_field, settings, connections))
        yield replace(field, exit_code=ExitCode.COMPLETE)
    # What the wheel lacks is told where the wheel is looked for.
    if possible := [plan for plan in plans if not plan.obstacle]:
        yield from _filters(timetable(settings, possible, window, dawn=dawn))


def _clock() -> str:
    try:
        error_s = clock_error_s()
    except OSError as error:
        return f"not known: {error}"
    wanted = "Sun and mount go by it, and want it right to 2 s"
    if error_s is None:
        raise ConfigError(
            f"nothing keeps the computer's clock right (NTP): {wanted}; timedatectl set-ntp true, "
            "or let a GPS receiver do it"
        )
    if error_s > _CLOCK_S:
        raise ConfigError(f"the computer's clock may be off by {error_s:.0f} s: {wanted}")
    return f"within {max(error_s, 0.001):.2g} s"


def _mount(
    settings: Settings,
    connections: Connections | None,
    window: Window,
    site: Site,
    now: datetime,
) -> Iterator[CheckLine]:
    """Yield how the mount stands, and where it will point; without one that nothing is moved."""
    table = settings.mount
    if table is None:
        text = "none configured: point the telescope up by hand, with its tracking off"
        yield CheckLine("mount", True, text)
        return
    reports: list[MountReport] = []

    def look(reached: Connections) -> str:
        there = MOUNTS.check(reached, table.device)
        moves = f"flatctl may {'' if table.move else 'not '}move it"
        if table.move and not there.connected:
            return f"{there.text}; {moves}"
        report = MOUNTS.build(reached, table.device).report(_ASK_S)
        reports.append(report)
        refuse_other_site(table.device, report.site, site)
        refuse_other_time(table.device, report, now, site)
        return f"{there.text}, {_stands(report, site, now)}; {moves}"

    if connections is not None:
        yield finding("mount", partial(look, connections))
    yield from _position(settings, next(iter(reports), None), window, site, now)


def _stands(report: MountReport, site: Site, now: datetime) -> str:
    if report.state is MountState.PARKED or report.at is None:
        return report.state.value
    return f"{report.state.value}, {direction_words(to_horizontal(report.at, now, site))}"


def _position(
    settings: Settings, report: MountReport | None, window: Window, site: Site, now: datetime
) -> Iterator[CheckLine]:
    """Yield where the telescope points in the window, at its beginning and at its end."""
    sky, table = settings.sky, settings.mount
    if sky is None or table is None:
        return
    stays = sky.position == "stay" or not table.move
    if stays and report is None:
        return

    def look() -> str:
        plan, times = pointing_plan(sky, table), minutes(window.opens, window.closes)
        if stays and report is not None:
            name, may_move = table.device, table.move
            course = as_it_stands(name, plan, report, times, site, may_move=may_move, asked=now)
        else:
            course = aimed(table.device, plan, times, site)
        if (hindered := hindrance(course, site, plan.limits)) is not None:
            raise unsafe(table.device, hindered)
        found = survey(course, site)
        moon = "down" if found.moon_deg is None else f"{found.moon_deg:.0f}° away at least"
        begins, ends = (direction_words(each) for each in (found.first, found.last))
        ways = begins if begins == ends else f"{begins} at first, {ends} at last"
        return f"{ways}; the Sun {found.sun_deg:.0f}° away at least, the Moon {moon}"

    yield finding("pointing", look)


def _field(settings: Settings, connections: Connections) -> str:
    try:
        field_deg = CAMERAS.check(connections, settings.camera.device).field_deg
    except FlatctlError:  # told where the camera is looked for
        field_deg = None
    if field_deg is None:
        return "not known: no driver tells focal length and pixel size"
    across, down = (f"{each:.2g}°" for each in field_deg)
    if max(field_deg) > _FIELD_DEG:
        raise ConfigError(
            f"{across} by {down}: across more than {_FIELD_DEG:g}° even the evenest sky has a "
            "slope of a percent or so; half of the flats with the camera turned by 180° (a "
            "meridian flip, a rotator) take it out"
        )
    return f"{across} by {down}: the sky is even enough"


def _filters(expected: Timetable) -> Iterator[CheckLine]:
    """Yield whether each filter's window holds its flats, as far as that can be foretold."""
    planned = [each.filter for each in expected.planned]
    for name in [*planned, *(each for each in expected.wanted if each not in planned)]:
        text = f"{set_name(name)}: {expected_words(expected, name)}"
        if name in expected.short:
            remedy = "ask for fewer flats, or allow more exposures (exposure_s.min, exposure_s.max)"
            yield CheckLine("light", False, text, remedy)
        else:
            yield CheckLine("light", True, text)
