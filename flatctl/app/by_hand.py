"""`flatctl by-hand`: a run whose camera is a person; the pictures arrive in a folder."""

from collections.abc import Sequence
from functools import partial
from pathlib import Path

from flatctl.app.run import run_settings, stored_in
from flatctl.app.wiring.notify import Notifier
from flatctl.app.wiring.person import Person, ensure_dark_flats_can_be_taken
from flatctl.app.wiring.pictures import PicturesByHand
from flatctl.core.types import LightSource
from flatctl.errors import UsageError
from flatctl.outputs.record import Listener
from flatctl.settings.loading import load
from flatctl.settings.models import Settings
from flatctl.settings.panels import ManualOptions, ScreenOptions
from flatctl.settings.tables import Camera
from flatctl.settings.tables import Rig as RigTable

RIG = "by-hand"
# Thirds of a stop are 26 % of light apart: half of that at 51 %, so that a speed always fits.
TOLERANCE = 0.07
_NO_NAME = "by hand"
_NOT_THERE = ("wheel", "rotator", "focuser", "mount", "dome", "weather", "sky")


def by_hand(
    folder: Path,
    *,
    rig: Path | None = None,
    screen: bool = False,
    filters: Sequence[str] = (),
    count: int | None = None,
    target: float | None = None,
    tolerance: float | None = None,
    output: Path | None = None,
    resume: bool = True,
    listeners: Sequence[Listener] = (),
) -> int:
    """Guide a person to a set of flats through each filter and return the exit code.

    The light is that of the configuration `rig`, a `screen`, or one that the person switches.
    Files stay in `folder`; only the record and the report go to `output`.

    Raises any `FlatctlError`, or `Stopped`; the panel is off in every case.
    """
    if rig is not None and screen:
        raise UsageError("--screen: the light is that of --rig already; leave one of them out")
    if folder.exists() and not folder.is_dir():
        raise UsageError(f"{folder}: is a file; name the folder in which pictures arrive")
    settings = load(rig) if rig is not None else _without_configuration(screen=screen)
    flats = settings.flats.model_dump(exclude_unset=True)
    said = {"count": count, "target": target, "tolerance": tolerance}
    if rig is None:
        flats |= {"tolerance": TOLERANCE}
    flats |= {key: value for key, value in said.items() if value is not None}
    flats_wanted = type(settings.flats).model_validate(flats)
    settings = _only_light(settings).model_copy(update={"flats": flats_wanted})
    if output is not None:
        settings = stored_in(settings, output)
    ensure_dark_flats_can_be_taken(settings)
    names = tuple(filters or settings.flats.filters or ())
    source = PicturesByHand(settings, folder, names, resume=resume)
    with Notifier(settings) as notifier:
        person = Person(partial(notifier.warn, "hand"))
        return notifier.report_ending_of(
            lambda: run_settings(
                settings,
                source.plan,
                resume=resume,
                listeners=[notifier.listen, *listeners],
                person=person,
                source=source,
            )
        )


def _without_configuration(*, screen: bool) -> Settings:
    panel = ScreenOptions(kind="screen") if screen else ManualOptions(kind="manual")
    return Settings(rig=RigTable(name=RIG), camera=Camera(device=_NO_NAME), panel=panel)


def _only_light(settings: Settings) -> Settings:
    """Return the settings without what is not there by hand: of a rig the panel alone is driven."""
    return settings.model_copy(
        update={
            "camera": settings.camera.model_copy(
                update={"device": _NO_NAME, "temperature_c": None}
            ),
            "panel": settings.panel or ManualOptions(kind="manual"),
            "quality": settings.quality.model_copy(update={"leak_check": False}),
            "sets": (),
            **dict.fromkeys(_NOT_THERE),
        }
    ).lit_by(LightSource.PANEL)
