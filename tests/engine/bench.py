"""A run on the simulated rig in virtual time, and everything that it told."""

from collections.abc import Mapping, Sequence
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
from hardware_sims.scenarios import Scenario, scenario

SMALL_PX = (64, 48)
TIMEOUTS = Timeouts(
    open_s=30.0, cooling_s=1200.0, readout_s=60.0, wheel_s=60.0, rotator_s=180.0, focuser_s=180.0
)


class Bench:
    """Build a rig and a job, run it, look at `told`.

    `rig` replaces the scenario's own, `axis` is both rotator and focuser; `job` are fields of the
    job, `plan` those of the plan of each filter, unless whole `plans` are given. `hear` and `rules`
    may be set before the run, since they mostly need the bench itself.
    """

    def __init__(
        self,
        folder: Path,
        scenario_name: str = "mono",
        *,
        rig: Scenario | None = None,
        filters: tuple[str, ...] = ("L", "R"),
        plans: Sequence[FilterPlan] | None = None,
        setup: CameraSetup | None = None,
        size_px: tuple[int, int] = SMALL_PX,
        seed: int | None = None,
        axis: object = None,
        history_timeout_s: float = 5.0,
        job: Mapping[str, object] | None = None,
        dark_flats: int = 0,
        resume: bool = True,
        night: int = 0,
        count: int = 3,
        compress: bool = False,
        **plan: object,
    ) -> None:
        self.folder = folder
        self.compress = compress
        self.night = night  # no two have the same noise
        self.fake = FakeRig(rig or small(scenario_name, size_px, seed), night=night)
        self.told: list[events.Event] = []
        self.setup = setup or CameraSetup()
        self.plans = tuple(plans or (FilterPlan(name, count=count, **plan) for name in filters))
        self.hear = lambda event: None
        self.rules: tuple[Rule, ...] = ()
        self.axis = axis
        self._history_timeout_s = history_timeout_s
        self._job = {"dark_flats": dark_flats, "resume": resume, **(job or {})}

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
        path, busy_timeout_s = self.folder / "history.sqlite", self._history_timeout_s
        with History(path, busy_timeout_s=busy_timeout_s) as history:
            return Session(
                rig,
                Job(
                    **{
                        "rig": "bench",
                        "plan": lambda slots: self.plans,
                        "rules": self.rules,
                        **self._job,
                    }
                ),
                writer=FrameWriter(self.folder / "flats", UTC, compress=self.compress),
                history=history,
                emit=self._take,
                signals=StopSignals(),
            ).run()

    def again(
        self,
        *,
        rig: Scenario | None = None,
        plans: Sequence[FilterPlan] | None = None,
        after_s: float = 60.0,
        **job: object,
    ) -> "Bench":
        """Return a bench for another run of the same job, changed, into the same folder."""
        later = Bench(
            self.folder,
            rig=rig or self.fake.world.scenario,
            plans=plans or self.plans,
            setup=self.setup,
            axis=self.axis,
            night=self.night + 1,
            job={**self._job, **job},
        )
        later.fake.clock.sleep(self.fake.clock.monotonic() + after_s)
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
