"""What `flatctl run --dry-run` and `flatctl dawn --dry-run` answer."""

from collections.abc import Iterator, Sequence
from datetime import datetime

from flatctl.core.nights.plan import describe_setup
from flatctl.core.nights.window import Window
from flatctl.core.types import FilterPlan, LightSource
from flatctl.outputs import figures
from flatctl.outputs.tables.plan import Estimate
from flatctl.settings.models import Settings
from flatctl.settings.observatory import Dome, Mount, Weather
from flatctl.settings.panels import CoverOptions, ManualOptions, PanelOptions
from flatctl.settings.plan import wanted
from flatctl.settings.sky import Sky
from flatctl.settings.unattended import Twilight


def due_lines(
    table: Twilight, window: Window, now: datetime, sun_deg: float | None
) -> Iterator[str]:
    """Yield when the flats would begin, and until when at the latest.

    `sun_deg` is the altitude of the Sun that opens the window, `None` where a time of day does.
    """
    by = "--at" if sun_deg is None else f"Sun at {sun_deg:g}°"
    opens = figures.local_time(window.opens)
    if window.opens > now:
        yield f"begins   {opens} ({by})"
    else:
        yield f"begins   at once: {opens} has passed ({by})"
    if table.after:
        yield f"         once this ends with 0: {table.after}"
    if table.after_file:
        yield f"         once there is {table.after_file}"
    yield f"latest   {figures.local_time(window.closes)}"


def plan_lines(
    settings: Settings, plans: Sequence[FilterPlan], estimates: Sequence[Estimate] = ()
) -> Iterator[str]:
    """Yield what a run would do, in order; without `plans` it takes every slot of the wheel.

    `estimates` is how long each set of `plans` will take.
    """
    yield f"rig      {settings.rig.name}"
    camera, indi = settings.camera.device, settings.indi
    # A URL says itself where the camera is.
    yield f"camera   {camera}" + ("" if "://" in camera else f" at {indi.host}:{indi.port}")
    yield f"         {', '.join(describe_setup(settings.camera.setup).values())}"
    yield from _light(settings)
    yield f"output   {settings.output.directory}"
    if not plans:
        yield f"every slot of {settings.wheel.device if settings.wheel else 'the wheel'}, each:"
        every = wanted(settings.flats, None, None)
        yield f"  {_set_words(every, settings)}"
    for plan in plans:
        yield f"{plan.name or plan.filter or 'no filter'}: {_set_words(plan, settings)}"
    yield from _conditions(settings)
    if settings.dark_flats.ladder:
        yield "exposures are snapped to 1, 2, 5, 10 s and so on, where one of these serves"
    if settings.dark_flats.count:
        yield f"then {settings.dark_flats.count} dark flats of each exposure"
    yield _last(settings)
    if estimates:
        yield _time(estimates)


def _light(settings: Settings) -> Iterator[str]:
    """Yield what the light is; of a panel its kind and where it is, of the sky where to point."""
    if settings.panel is not None and settings.light is LightSource.PANEL:
        yield f"panel    {_panel(settings.panel)}"
    elif settings.sky is not None:
        low_deg, high_deg = settings.sky.sun_altitude_deg
        yield f"light    the sky, while the Sun is between {low_deg:g}° and {high_deg:g}°"
        yield f"         {_position(settings.sky)}"


def _position(sky: Sky) -> str:
    tracking = f"tracking {sky.tracking}"
    match sky.position:
        case "stay":
            return f"the telescope stays as it stands, {tracking}"
        case "null":
            there = "where the sky is evenest"
        case "zenith":
            there = "to the zenith"
        case (alt_deg, az_deg):
            there = f"to altitude {alt_deg:g}°, azimuth {az_deg:g}°"
    return f"the mount points {there}, {tracking}"


def _panel(panel: PanelOptions) -> str:
    if isinstance(panel, ManualOptions):
        return f"{panel.kind}: you switch it on"
    places = ((key, getattr(panel, key, "")) for key in ("port", "device", "listen"))
    return next((f"{panel.kind}: {key} {value}" for key, value in places if value), panel.kind)


def _set_words(plan: FilterPlan, settings: Settings) -> str:
    """Return what is wanted of a set; of its camera setup what differs from the rig's own."""
    own = settings.camera.setup
    usual = describe_setup(own)
    there = describe_setup(plan.setup or own)
    words = [
        f"{_many(plan)} flats",
        *(text for fact, text in there.items() if text != usual.get(fact)),
        *([] if plan.rotator_deg is None else [f"rotator {plan.rotator_deg:g}°"]),
        *([] if plan.focuser_steps is None else [f"focuser {plan.focuser_steps:g}"]),
        f"median {100 * plan.target:g} % of full scale (± {100 * plan.tolerance:g} %)",
        *_first(plan, settings),
        f"exposure {plan.exposure_min_s:g} to {plan.exposure_max_s:g} s",
    ]
    return ", ".join(words)


def _first(plan: FilterPlan, settings: Settings) -> Iterator[str]:
    if settings.light is LightSource.PANEL:
        by_hand = isinstance(settings.panel, ManualOptions)
        brightness = "" if by_hand else f"{100 * plan.brightness_start:g} % brightness and "
        yield f"first {brightness}{plan.exposure_start_s:g} s"


def _last(settings: Settings) -> str:
    panel, sky = settings.panel, settings.sky
    if sky is not None and settings.light is LightSource.SKY:
        if settings.mount is None or not settings.mount.move:
            return "then nothing is moved"
        return "then the mount " + ("parks" if sky.end == "park" else "stays, its tracking off")
    if isinstance(panel, ManualOptions):
        return "then you switch the light off: flatctl can't"
    cover = panel.cover_at_end if isinstance(panel, CoverOptions) else "leave"
    return "then the panel off" + ("" if cover == "leave" else f", its cover {cover}")


def _time(estimates: Sequence[Estimate]) -> str:
    total_s = sum(one.seconds for one in estimates)
    guessed = sum(not one.known for one in estimates)
    basis = f"a guess for {figures.plural(guessed, 'set')}" if guessed else "as earlier nights took"
    return f"time     about {figures.duration(total_s)} ({basis}), without cooling"


def _many(plan: FilterPlan) -> str:
    if plan.flat_noise is None:
        return str(plan.count)
    return f"as many as bring the noise under {100 * plan.flat_noise:g} % per pixel"


def _conditions(settings: Settings) -> Iterator[str]:
    mount, dome, weather = settings.mount, settings.dome, settings.weather
    of_sky = settings.light is LightSource.SKY
    if mount is not None and mount.park and not of_sky:
        yield f"{mount.device} parks first"
    rules: list[tuple[Mount | Dome | Weather | None, str]] = [] if of_sky else [(mount, "parked")]
    rules += [(dome, "open" if of_sky else "closed"), (weather, "safe")]
    for table, state in rules:
        if table is not None and table.policy != "ignore":
            waits = f"wait up to {table.wait_s:g} s" if table.policy == "wait" else "stop"
            yield f"{table.device} must be {state}, before each frame; otherwise {waits}"
