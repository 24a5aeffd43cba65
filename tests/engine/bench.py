"""A run on the simulated rig in virtual time, and everything that it told."""

from dataclasses import replace
from datetime import UTC
from pathlib import Path

from flatctl import events
from flatctl.core.types import CameraSetup, FilterPlan
from flatctl.engine.job import Job
from flatctl.engine.rig import Rig, Timeouts
from flatctl.engine.run import Session
from flatctl.engine.safety import Rule
from flatctl.engine.stop import StopSignals
from flatctl.storage.history import History
from flatctl.storage.writer import FrameWriter
from hardware_sims.fakes import FakeRig
from hardware_sims.scenarios import scenario

SMALL_PX = (64, 48)
TIMEOUTS = Timeouts(
    open_s=30.0, cooling_s=1200.0, readout_s=60.0, wheel_s=60.0, rotator_s=180.0, focuser_s=180.0
)


class Bench:
    """Build a rig and a job, run it, look at `told`."""

    def __init__(
        self,
        folder: Path,
        scenario_name: str = "mono",
        *,
        filters: tuple[str, ...] = ("L", "R"),
        count: int = 3,
        dark_flats: int = 0,
        setup: CameraSetup | None = None,
        resume: bool = True,
        size_px: tuple[int, int] = SMALL_PX,
        seed: int | None = None,
        **plan: object,
    ) -> None:
        self.folder = folder
        self.fake = FakeRig(small(scenario_name, size_px, seed))
        self.told: list[events.Event] = []
        self.setup = setup or CameraSetup()
        self.plans = tuple(FilterPlan(name, count=count, **plan) for name in filters)
        self.dark_flats = dark_flats
        self.resume = resume
        self.quality = None
        self.dark_flat_type = "DARK"
        self.full_scale_adu = None
        self.leak_check = False
        self.axis = None
        self.hear = lambda event: None
        self.rules: tuple[Rule, ...] = ()
        self.history_timeout_s = 5.0
        self.plan_for = lambda slots: self.plans

    def run(self) -> int:
        """Run the job and return the exit code."""
        fake = self.fake
        rig = Rig(
            fake.camera,
            fake.wheel,
            fake.panel,
            setup=self.setup,
            timeouts=TIMEOUTS,
            clock=fake.clock,
            rotator=self.axis,
            focuser=self.axis,
        )
        path, busy_timeout_s = self.folder / "history.sqlite", self.history_timeout_s
        with History(path, busy_timeout_s=busy_timeout_s) as history:
            return Session(
                rig,
                Job(
                    rig="bench",
                    plan=self.plan_for,
                    dark_flats=self.dark_flats,
                    dark_flat_type=self.dark_flat_type,
                    resume=self.resume,
                    quality=self.quality,
                    full_scale_adu=self.full_scale_adu,
                    leak_check=self.leak_check,
                    rules=self.rules,
                ),
                writer=FrameWriter(self.folder / "flats", UTC),
                history=history,
                emit=self._take,
                signals=StopSignals(),
            ).run()

    def again(self) -> "Bench":
        """Return a bench for another run of the same job into the same folder."""
        later = Bench(self.folder)
        later.plans, later.setup, later.dark_flats = self.plans, self.setup, self.dark_flats
        later.resume, later.axis = self.resume, self.axis
        later.fake = FakeRig(self.fake.world.scenario)
        later.fake.clock.sleep(self.fake.clock.monotonic() + 60)
        return later

    def _take(self, event: events.Event) -> None:
        self.told.append(event)
        self.hear(event)

    def all(self, kind: type[events.Event]) -> list:
        """Return the events of one kind."""
        return [event for event in self.told if isinstance(event, kind)]

    @property
    def outcomes(self) -> dict[str, str]:
        """How each filter ended."""
        return {e.filter: e.outcome for e in self.all(events.FilterFinished)}

    @property
    def frames(self) -> list[Path]:
        """The FITS files on disk, dark flats included."""
        return sorted(self.folder.rglob("*.fits"))


def small(name: str, size_px: tuple[int, int] = SMALL_PX, seed: int | None = None):
    """Return a scenario with a sensor so small that frames cost nothing."""
    chosen = scenario(name)
    sensor = replace(chosen.sensor, width_px=size_px[0], height_px=size_px[1])
    return replace(chosen, sensor=sensor, seed=chosen.seed if seed is None else seed)
