"""`flatctl test`: one frame through one filter, looked at and not kept."""

from collections.abc import Callable, Sequence
from pathlib import Path

from flatctl.app.wiring.rig import claim_rig, greet, make_connections, make_rig, make_rules
from flatctl.app.wiring.sharing import Manners, free_camera
from flatctl.app.wiring.slow import SlowWords
from flatctl.core.pixels.histogram import histogram
from flatctl.core.types import FilterPlan
from flatctl.engine.clock import SystemClock
from flatctl.engine.job import Job
from flatctl.engine.one_frame import OneFrame
from flatctl.engine.stop import StopSignals
from flatctl.errors import ConfigError, DeviceError, UsageError
from flatctl.events import Waiting
from flatctl.outputs.picture import picture
from flatctl.outputs.sentences.reasons import awaited_words
from flatctl.outputs.tables.look import LookListing
from flatctl.settings.loading import load
from flatctl.settings.plan import held_at, plan_flats
from flatctl.storage.atomic import create
from flatctl.storage.history import History


def test(
    config: Path,
    *,
    filter_name: str | None,
    exposure_s: float | None,
    brightness: int | None,
    picture_file: Path | None,
    tell: Callable[[str], None],
    wait: bool,
    force: bool,
) -> LookListing:
    """Take one frame, at the setting given or else learned, and return what it shows.

    `picture_file` gets a PNG of it; nothing else is written. `tell` hears what is waited for.

    Raises `UsageError` where the picture's file exists or has no folder, any `FlatctlError`, or
    `Stopped`; the panel is off in every case.
    """
    manners = Manners(wait, force)
    settings = load(config)
    only = (filter_name,) if filter_name else ()
    # What can be wrong with the wish itself is said before any device is touched.
    plan_flats(settings, only=only)
    if picture_file is not None and picture_file.exists():
        raise UsageError(f"{picture_file}: exists already; name another file")
    if picture_file is not None and not picture_file.absolute().parent.is_dir():
        raise UsageError(f"{picture_file}: there is no such folder")

    def plan(slots: Sequence[str]) -> FilterPlan:
        plans = [each for each in plan_flats(settings, slots, only=only) if not each.obstacle]
        if not plans:
            raise ConfigError(f"{config}: there is no filter; name one in [flats] filters")
        return held_at(plans[:1], exposure_s, brightness)[0]

    signals = StopSignals()
    with (
        signals.installed(),
        claim_rig(settings),
        make_connections(settings) as connections,
        History(settings.output.history) as history,
        SlowWords(tell, "reaching the panel and the devices") as slow,
    ):
        clock = SystemClock()
        greet(settings, connections)
        rig = make_rig(settings, connections, clock)
        free_camera(
            rig.camera, settings, manners, lambda what: slow.tell(awaited_words(what)), clock
        )
        look = OneFrame(
            rig,
            Job(
                rig=settings.rig.name,
                plan=lambda _: (),
                full_scale_adu=settings.camera.full_scale_adu,
                rules=make_rules(settings, connections),
            ),
            plan,
            history=history,
            signals=signals,
            tell=lambda told: slow.tell(
                awaited_words(told.what if isinstance(told, Waiting) else told)
            ),
            tell_fault=lambda error, recovered: slow.tell(_fault(error, recovered)),
        ).take()
    shot = look.shot
    if picture_file is not None:
        create(picture_file, [picture(shot.frame.pixels, whole_cells=shot.bayer is not None)])
    return LookListing(
        filter=look.plan.filter,
        brightness=shot.setting.brightness,
        exposure_s=shot.setting.exposure_s,
        learned=look.learned,
        level_adu=shot.level_adu,
        clipped_frac=shot.clipped_frac,
        black_frac=shot.black_frac(),
        band=look.band,
        whole=shot.statistics,
        colours=dict(shot.channels),
        counts=histogram(shot.frame.raw),
    )


def _fault(error: DeviceError, recovered: bool) -> str:
    return f"{error.device}: {error.what}" + (" (going on)" if recovered else "")
