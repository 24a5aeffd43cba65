"""Flats of a twilight on the simulated rig, in virtual time."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from bench import TIMEOUTS

from flatctl import events
from flatctl.core.quality.findings import QualityLimits
from flatctl.core.types import CameraSetup, FilterPlan
from flatctl.devices.no_light import NoLight
from flatctl.devices.protocols import MountState
from flatctl.engine.job import Job, SkyJob
from flatctl.engine.rig import Rig
from flatctl.engine.run import Session
from flatctl.engine.safety import Rule, StandsOpen
from flatctl.engine.sky.pointing import SkyPointing
from flatctl.engine.sky.pointing_plan import PointingPlan
from flatctl.engine.stop import StopSignals
from flatctl.errors import FlatctlError, Stopped
from flatctl.storage.history import History
from flatctl.storage.verify import verify_file
from flatctl.storage.writer import FrameWriter
from hardware_sims.fakes import FakeRig
from hardware_sims.scenarios import scenario
from hardware_sims.sky.motion import MountHabits
from hardware_sims.sky.scene import RoofHabits

MOONLESS = datetime(2026, 11, 9, 17, 0, tzinfo=UTC)


ALL = ("L", "R", "G", "B", "Ha", "OIII", "SII")


class Twilight:
    """A run of the sky, with a mount and a roof of these habits; the panel is off or absent."""

    def __init__(
        self,
        folder: Path,
        name: str = "dusk-clear",
        *,
        mount: MountHabits | None = None,
        roof: RoofHabits | None = None,
        filters: tuple[str, ...] = ("L", "R", "Ha"),
        count: int = 5,
        may_move: bool = True,
        panel: bool = False,
        starts_deg: float = -2.0,
        days: int = 0,
        sky: Mapping[str, object] | None = None,
        job: Mapping[str, object] | None = None,
        setup: CameraSetup | None = None,
        tracking: bool = False,
        **sensor: object,
    ) -> None:
        rig = scenario(name, rows=48, cols=64)
        self._sky, self._job, self._setup = sky or {}, job or {}, setup or CameraSetup()
        rig = replace(rig, sensor=replace(rig.sensor, **sensor))
        starts = replace(rig.sky, starts_deg=starts_deg, behind_panel=panel)
        rig = replace(rig, sky=starts, mount=mount or rig.mount, roof=roof or rig.roof)
        self.folder, self.count = folder, count
        self.fake = FakeRig(rig, start=MOONLESS + timedelta(days=days), night=days)
        if self.fake.mount is not None:
            self.fake.mount.may_move = may_move
        self.plans = [FilterPlan(each, count=count, exposure_min_s=0.5) for each in filters]
        self.dawn = rig.sky.dawn
        self.started = self.fake.clock.now()
        self.told: list[events.Event] = []
        self.hear: Callable[[events.Event], None] = lambda _: None
        self.error: FlatctlError | Stopped | None = None
        self._with_panel = panel
        self._pointing = PointingPlan(slew_s=120.0, tracking=tracking)
        self.rules: list[Rule] = []

    def run(self) -> int:
        """Return the exit code."""
        fake = self.fake
        site = fake.world.scene.twilight.site
        pointing = None
        if fake.mount is not None:
            pointing = SkyPointing(fake.mount, site, fake.clock, self._pointing)
        rules = [] if fake.roof is None else [Rule(StandsOpen(fake.roof), "stop", 60.0)]
        rig = Rig(
            fake.camera,
            fake.wheel,
            fake.panel if self._with_panel else NoLight(),
            setup=self._setup,
            timeouts=TIMEOUTS,
            clock=fake.clock,
        )
        job = Job(
            rig="bench",
            plan=lambda _: self.plans,
            rules=[*rules, *self.rules],
            site=site,
            quality=QualityLimits(),
            sky=SkyJob(self.dawn, site, **{"pointing": pointing, **self._sky}),
            **self._job,
        )
        with History(self.folder / "history.sqlite") as history:
            try:
                return Session(
                    rig,
                    job,
                    writer=FrameWriter(self.folder / "flats", UTC),
                    history=history,
                    emit=self._take,
                    signals=StopSignals(),
                ).run()
            except (FlatctlError, Stopped) as error:
                self.error = error
                return error.exit_code

    def _take(self, event: events.Event) -> None:
        self.told.append(event)
        self.hear(event)

    def all(self, kind: type[events.Event]) -> list:
        return [event for event in self.told if isinstance(event, kind)]

    @property
    def frames(self) -> list[Path]:
        return sorted(self.folder.rglob("*.fits"))

    @property
    def outcomes(self) -> dict[str, str]:
        return {event.filter: str(event.outcome) for event in self.all(events.FilterFinished)}

    def ends_well(self) -> None:
        """All that was kept is good, and the mount does not track."""
        bad = [path for path in self.frames if verify_file(path).problems]
        assert not bad
        assert self.fake.mount.report(1.0).state is not MountState.TRACKING
