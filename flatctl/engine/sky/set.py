"""One set of flats of the sky: its frames, and what is told of them."""

import itertools
from dataclasses import replace
from functools import partial
from pathlib import Path

from flatctl.core.band import CLIPPED_FRAC_MAX, Band
from flatctl.core.limits import Limits
from flatctl.core.quality.findings import Finding, Kind
from flatctl.core.types import FilterPlan, FrameKind, Outcome, Setting, Verdict
from flatctl.engine.context import RunContext
from flatctl.engine.identity import SetIdentity
from flatctl.engine.panel_off import known_pedestal
from flatctl.engine.quality import SetWatch
from flatctl.engine.set_events import OfSky, SetEvents
from flatctl.engine.shot import Shot
from flatctl.engine.starting import rig_limits
from flatctl.errors import BadReply
from flatctl.events import Why, set_label
from flatctl.storage.record import SkyFacts

_SKY = "Sky"


class SkySet:
    """The flats of one filter; those that an earlier run of the night left count.

    `outcome` is how it ended, None while it is open; `exposures_s` those of the flats on disk.
    """

    def __init__(self, context: RunContext, plan: FilterPlan) -> None:
        self._context = context
        self.plan = plan
        self._telling = SetEvents(context, plan, sky=True)
        self._earlier: set[int] = set()
        self.exposures_s: set[float] = set()
        self._kept = self._trials = self._placed = 0
        self._watch: SetWatch | None = None
        self._count = plan.count
        self.outcome: Outcome | None = None

    @property
    def band(self) -> Band:
        """The levels accepted, by what is known of full scale by now."""
        return Band.of(self.plan.target, self.plan.tolerance, self._context.full_scale_adu)

    @property
    def limits(self) -> Limits:
        """What remains of the wishes for its exposures with this camera."""
        return rig_limits(self._context.rig, self._context.steps, self.plan, ladder=False)

    @property
    def missing(self) -> int:
        """How many flats are still wanted."""
        return max(0, self._count - len(self._earlier) - self._kept)

    def look(self) -> None:
        """See what is on disk."""
        self._identity = SetIdentity(self._context, FrameKind.FLAT, self.plan, self.band)
        earlier = self._identity.present[: self.plan.count]
        self._earlier = {frame.number for frame in earlier}
        self.exposures_s = {frame.exposure_s for frame in earlier}

    def begin(self) -> None:
        """See what is on disk, and tell that the set begins."""
        plan = self.plan
        self.look()
        self._telling.started(
            Setting(0, plan.exposure_start_s),
            trained=False,
            wanted=plan.count,
            present=len(self._earlier),
            set_number=self._identity.set_number,
        )
        self._watch = self._new_watch()
        if self._watch is not None:
            self._count = self._watch.first_guess()
        if not self.missing:
            self.finish(Outcome.COMPLETE)

    def rescale(self) -> None:
        """Go on with the band of another full scale."""
        self._identity = replace(self._identity, band=self.band)

    def _new_watch(self) -> SetWatch | None:
        """Return who watches over the quality of the set, where somebody does."""
        limits = self._context.job.quality
        if limits is None:
            return None
        pedestal = known_pedestal(self._context)
        return SetWatch(
            self._context,
            self.plan,
            limits=limits,
            pedestal_adu=pedestal.adu if pedestal else 0.0,
            pedestal_known=pedestal is not None and pedestal.is_measured,
            # The sky is evenly lit as no panel is.
            key=replace(self._identity.key, panel=_SKY),
            curve=lambda steps: [0.0 for _ in steps],
            starry=True,
        )

    def select(self) -> None:
        """Bring wheel, rotator and focuser to where the set wants them."""
        rig, plan, retry = self._context.rig, self.plan, self._context.recovery.retry
        retry(partial(rig.select, plan.filter))
        retry(partial(rig.place, plan.rotator_deg, plan.focuser_steps))

    def expose(self, exposure_s: float, *, is_flat: bool) -> Shot | None:
        """Take a frame; None where there is none, and the light is another one by now."""
        kind, n = ("flat", self._number) if is_flat else ("trial", self._trials + 1)
        tell = partial(self._telling.exposing, kind, n)
        return self._context.expose_sky(exposure_s, tell, self.plan.channel)

    def spoilt(self, shot: Shot) -> tuple[Finding, ...]:
        """Return why a frame says nothing of the sky; nothing where it does.

        Raises `DeviceError` where that goes on.
        """
        context, camera = self._context, self._context.rig.camera.name
        if disturbed := context.disturbance(shot.disturbances):
            return (disturbed,)
        if twin := context.writer.twin_of(shot.frame.raw, shot.statistics.median):
            context.recovery.forgive(BadReply(camera, "sent a picture twice", "restart its driver"))
            return (Finding(Kind.TWIN, {"like": twin}),)
        if not shot.is_blank:
            return ()
        context.recovery.forgive(
            BadReply(camera, "sent a frame that shows nothing", "see its cable and its power")
        )
        return _black(shot, 1.0)

    @property
    def _pedestal_adu(self) -> float | None:
        pedestal = known_pedestal(self._context)
        return pedestal.adu if pedestal is not None and pedestal.is_measured else None

    def is_level(self, shot: Shot) -> bool:
        """Tell whether the level of a frame is in the band."""
        return self.band.low_adu <= shot.level_adu <= self.band.high_adu

    def refusal(self, shot: Shot) -> tuple[Finding, ...]:
        """Return what makes a frame no flat though its level is right; nothing where it is one."""
        in_band = self.is_level(shot)
        black_frac = shot.black_frac(self._pedestal_adu)
        if in_band and black_frac > CLIPPED_FRAC_MAX:
            return _black(shot, black_frac)
        return self._watch.judge(shot) if self._watch is not None and in_band else ()

    def keep(self, shot: Shot, sky: SkyFacts, told: OfSky) -> None:
        """Have a flat written, and tell of it once it is on disk."""
        number = self._number
        self._kept += 1
        if self._watch is not None:
            self._watch.keep(shot)
            needed = self._watch.count(len(self._earlier))
            if needed is not None:
                self._count = max(needed, self._kept) + len(self._earlier)
        count = self._count
        record = self._identity.record(
            shot.frame,
            shot.statistics,
            number=number,
            count=count,
            shot=shot,
            pedestal_adu=self._pedestal_adu,
            e_per_adu=self._e_per_adu,
            stuck_frac=shot.stuck.frac,
            sky=sky,
        )

        def placed(path: Path) -> None:
            self._placed += 1
            self.exposures_s.add(shot.setting.exposure_s)
            self._telling.flat(shot, index=number, count=count, path=path, sky=told)

        self._context.writer.put(shot.frame.raw, shot.frame.header, record, placed)

    def tell_trial(self, shot: Shot, verdict: Verdict, told: OfSky) -> None:
        """Tell of a frame whose level is not in the band."""
        self._trials += 1
        self._telling.trial(shot, n=self._trials, verdict=verdict, sky=told)

    def reject(self, shot: Shot, why: Why, told: OfSky) -> None:
        """Tell of a frame that is no flat for another reason."""
        self._telling.rejected(shot, why, told)

    def finish(self, outcome: Outcome, why: Why = "") -> None:
        """Tell, once, how it ended; its frames are all on disk by then."""
        if self.outcome is not None:
            return
        self.outcome = outcome
        flats = len(self._earlier) + self._placed
        if self._watch is not None and outcome is not Outcome.STOPPED:
            self._watch.finish(self._context.emit, set_label(self.plan), self._too_few(flats))
        self._telling.finished(outcome, trials=self._trials, flats=flats, why=why)

    def _too_few(self, flats: int) -> tuple[Finding, ...]:
        sky = self._context.job.sky
        least = sky.min_frames if sky else 0
        return (Finding(Kind.TOO_FEW, {"flats": flats, "least": least}),) if flats < least else ()

    @property
    def _e_per_adu(self) -> float | None:
        known = self._watch is not None and self._pedestal_adu is not None
        return self._watch.e_per_adu if self._watch is not None and known else None

    @property
    def _number(self) -> int:
        """The first number that no flat of the set has."""
        free = (number for number in itertools.count(1) if number not in self._earlier)
        return next(itertools.islice(free, self._kept, None))


def _black(shot: Shot, frac: float) -> tuple[Finding, ...]:
    return (Finding(Kind.BLACK, {"black_frac": frac, "black_adu": shot.statistics.bottom_adu}),)
