"""What every part of a run works with, and how a frame is taken and measured."""

from dataclasses import dataclass

from flatctl.core.statistics import measure
from flatctl.core.types import FrameKind, Setting, Statistics
from flatctl.devices.protocols import Frame
from flatctl.engine.clock import Clock
from flatctl.engine.events import Listener
from flatctl.engine.recovery import Recovery
from flatctl.engine.rig import Rig
from flatctl.engine.shelf import Shelf
from flatctl.storage.history import History, SettingKey
from flatctl.storage.record import FrameRecord


@dataclass(frozen=True)
class Shot:
    """A frame with its statistics; `time_s` is mid-exposure on the monotonic clock."""

    setting: Setting
    frame: Frame
    statistics: Statistics
    time_s: float


@dataclass(frozen=True)
class RunContext:
    """One run's surroundings; `run` names it, `steps` are the panel's brightness steps."""

    run: str
    rig_name: str
    rig: Rig
    steps: range
    full_scale_adu: float
    resume: bool
    shelf: Shelf
    history: History
    recovery: Recovery
    clock: Clock
    emit: Listener

    def shoot(self, setting: Setting) -> Shot:
        """Take a flat and measure it, surviving faults of the devices."""

        def take() -> tuple[Frame, float]:
            begun_s = self.clock.monotonic()
            frame = self.rig.expose(setting)
            return frame, begun_s + setting.exposure_s / 2

        frame, time_s = self.recovery.surviving(take)
        return Shot(setting, frame, measure(frame.pixels, self.full_scale_adu), time_s)

    def setting_key(self, filter_name: str | None) -> SettingKey:
        """Return under what the history keeps the trained setting of a filter."""
        state = self.rig.state
        return SettingKey(
            rig=self.rig_name,
            camera=self.rig.camera.name,
            filter=filter_name,
            binning=state.binning,
            gain=state.gain,
            offset=state.offset,
            readout_mode=state.readout_mode,
            panel=self.rig.panel.name,
            iso=state.iso,
        )

    def record(
        self,
        kind: FrameKind,
        frame: Frame,
        statistics: Statistics,
        *,
        number: int,
        count: int,
        filter_name: str | None = None,
        brightness: int | None = None,
        target: float | None = None,
        tolerance: float | None = None,
    ) -> FrameRecord:
        """Return what is known of a frame, for its header and its name."""
        state, scale = self.rig.state, self.full_scale_adu
        return FrameRecord(
            kind=kind,
            rig=self.rig_name,
            camera=self.rig.camera.name,
            session=self.run,
            number=number,
            count=count,
            started=frame.started,
            exposure_s=frame.exposure_s,
            statistics=statistics,
            full_scale_adu=scale,
            target_adu=None if target is None else target * scale,
            tolerance_adu=None if tolerance is None else tolerance * scale,
            filter=filter_name,
            binning=state.binning,
            gain=state.gain,
            offset=state.offset,
            iso=state.iso,
            readout_mode=state.readout_mode,
            temperature_c=state.temperature_c,
            set_temperature_c=state.set_temperature_c,
            bayer=self.rig.info.bayer,
            panel=self.rig.panel.name,
            brightness=brightness,
            brightness_max=self.steps[-1],
            local_zone=self.shelf.zone,
        )
