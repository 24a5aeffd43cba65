"""A run by hand: a folder as the camera, a person as the wheel, and files that stay there."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from flatctl.app.wiring.rig import configured_settling, make_panel
from flatctl.core.shutter import Ladder, speed_of
from flatctl.core.types import FilterPlan, FrameKind
from flatctl.devices.catalog import PANELS
from flatctl.devices.folder.camera import FolderCamera
from flatctl.devices.folder.filters import HandFilters
from flatctl.devices.manual import ManualPanel
from flatctl.devices.protocols import LightPanel
from flatctl.devices.transports import Connections
from flatctl.engine.clock import Clock, SystemClock
from flatctl.engine.rig import PANEL_TIMEOUT_S, Rig, Timeouts
from flatctl.errors import FlatctlError, UsageError
from flatctl.events import NO_FILTER, DarkFlat, Flat, RunStarted
from flatctl.outputs.aside import warn
from flatctl.outputs.stored import events_of, read_run
from flatctl.settings.models import Settings
from flatctl.settings.panels import ManualOptions
from flatctl.settings.plan import wanted
from flatctl.storage.in_place import Counted, FramesInPlace
from flatctl.storage.naming import local_zone, night_of
from flatctl.storage.writer import FrameWriter

_LIGHT_ON = "Put the light before the telescope and switch it on. Then "
_FASTEST_S, _LONGEST_S = 1 / 4000, 60.0


class PicturesByHand:
    """Where the frames of a run by hand come from; see `flatctl.app.run.FrameSource`."""

    command = "by-hand"
    reaches = ""

    def __init__(
        self, settings: Settings, folder: Path, filters: Sequence[str], *, resume: bool
    ) -> None:
        self._settings, self._filters = settings, filters
        self._folder = folder.expanduser().absolute()
        panel = settings.panel
        lit_by = PANELS[panel.kind].addresses(settings) if panel is not None else ()
        self.addresses: Sequence[str] = (f"folder {self._folder.resolve()}", *lit_by)
        self._camera: FolderCamera | None = None
        night = settings.output.directory / str(night_of(SystemClock().now(), local_zone()))
        self._counted = list(counted_in(night, settings.rig.name)) if resume else []

    def make_rig(self, connections: Connections, clock: Clock) -> Rig:
        """Return the folder as the camera, the person as the wheel, and the panel there is."""
        panel, by_hand = self._panel(connections)
        there = (one for one in reversed(self._counted) if one.path.exists())
        last = next((one for one in there if one.kind is FrameKind.FLAT), None)
        camera = FolderCamera(
            self._folder,
            sleep=clock.sleep,
            monotonic=clock.monotonic,
            say=connections.say,
            wish=_LIGHT_ON if by_hand else "",
            first=last.path if last is not None else None,
            counts=by_hand and not self._filters,  # no filter was in by then
        )
        self._camera = camera
        wheel = None
        if self._filters:
            wheel = HandFilters(self._filters, connections.ask, camera.light_changed)
        return Rig(
            camera,
            wheel,
            panel,
            setup=self._settings.camera.setup,
            timeouts=Timeouts(
                open_s=PANEL_TIMEOUT_S,
                cooling_s=0.0,
                readout_s=self._settings.camera.readout_timeout_s,
            ),
            clock=clock,
            settle_s=configured_settling(self._settings) or 0.5,
        )

    def make_writer(self, directory: Path) -> FrameWriter:
        """Return who counts the frames and leaves them where they are."""
        return FramesInPlace(directory, local_zone(), self._counted)

    def greet(self, connections: Connections) -> None:
        """Reach nobody: there is no server."""

    def plan(self, _slots: Sequence[str]) -> Sequence[FilterPlan]:
        """Return the flats wanted, with the exposures that this camera has."""
        assert self._camera is not None
        told_s = self._camera.facts.exposure_s
        return [
            for_camera(self._wanted(name), told_s, self._camera.ladder)
            for name in self._filters or (None,)
        ]

    def _wanted(self, name: str | None) -> FilterPlan:
        own = self._settings.filters.get(name) if name is not None else None
        return wanted(self._settings.flats, own, name)

    def _panel(self, connections: Connections) -> tuple[LightPanel, bool]:
        """Return the light, and whether it is the person's, who is told to switch it on."""
        if isinstance(self._settings.panel, ManualOptions | None):
            return ManualPanel(connections.ask, lit=True), True
        return make_panel(self._settings, connections), False


def for_camera(plan: FilterPlan, told_s: float | None, ladder: Ladder | None) -> FilterPlan:
    """Return a plan that starts with the exposure of the first picture and keeps to the speeds.

    Speeds are what they really are: 1/30 s lasts 1/32 s.
    """
    unlimited = (plan.exposure_min_s, plan.exposure_max_s) == (
        FilterPlan.exposure_min_s,
        FilterPlan.exposure_max_s,
    )
    start_s = told_s or plan.exposure_start_s
    if ladder is None:
        low_s = min(start_s, 0.001) if unlimited else plan.exposure_min_s
        high_s = max(start_s, _LONGEST_S) if unlimited else plan.exposure_max_s
        start_s = min(max(start_s, low_s), high_s)
        return replace(plan, exposure_start_s=start_s, exposure_min_s=low_s, exposure_max_s=high_s)
    listed = [speed_of(each, ladder) for each in plan.exposures_s]
    limits_s = (plan.exposure_min_s, plan.exposure_max_s)
    low_s, high_s = (_FASTEST_S, _LONGEST_S) if unlimited else limits_s
    speeds = [each for each in listed if each is not None] or [
        each
        for each in ladder
        if low_s <= max(each.nominal_s, each.real_s) and each.real_s <= high_s
    ]
    if not speeds:
        raise UsageError(f"no shutter speed lies within {low_s:g} to {high_s:g} s: widen them")
    real_s = tuple(each.real_s for each in speeds)
    told = speed_of(start_s, ladder)
    return replace(
        plan,
        exposure_start_s=told.real_s if told is not None else start_s,
        exposure_min_s=min(real_s),
        exposure_max_s=max(real_s),
        exposures_s=real_s,
        ladder_s=(),
    )


def counted_in(night: Path, rig: str) -> Iterator[Counted]:
    """Yield the files that the runs of a night counted, as their records tell, the earliest first.

    Of one that was counted twice the last word holds. A record that can't be read is told of.
    """
    found: dict[Path, Counted] = {}
    for path in sorted(night.glob("run*.json"), key=lambda each: each.stat().st_mtime_ns):
        try:
            told = list(events_of(read_run(path)))
        except FlatctlError as error:
            warn(f"what was counted there is not known: {error}")
            continue
        started = next((each for each in told if isinstance(each, RunStarted)), None)
        if started is None or started.rig != rig:
            continue
        for event in told:
            if isinstance(event, Flat):
                found[event.path] = Counted(
                    event.path,
                    FrameKind.FLAT,
                    event.index,
                    event.exposure_s,
                    None if event.filter == NO_FILTER else event.filter,
                    event.brightness,
                    event.median_adu,
                    event.exposed_at,
                    started.camera,
                )
            elif isinstance(event, DarkFlat):
                found[event.path] = Counted(
                    event.path,
                    FrameKind.DARK_FLAT,
                    event.index,
                    event.exposure_s,
                    camera=started.camera,
                )
    yield from found.values()
