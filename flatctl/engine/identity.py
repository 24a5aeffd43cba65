"""What the frames of one set have in common: by it they are recorded, kept and found again."""

from dataclasses import dataclass, replace
from functools import cached_property

from flatctl.core.band import Band
from flatctl.core.nights.history import SettingKey
from flatctl.core.types import FilterPlan, FrameKind, Statistics
from flatctl.devices.protocols import Frame
from flatctl.engine.context import RunContext
from flatctl.engine.shot import Shot
from flatctl.storage.record import DarkUse, FrameRecord, SkyFacts
from flatctl.storage.resume import Finished, FinishedFrame, Wanted


@dataclass(frozen=True)
class SetIdentity:
    """One set of frames, as the camera stands now; made once for a set.

    `plan` and `band` are those of flats, `exposure_s` is that of dark flats.
    """

    context: RunContext
    kind: FrameKind
    plan: FilterPlan | None = None
    band: Band | None = None
    exposure_s: float | None = None

    @property
    def key(self) -> SettingKey:
        """Under what the history keeps what is learned of the set."""
        plan = self.plan
        return self.context.key(plan.filter, plan.panel_bank) if plan else self.context.key()

    @property
    def present(self) -> tuple[FinishedFrame, ...]:
        """What an earlier run left of the set, verified."""
        return self._found.frames

    @cached_property
    def set_id(self) -> str:
        """What the set of flats is known by: the run that began it, and which of its sets it is."""
        if self.kind is FrameKind.DARK_FLAT:
            return ""
        begun = self._found.set_id
        context = self.context
        return f"{context.run}-{next(context.set_numbers)}" if begun is None else begun

    @property
    def set_number(self) -> int:
        """Which set of its filter and setup it is of those of the night, from 1."""
        return sorted({*self._found.sets, self.set_id}).index(self.set_id) + 1

    @cached_property
    def _found(self) -> Finished:
        """What lies on disk by now; files that don't count have been told of."""
        context, state = self.context, self.context.rig.state
        sky = context.job.sky
        wanted = Wanted(
            kind=self.kind,
            key=self.key,
            slots=context.rig.slots,
            set_temperature_c=state.set_temperature_c,
            exposure_s=self.exposure_s,
            rotator_deg=self.plan.rotator_deg if self.plan else None,
            focuser_steps=self.plan.focuser_steps if self.plan else None,
            target_adu=self.band.target_adu if self.band else None,
            tolerance_adu=self.band.tolerance_adu if self.band else None,
            source=("SKY" if sky else "PANEL") if self.plan else None,
        )
        join_days = sky.join_days if sky and self.plan else 0
        found = context.writer.finished(wanted, join_days)
        if not context.job.resume:
            return Finished(sets=found.sets)
        for path, reason in found.skipped:
            context.tell_skipped(path, reason)
        return found

    def record(
        self,
        frame: Frame,
        statistics: Statistics,
        *,
        number: int,
        count: int,
        shot: Shot | None = None,
        pedestal_adu: float | None = None,
        e_per_adu: float | None = None,
        stuck_frac: float = 0.0,
        sky: SkyFacts | None = None,
        dark_use: DarkUse | None = None,
    ) -> FrameRecord:
        """Return what is known of a frame, for its header and its name; a flat has a `shot`.

        One of the `sky` has no panel.
        """
        context, rig, state = self.context, self.context.rig, self.context.rig.state
        return FrameRecord(
            kind=self.kind,
            key=replace(self.key, panel=None) if sky else self.key,
            session=context.run,
            set_id=self.set_id,
            set_number=self.set_number,
            number=number,
            count=count,
            started=frame.started,
            exposure_s=frame.exposure_s,
            statistics=statistics,
            full_scale_adu=context.full_scale_adu,
            target_adu=self.band.target_adu if self.band else None,
            tolerance_adu=self.band.tolerance_adu if self.band else None,
            level_adu=shot.level_adu if shot else None,
            channel=shot.channel if shot and shot.channels else None,
            pedestal_adu=pedestal_adu,
            e_per_adu=e_per_adu,
            stuck_frac=stuck_frac,
            temperature_c=state.temperature_c,
            set_temperature_c=state.set_temperature_c,
            bayer=rig.info.bayer,
            rotator_deg=rig.rotator_deg,
            focuser_steps=rig.focuser_steps,
            brightness=shot.setting.brightness if shot and not sky else None,
            brightness_max=None if sky else context.steps[-1],
            sky=sky,
            dark_use=dark_use,
            wheel=rig.wheel.name if rig.wheel else None,
            slots=rig.slots,
            site=context.job.site,
            dark_flat_type=context.job.dark_flat_type,
            local_zone=context.writer.zone,
            source=frame.path,
        )
