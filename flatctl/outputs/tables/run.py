"""What `flatctl run --dry-run` and `flatctl dawn --dry-run` answer."""

from collections.abc import Iterator, Sequence
from datetime import datetime

from flatctl.core.nights.window import Window
from flatctl.core.types import FilterPlan
from flatctl.settings.models import Settings
from flatctl.settings.panels import CoverOptions, ManualOptions
from flatctl.settings.unattended import Dawn

_MOMENT = "%Y-%m-%d %H:%M %Z"


def due_lines(dawn: Dawn, window: Window, now: datetime, sun_deg: float | None) -> Iterator[str]:
    """Yield when the flats would begin, and until when at the latest.

    `sun_deg` is the altitude of the Sun that opens the window, `None` where a time of day does.
    """
    by = "--at" if sun_deg is None else f"Sun at {sun_deg:g}°"
    yield f"begins   {max(now, window.opens).astimezone():{_MOMENT}} ({by})"
    if dawn.after:
        yield f"         once this ends with 0: {dawn.after}"
    if dawn.after_file:
        yield f"         once there is {dawn.after_file}"
    yield f"latest   {window.closes.astimezone():{_MOMENT}}"


def plan_lines(settings: Settings, plans: Sequence[FilterPlan]) -> Iterator[str]:
    """Yield what a run would do, in order; without `plans` it takes every slot of the wheel."""
    yield f"rig      {settings.rig.name}"
    camera, indi = settings.camera.device, settings.indi
    # A URL says itself where the camera is.
    yield f"camera   {camera}" + ("" if "://" in camera else f" at {indi.host}:{indi.port}")
    by_hand = isinstance(settings.panel, ManualOptions)
    yield f"panel    {settings.panel.kind}" + (": you switch it on" if by_hand else "")
    yield f"output   {settings.output.directory}"
    if not plans:
        flats = settings.flats
        yield f"every slot of {settings.wheel.device if settings.wheel else 'the wheel'}:"
        yield f"  {flats.count} flats each, {_wanted(flats.target, flats.tolerance)}"
    for plan in plans:
        yield (
            f"{plan.name or plan.filter or 'no filter'}: {_many(plan)} flats, "
            f"{_wanted(plan.target, plan.tolerance)}, first "
            + ("" if by_hand else f"{100 * plan.brightness_start:g} % brightness and ")
            + f"{plan.exposure_start_s:g} s, "
            f"exposure {plan.exposure_min_s:g} to {plan.exposure_max_s:g} s"
        )
    yield from _conditions(settings)
    if settings.dark_flats.ladder:
        yield "exposures are snapped to 1, 2, 5, 10 s and so on, where one of these serves"
    if settings.dark_flats.count:
        yield f"then {settings.dark_flats.count} dark flats of each exposure"
    if by_hand:
        yield "then you switch the light off: flatctl can't"
        return
    panel = settings.panel
    cover = panel.cover_at_end if isinstance(panel, CoverOptions) else "leave"
    yield "then the panel off" + ("" if cover == "leave" else f", its cover {cover}")


def _many(plan: FilterPlan) -> str:
    if plan.flat_noise is None:
        return str(plan.count)
    return f"as many as bring the noise under {100 * plan.flat_noise:g} % per pixel"


def _conditions(settings: Settings) -> Iterator[str]:
    mount, dome, weather = settings.mount, settings.dome, settings.weather
    if mount is not None and mount.park:
        yield f"{mount.device} parks first"
    for table, wanted in ((mount, "parked"), (dome, "closed"), (weather, "safe")):
        if table is not None and table.policy != "ignore":
            waits = f"wait up to {table.wait_s:g} s" if table.policy == "wait" else "stop"
            yield f"{table.device} must be {wanted}, before each frame; otherwise {waits}"


def _wanted(target: float, tolerance: float) -> str:
    return f"median {100 * target:g} % of full scale (± {100 * tolerance:g} %)"
