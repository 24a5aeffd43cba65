"""`flatctl run`: the whole job from a configuration file."""

import importlib
import threading
from collections.abc import Callable, Sequence
from contextlib import ExitStack, suppress
from dataclasses import replace
from functools import partial
from pathlib import Path

from flatctl.app.estimate import Experience
from flatctl.app.wiring.claim import claim, take_name
from flatctl.app.wiring.journal import JournalWriter
from flatctl.app.wiring.notify import Notifier
from flatctl.app.wiring.person import LIGHT_OFF, Person, ensure_dark_flats_can_be_taken
from flatctl.app.wiring.rig import (
    configured_settling,
    make_connections,
    make_rules,
    transports_of,
)
from flatctl.app.wiring.sharing import Manners, free_camera
from flatctl.app.wiring.sky import ensure_due, is_dawn, make_sky
from flatctl.app.wiring.slow import SlowWords
from flatctl.app.wiring.source import Configured, FrameSource
from flatctl.app.wiring.timetable import dry_run_lines
from flatctl.app.wiring.watchdog import BeatingClock, patience_s
from flatctl.core.types import FilterPlan, Light, LightSource
from flatctl.devices.log import current_log
from flatctl.devices.transports import Connections
from flatctl.engine.clock import Clock, SystemClock
from flatctl.engine.job import Job, SkyJob
from flatctl.engine.run import Session
from flatctl.engine.stop import StopSignals
from flatctl.errors import ExitCode, FlatctlError, UsageError
from flatctl.events import Awaited, Event, FaultSeen, RunFinished, Waiting
from flatctl.outputs.album import Album
from flatctl.outputs.aside import warn
from flatctl.outputs.jsonlines import print_lines
from flatctl.outputs.record import Listener, RunRecord
from flatctl.outputs.runfile import RunFile
from flatctl.outputs.sentences.reasons import why_words
from flatctl.outputs.systemd import Service
from flatctl.settings.loading import load
from flatctl.settings.models import Settings
from flatctl.settings.panels import ManualOptions
from flatctl.settings.plan import held_at, plan_flats
from flatctl.storage.atomic import write_text
from flatctl.storage.directory import ensure_writable
from flatctl.storage.history import History


def run(
    config: Path,
    *,
    filters: Sequence[str] = (),
    count: int | None = None,
    output: Path | None = None,
    dry_run: bool = False,
    resume: bool = True,
    exposure_s: float | None = None,
    brightness: int | None = None,
    only_darks: bool = False,
    wait: bool = False,
    force: bool = False,
    light: LightSource | None = None,
    listeners: Sequence[Listener] = (),
) -> int:
    """Take the flats that the configuration asks for and return the exit code.

    They are taken of `light`: that of the configuration where there is only one, else the panel.
    With `exposure_s` or `brightness` (the panel's own step) that is held and not searched for.
    `only_darks` takes the dark flats of flats that are there. A camera that another program uses
    is left alone, but with `wait` or `force`.

    Raises any `FlatctlError`, or `Stopped`; the panel is off in every case.
    """
    manners = Manners(wait, force)
    settings = load(config).lit_by(light)
    if output is not None:
        settings = stored_in(settings, output)
    if only_darks and not settings.dark_flats.count:
        raise UsageError(f"--only-darks: {config} has no [dark_flats] count; say there how many")

    if settings.light is LightSource.SKY and brightness is not None:
        raise UsageError("--brightness: the sky has none to set; take --brightness out")

    def plan(slots: Sequence[str] | None = None) -> tuple[FilterPlan, ...]:
        plans = plan_flats(settings, slots, only=filters, count=count)
        return held_at(plans, exposure_s, brightness)

    # What can be wrong with the wish itself is said before any device is touched.
    wanted = plan()
    transports_of(settings)
    if dry_run:
        print_lines(dry_run_lines(settings, wanted))
        return 0
    ensure_dark_flats_can_be_taken(settings)
    if settings.light is LightSource.SKY and not only_darks:
        ensure_due(settings, SystemClock().now())
    service = Service(patience_s(settings))
    with service, Notifier(settings) as notifier:
        heard: list[Listener] = [service, notifier.listen, *listeners]
        clock = BeatingClock(service.beat)
        person = Person(partial(notifier.warn, "hand"))
        return notifier.report_ending_of(
            lambda: run_settings(
                settings,
                plan,
                resume=resume,
                listeners=heard,
                clock=clock,
                only_darks=only_darks,
                manners=manners,
                person=person,
            )
        )


def run_settings(
    settings: Settings,
    plan: Callable[[Sequence[str]], Sequence[FilterPlan]],
    *,
    resume: bool,
    listeners: Sequence[Listener],
    clock: Clock | None = None,
    only_darks: bool = False,
    manners: Manners | None = None,
    person: Person | None = None,
    dawn: bool | None = None,
    source: FrameSource | None = None,
) -> int:
    """Take the flats of `plan` (made from the wheel's slot names) with a rig's settings.

    Where the sky is the light it is that of `dawn`, of dusk, or of the twilight that comes next.
    `source` is where frames come from other than the configured camera.
    """
    directory = settings.output.directory
    ensure_writable(directory)
    signals, clock = StopSignals(), clock or SystemClock()
    frames = source or Configured(settings)
    album = Album()
    with (
        ExitStack() as taken,
        signals.installed(),
        claim(settings.rig.name, frames.addresses),
        make_connections(settings, person) as connections,
        History(settings.output.history) as history,
    ):
        manners = manners or Manners()
        rig = frames.make_rig(connections, clock)
        tell = partial(_tell_waiting, listeners, clock)
        free_camera(rig.camera, settings, manners, tell, clock)
        heard: list[Listener] = []
        if frames.reaches:
            slow = taken.enter_context(SlowWords(connections.say, frames.reaches))
            heard.append(slow.stop)
        journal = JournalWriter(settings, frames.command, frames.addresses, taken)
        file = RunFile(write_text, partial(take_name, taken))
        hub = EventHub([*heard, file, album, journal, *listeners])
        session = Session(
            rig,
            Job(
                rig=settings.rig.name,
                plan=plan,
                full_scale_adu=settings.camera.full_scale_adu,
                dark_flats=settings.dark_flats.count,
                dark_flat_type=settings.dark_flats.imagetyp,
                quality=settings.quality.limits(),
                leak_check=settings.quality.leak_check,
                site=settings.rig.site,
                resume=resume,
                rules=make_rules(settings, connections),
                only_darks=only_darks,
                overrides=settings.overrides,
                adopt_settling=configured_settling(settings) is None,
                share=manners.wait,
                flat_s=Experience(history, settings.rig.name, settings.camera.setup).flat_s,
                sky=_sky(settings, connections, clock, dawn=dawn),
            ),
            writer=frames.make_writer(directory),
            history=history,
            emit=hub,
            signals=signals,
        )
        # No daemon: a program that ends in the middle of loading a C++ library is aborted by it.
        threading.Thread(target=_load_ahead, name="load-ahead").start()
        frames.greet(connections)
        try:
            code = session.run()
            if hub.failure is not None and code == ExitCode.COMPLETE:
                hub.failure.light = hub.record.light or ""
                raise hub.failure
            return code
        finally:
            if hub.record.folder is not None:
                with signals.held():
                    _write_report(hub.record, album, file.path)
            if person is not None and hub.record.light in (Light.ON, Light.UNKNOWN):
                _remind(settings, person)


def _sky(
    settings: Settings, connections: Connections, clock: Clock, *, dawn: bool | None
) -> SkyJob | None:
    """Return the sky as the light, where it is."""
    if settings.light is not LightSource.SKY:
        return None
    morning = is_dawn(settings, clock.now()) if dawn is None else dawn
    return make_sky(settings, connections, clock, dawn=morning)


def _remind(settings: Settings, person: Person) -> None:
    """Tell a person who switches the light that its time is over."""
    if isinstance(settings.panel, ManualOptions):
        with suppress(OSError):
            person.remind(LIGHT_OFF)


def _tell_waiting(listeners: Sequence[Listener], clock: Clock, what: Awaited) -> None:
    """Tell, before the run begins, what it waits for."""
    EventHub(listeners)(Waiting(time=clock.now(), what=what))


def stored_in(settings: Settings, directory: Path) -> Settings:
    """Return the settings with another output directory."""
    output = settings.output.model_copy(update={"directory": directory.expanduser().absolute()})
    return settings.model_copy(update={"output": output})


# What is named where those who watch can't be told any more.
_WATCHER = "Output"


class EventHub:
    """Fold every event into the record of the run, and hand both to all listeners."""

    def __init__(self, listeners: Sequence[Listener]) -> None:
        self._listeners = listeners
        self._failed: dict[Listener, FlatctlError] = {}
        self.record = RunRecord()

    @property
    def failure(self) -> FlatctlError | None:
        """Return why somebody has not heard all, None where all have."""
        return next(iter(self._failed.values()), None)

    def __call__(self, event: Event) -> None:
        """Hand on one event to all, whatever becomes of one of them.

        Who watches never ends a run: that one can't be told any more is told to the others, as a
        fault, once; the run then ends as one that could not store all.
        """
        if isinstance(event, RunFinished) and self._failed and event.exit_code == ExitCode.COMPLETE:
            event = replace(event, exit_code=int(ExitCode.STORAGE), reason=str(self.failure))
        if isinstance(event, FaultSeen) and (log := current_log()) is not None:
            event = replace(event, log=log.remark(event.device, why_words(event.what)) or None)
        self.record.take(event)
        new: list[FlatctlError] = []
        for listener in self._listeners:
            try:
                listener(event, self.record)
                if isinstance(listener, RunFile):
                    # It has written all that it could not write before.
                    self._failed.pop(listener, None)
            except FlatctlError as error:
                new += [] if listener in self._failed else [error]
                self._failed[listener] = error
            except Exception as error:  # noqa: BLE001 because telling must never end a run
                warn(f"{event.event} was not told: {error!r}")
        for failure in new:
            self(FaultSeen(time=event.time, device=_WATCHER, what=str(failure), recovered=True))


def _load_ahead() -> None:
    """Load what makes the report while the devices get ready, not when all wait for its end."""
    importlib.import_module("flatctl.outputs.report")


def _write_report(run: RunRecord, album: Album, path: Path | None) -> None:
    """Write the page; a page that can't be written must not change how the run ended."""
    try:
        from flatctl.outputs.report import write_report

        write_report(run, write_text, album.thumbnail, path=path)
    except Exception as error:  # noqa: BLE001 because no page may hide how the run ended
        warn(f"no report: {error}")
