"""What every part of a run works with, and how a frame is begun, read and measured."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from flatctl.core.calibration import Calibration
from flatctl.core.nights.history import SettingKey
from flatctl.core.nights.sun import Site
from flatctl.core.pixels.channels import ChannelChoice, frame_pattern
from flatctl.core.quality.findings import QualityLimits
from flatctl.core.types import Bank, FilterPlan, FrameKind, Setting, Statistics
from flatctl.devices.protocols import Frame
from flatctl.engine.clock import Clock
from flatctl.engine.keys import measured_key, panel_name
from flatctl.engine.recovery import Recovery
from flatctl.engine.rig import Rig
from flatctl.engine.safety import Safety
from flatctl.engine.shot import Exposure, Shot
from flatctl.events import Listener
from flatctl.storage.history import History
from flatctl.storage.record import FrameRecord
from flatctl.storage.resume import Wanted
from flatctl.storage.writer import FrameWriter


@dataclass(frozen=True)
class RunContext:
    """One run's surroundings; `run` names it, `steps` are the panel's brightness steps.

    `calibration` is what was measured of the rig, where it was.
    """

    run: str
    rig_name: str
    rig: Rig
    steps: range
    full_scale_adu: float
    resume: bool
    writer: FrameWriter
    history: History
    recovery: Recovery
    safety: Safety
    emit: Listener
    quality: QualityLimits | None = None
    site: Site | None = None
    dark_flat_type: str = "DARK"
    calibration: Calibration | None = None

    @property
    def clock(self) -> Clock:
        """The rig's clock, which all that happens is timed by."""
        return self.rig.clock

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
        return Shot(exposure.setting, frame, time_s, self.full_scale_adu, bayer, channel)

    def setting_key(self, filter_name: str | None, bank: Bank | None = None) -> SettingKey:
        """Return under what the history keeps the trained setting of a filter."""
        return measured_key(self.rig_name, self.rig, filter_name, bank)

    def wanted(
        self,
        kind: FrameKind,
        plan: FilterPlan | None = None,
        exposure_s: float | None = None,
    ) -> Wanted:
        """Return which frames on disk count for a set, as the camera stands now."""
        state, scale = self.rig.state, self.full_scale_adu
        return Wanted(
            kind=kind,
            rig=self.rig_name,
            camera=self.rig.camera.name,
            binning=state.binning,
            gain=state.gain,
            offset=state.offset,
            iso=state.iso,
            readout_mode=state.readout_mode,
            set_temperature_c=state.set_temperature_c,
            exposure_s=exposure_s,
            filter=plan.filter if plan else None,
            rotator_deg=plan.rotator_deg if plan else None,
            focuser_steps=plan.focuser_steps if plan else None,
            target_adu=plan.target * scale if plan else None,
            tolerance_adu=plan.tolerance * scale if plan else None,
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
        bank: Bank | None = None,
        level_adu: float | None = None,
        channel: str | None = None,
        pedestal_adu: float | None = None,
        e_per_adu: float | None = None,
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
            level_adu=level_adu,
            channel=channel,
            pedestal_adu=pedestal_adu,
            e_per_adu=e_per_adu,
            filter=filter_name,
            binning=state.binning,
            gain=state.gain,
            offset=state.offset,
            iso=state.iso,
            readout_mode=state.readout_mode,
            temperature_c=state.temperature_c,
            set_temperature_c=state.set_temperature_c,
            bayer=self.rig.info.bayer,
            rotator_deg=self.rig.rotator_deg,
            focuser_steps=self.rig.focuser_steps,
            panel=panel_name(self.rig, bank),
            brightness=brightness,
            brightness_max=self.steps[-1],
            wheel=self.rig.wheel.name if self.rig.wheel else None,
            site=self.site,
            dark_flat_type=self.dark_flat_type,
            local_zone=self.writer.zone,
        )
