"""What every part of a run works with, and how a frame is begun and read."""

import itertools
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from flatctl.core.nights.history import Calibrated, SettingKey
from flatctl.core.nights.light import Passed, TakenSet
from flatctl.core.pixels.channels import ChannelChoice, frame_pattern
from flatctl.core.pixels.full_scale import FullScale
from flatctl.core.pixels.stuck import Stuck, stuck_in
from flatctl.core.quality.findings import Finding
from flatctl.core.types import Bank, CameraSetup, Setting
from flatctl.devices.protocols import TakenByHand
from flatctl.engine.clock import Clock
from flatctl.engine.job import Job
from flatctl.engine.recovery import Recovery
from flatctl.engine.rig import Rig
from flatctl.engine.safety import Safety
from flatctl.engine.sharing import in_use
from flatctl.engine.shot import Exposure, Shot
from flatctl.engine.waits import Waits
from flatctl.events import Awaited, FullScaleCorrected, Listener, Skipped
from flatctl.storage.history import History
from flatctl.storage.writer import FrameWriter


@dataclass(frozen=True)
class RunContext:
    """One run's surroundings; `run` names it, `steps` are the panel's brightness steps.

    `calibration` is what was measured of the rig, where it was; `skipped` are the files on disk
    that were told not to count, `set_numbers` number the sets that it begins. `passed` is what the
    filters so far let through, `taken` are the sets so far; `shone_through` are filters through
    which the panel was seen, though too dim. `stuck` are the pixels that are full or
    black without light too, where a frame without light was looked at.
    """

    job: Job
    run: str
    rig: Rig
    steps: range
    full_scale: FullScale
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
    shone_through: list[str] = field(default_factory=list)
    stuck: dict[CameraSetup, Stuck] = field(default_factory=dict)

    @property
    def full_scale_adu(self) -> float:
        """The level of a full pixel, as far as the frames so far bear it out."""
        return self.full_scale.adu

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

    def begin_sky(self, exposure_s: float) -> Exposure:
        """Begin a flat with the panel off, surviving faults of the devices; raises as `begin`."""
        start = partial(self._safely, partial(self.rig.begin_sky, exposure_s))
        return Exposure(self.rig, self.recovery, start, Setting(0, exposure_s))

    def expose_sky(
        self, exposure_s: float, tell: Callable[[Setting], None], channel: ChannelChoice
    ) -> Shot | None:
        """Take a flat of the sky; `tell` hears when it has begun.

        None where it is not safe just now, or where a device failed on the way and is back: the
        light is another one by then. Raises what `Recovery.attempt` does.
        """

        def take() -> Shot | None:
            if self.safety.unmet():
                return None
            start = partial(self.rig.begin_sky, exposure_s)
            setting = Setting(0, exposure_s)
            under_way = Exposure(self.rig, self.recovery, start, setting, repeats=False)
            tell(setting)
            return self.read(under_way, channel)

        return self.recovery.attempt(take)

    def _safely(self, start: Callable[[], None]) -> None:
        self.safety.check()
        if used := in_use(self.rig.camera):
            raise used
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
            self.stuck.get(self.rig.setup, Stuck()),
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

    def learn_stuck(self, dark: Shot) -> None:
        """Take from a frame without light which pixels are stuck; where there was light, none."""
        found = stuck_in(*dark.measure(), self.full_scale_adu)
        self.stuck[self.rig.setup] = found or Stuck()

    def excuse_stuck(self, shot: Shot, shortest_s: float) -> None:
        """Look, once a camera setup, whether what is full or black in a flat is so without light.

        Raises as `Exposure.read` does.
        """
        by_hand = isinstance(self.rig.camera, TakenByHand)  # nobody is sent for a picture more
        if self.rig.setup not in self.stuck and shot.has_lost_pixels and not by_hand:
            self.learn_stuck(self.read(self.begin_dark(shortest_s)))
            shot.stuck = self.stuck[self.rig.setup]

    def learn_full_scale(self, shot: Shot) -> bool:
        """Hold a frame against the full scale; tell and remember where it proves another one."""
        eight_bits = shot.frame.header.values.get("BITPIX") == 8
        frames = (shot.statistics, *shot.channels.values())
        correction = self.full_scale.learn(shot.setting, frames, eight_bits=eight_bits)
        if correction is None:
            return False
        shot.rescale(self.full_scale_adu)
        key = self.rig.key(self.job.rig, prepared=False)
        self.history.remember_full_scale(key, self.full_scale_adu)
        self.emit(FullScaleCorrected(time=self.clock.now(), **correction._asdict()))
        return True
