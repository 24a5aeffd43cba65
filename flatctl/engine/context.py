"""What every part of a run works with, and how a frame is begun and read."""

import itertools
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from flatctl.core.nights.history import Calibrated, SettingKey
from flatctl.core.nights.light import Passed, TakenSet
from flatctl.core.pixels.channels import ChannelChoice, frame_pattern
from flatctl.core.quality.findings import Finding
from flatctl.core.types import Bank, Setting
from flatctl.engine.clock import Clock
from flatctl.engine.job import Job
from flatctl.engine.recovery import Recovery
from flatctl.engine.rig import Rig
from flatctl.engine.safety import Safety
from flatctl.engine.shot import Exposure, Shot
from flatctl.engine.waits import Waits
from flatctl.events import Awaited, Listener, Skipped
from flatctl.storage.history import History
from flatctl.storage.writer import FrameWriter


@dataclass(frozen=True)
class RunContext:
    """One run's surroundings; `run` names it, `steps` are the panel's brightness steps.

    `calibration` is what was measured of the rig, where it was; `skipped` are the files on disk
    that were told not to count, `set_numbers` number the sets that it begins. `passed` is what the
    filters so far let through, `taken` are the sets so far.
    """

    job: Job
    run: str
    rig: Rig
    steps: range
    full_scale_adu: float
    calibration: Calibrated | None
    writer: FrameWriter
    history: History
    recovery: Recovery
    safety: Safety
    waits: Waits
    emit: Listener
    skipped: set[Path] = field(default_factory=set)
    set_numbers: Iterator[int] = field(default_factory=lambda: itertools.count(1))
    passed: list[Passed] = field(default_factory=list)
    taken: list[TakenSet] = field(default_factory=list)

    @property
    def clock(self) -> Clock:
        """The rig's clock, which all that happens is timed by."""
        return self.rig.clock

    def key(self, filter_name: str | None = None, bank: Bank | None = None) -> SettingKey:
        """Return under what the history keeps what is learned of the rig as it stands."""
        return self.rig.key(self.job.rig, filter_name, bank)

    def tell_waiting(self, what: Awaited) -> None:
        """Tell what is waited for now."""
        self.waits.begin(what)

    def tell_skipped(self, path: Path, reason: str) -> None:
        """Tell, once a run, of a file on disk that does not count."""
        if path not in self.skipped:
            self.skipped.add(path)
            self.emit(Skipped(time=self.clock.now(), path=path, reason=reason))

    def begin(self, setting: Setting) -> Exposure:
        """Begin a flat, surviving faults of the devices.

        Raises `UnsafeError` where the observatory is not as it must be.
        """
        start = partial(self._safely, partial(self.rig.begin, setting))
        return Exposure(self.rig, self.recovery, start, setting)

    def begin_dark(self, exposure_s: float) -> Exposure:
        """Begin a dark flat, surviving faults of the devices. Raises as `begin` does."""
        start = partial(self._safely, partial(self.rig.begin_dark, exposure_s))
        return Exposure(self.rig, self.recovery, start, Setting(0, exposure_s))

    def _safely(self, start: Callable[[], None]) -> None:
        self.safety.check()
        start()

    def read(self, exposure: Exposure, channel: ChannelChoice = "brightest") -> Shot:
        """Return a flat that was begun, surviving faults of the devices."""
        frame, time_s = exposure.read()
        # Bins of a colour sensor hold every colour.
        bayer = None
        if self.rig.state.binning == 1:
            bayer = frame_pattern(frame.header.values, frame.raw.shape[0], self.rig.info.bayer)
        return Shot(
            exposure.setting,
            frame,
            time_s,
            self.full_scale_adu,
            bayer,
            channel,
            exposure.disturbances,
        )

    def disturbance(self, begun_after: int) -> Finding | None:
        """Return what somebody else did to wheel or light during a frame that has been read.

        `begun_after` is how many disturbances there were before it. Raises `Fault` where they
        don't end.
        """
        self.rig.look()
        later = self.rig.disturbances[begun_after:]
        if not later:
            return None
        self.recovery.bear()
        return later[0]
