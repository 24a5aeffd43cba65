"""A dusk to look at: three filters under a simulated sky, sixty times faster than a real one."""

from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

from flatctl.app.run import EventHub
from flatctl.app.wiring.claim import take_name
from flatctl.core.quality.findings import QualityLimits
from flatctl.core.types import CameraSetup, FilterPlan
from flatctl.devices.no_light import NoLight
from flatctl.engine.job import Job, SkyJob
from flatctl.engine.rig import Rig, Timeouts
from flatctl.engine.run import Session
from flatctl.engine.safety import Rule, StandsOpen
from flatctl.engine.sky.pointing import SkyPointing
from flatctl.engine.sky.pointing_plan import PointingPlan
from flatctl.engine.stop import StopSignals
from flatctl.outputs.album import Album
from flatctl.outputs.record import Listener
from flatctl.outputs.report import write_report
from flatctl.outputs.runfile import RunFile
from flatctl.storage.atomic import write_text
from flatctl.storage.history import History
from flatctl.storage.naming import local_zone
from flatctl.storage.writer import FrameWriter
from hardware_sims.clock import VirtualClock
from hardware_sims.fakes import FakeRig
from hardware_sims.shared import sized_scenario

# Filters as a person would name them: their order is for the planner to find.
_FILTERS, _COUNT = ("L", "R", "Ha"), 15
_SHORTEST_S = 0.5
# An evening without a Moon, so that it is the same in every time zone.
_EVENING, _SUN_DEG = datetime(2026, 11, 9, 17, 0), -1.0
_TIMES_FASTER = 60.0
_TIMEOUTS = Timeouts(
    open_s=30.0, cooling_s=1200.0, readout_s=60.0, wheel_s=60.0, rotator_s=180.0, focuser_s=180.0
)


class DuskClock(VirtualClock):
    """The clock of that dusk, for all who tell of it; it begins in the evening, local time."""

    def __init__(self, times_faster: float | None = _TIMES_FASTER) -> None:
        begins = _EVENING.replace(tzinfo=local_zone()).astimezone(UTC)
        super().__init__(begins, times_faster=times_faster)


def show_dusk(
    directory: Path, history: Path, clock: DuskClock, listeners: Sequence[Listener]
) -> int:
    """Take the flats of that dusk into `directory`, write the report, return the exit code."""
    signals, album = StopSignals(), Album()
    with ExitStack() as taken, signals.installed(), History(history) as remembered:
        file = RunFile(write_text, partial(take_name, taken))
        hub = EventHub([file, album, *listeners])
        rig, job = _dusk(clock)
        session = Session(
            rig,
            job,
            writer=FrameWriter(directory, local_zone()),
            history=remembered,
            emit=hub,
            signals=signals,
        )
        try:
            return session.run()
        finally:
            with signals.held():
                write_report(hub.record, write_text, album.thumbnail, path=file.path)


def _dusk(clock: VirtualClock) -> tuple[Rig, Job]:
    """Return the rig under that sky, and what it is to do."""
    shown = sized_scenario("dusk-clear")
    assert shown.sky is not None
    fake = FakeRig(replace(shown, sky=replace(shown.sky, starts_deg=_SUN_DEG)), clock=clock)
    assert fake.world.scene is not None
    assert fake.mount is not None
    assert fake.roof is not None
    fake.mount.may_move = True
    site = fake.world.scene.twilight.site
    plans = tuple(FilterPlan(name, _COUNT, exposure_min_s=_SHORTEST_S) for name in _FILTERS)
    rig = Rig(
        fake.camera,
        fake.wheel,
        NoLight(),
        setup=CameraSetup(),
        timeouts=_TIMEOUTS,
        clock=clock,
    )
    job = Job(
        rig="simulated-dusk",
        plan=lambda _slots: plans,
        resume=False,
        rules=[Rule(StandsOpen(fake.roof), "stop", 60.0)],
        quality=QualityLimits(),
        site=site,
        sky=SkyJob(False, site, pointing=SkyPointing(fake.mount, site, clock, PointingPlan())),
    )
    return rig, job
