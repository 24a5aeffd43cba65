"""The capture of one set, once its setting is found.

The camera exposes while the frame before is dealt with: as soon as one has been read the next is
begun, and only then the one in hand is measured, judged, told of and written. So the capture is
one frame behind: a change of setting comes one frame after its reason, and a frame that turns out
bad is replaced at the end of the set.
"""

import itertools
from collections.abc import Callable, Iterable, Sequence
from dataclasses import KW_ONLY, dataclass
from functools import partial
from pathlib import Path

from flatctl.core.band import CLIPPED_FRAC_MAX, Band
from flatctl.core.limits import Limits
from flatctl.core.nights.light import Curve
from flatctl.core.pedestal import Pedestal
from flatctl.core.quality.findings import Finding, Kind
from flatctl.core.search.response import Response
from flatctl.core.search.search import FlatSearch
from flatctl.core.search.series import FlatSeries
from flatctl.core.types import FilterPlan, Measurement, Outcome, Setting, Verdict
from flatctl.engine.context import RunContext
from flatctl.engine.identity import SetIdentity
from flatctl.engine.quality import SetWatch
from flatctl.engine.set_events import SetEvents
from flatctl.engine.shot import Exposure, Shot
from flatctl.errors import BadReply
from flatctl.events import Why, set_label


@dataclass(frozen=True)
class Found:
    """What a search found: all its `measurements`, and the last frame, which `tell` tells of."""

    search: FlatSearch
    measurements: Sequence[Measurement]
    shot: Shot
    tell: Callable[[], None]


@dataclass(eq=False)
class Capture:
    """Take the frames of one set, in one go or, where that breaks off, in several.

    `taken` counts the frames put on disk, `exposures_s` are theirs. `at_last_frame` is called once,
    when the last frame of the set has been read: the rig may move on. `response` is what is known
    of panel and camera by then; `refused` says why the last frame was not good enough, if not for
    its level.
    """

    context: RunContext
    plan: FilterPlan
    _: KW_ONLY
    telling: SetEvents
    at_last_frame: Callable[[], None] | None

    def __post_init__(self) -> None:
        self._earlier: set[int] = set()  # numbers of the flats from before this go
        self._kept: set[int] = set()  # numbers of this run's flats, on disk or on their way
        self._count = self.plan.count
        self.exposures_s: set[float] = set()
        self.taken = 0
        self.refused: tuple[Finding, ...] = ()
        self.response = Response()
        self._measured_adu: float | None = None
        self.last = Setting(0, 0.0)

    def run(
        self, limits: Limits, found: Found, present: Iterable[int], identity: SetIdentity
    ) -> tuple[Outcome, Why]:
        """Take what is missing and say how it ended, and why.

        The accepted frame of the search is the first of the set; it is told of when there is
        time. `present` are the numbers of the flats that an earlier run left, `identity` is what
        the frames have in common. The pedestal is the search's.
        """
        plan, self._identity = self.plan, identity
        assert identity.band is not None  # it is a set of flats
        accepted, known = found.shot, found.search.response
        pedestal = known.pedestal
        self._earlier = set(present) | self._kept
        series = FlatSeries(
            band=identity.band,
            limits=limits,
            setting=accepted.setting,
            response=known,
            count=plan.count - len(self._earlier),
            lag=1,
            seen=found.measurements,
        )
        self._measured_adu = pedestal.adu if pedestal and pedestal.is_measured else None
        watch = self._watch(pedestal, found.search.light)
        if plan.flat_noise is not None and watch is not None:
            self._want(series, watch.first_guess() - len(self._earlier))

        def deal_with(shot: Shot) -> None:
            if shot is accepted:
                found.tell()
            self._judge(series, watch, shot)
            shot.release_pixels()

        self._take(series, accepted, deal_with)
        self.context.writer.drain()
        self.response = series.response
        if watch is not None:
            watch.finish(self.context.emit, set_label(plan))
        if series.outcome in (None, Outcome.REACHED):
            return Outcome.COMPLETE, ""
        return series.outcome, self.refused or series.ending or ""

    def _watch(self, pedestal: Pedestal | None, curve: Curve) -> SetWatch | None:
        """Return who watches over the quality of the set, where somebody does."""
        limits = self.context.job.quality
        if limits is None:
            return None
        return SetWatch(
            self.context,
            self.plan,
            limits=limits,
            pedestal_adu=pedestal.adu if pedestal else 0.0,
            pedestal_known=pedestal is not None and pedestal.is_measured,
            key=self._identity.key,
            curve=curve,
        )

    def _take(self, series: FlatSeries, accepted: Shot, deal_with: Callable[[Shot], None]) -> None:
        """Take the frames of the series; the `accepted` one is the first."""
        under_way = self._next(series, partial(deal_with, accepted))
        while series.outcome is None:
            # Nothing is under way where the last frame turned out bad: it is replaced.
            under_way = under_way or self.context.begin(series.setting)
            self.telling.exposing("flat", self._free_number(series.kept), under_way.setting)
            shot = self.context.read(under_way, self.plan.channel)
            under_way = self._next(series, partial(deal_with, shot))

    def _next(
        self, series: FlatSeries, deal_with_frame_in_hand: Callable[[], None]
    ) -> Exposure | None:
        """Begin the next exposure, unless the frame in hand may have been the last."""
        try:
            if series.kept + 1 < series.count:
                return self.context.begin(series.setting)
            # Only once: whoever has to come back stays until the set is complete.
            move_on, self.at_last_frame = self.at_last_frame, None
            if move_on is not None:
                move_on()
            return None
        finally:
            # Whatever becomes of the next exposure, the frame in hand is not lost.
            deal_with_frame_in_hand()

    def _judge(self, series: FlatSeries, watch: SetWatch | None, shot: Shot) -> None:
        if disturbed := self.context.disturbance(shot.disturbances):
            # Its level says nothing of its setting.
            self.telling.rejected(shot, (disturbed,))
            return
        if twin := self.context.writer.twin_of(shot.frame.raw, shot.statistics.median):
            self.telling.rejected(shot, (Finding(Kind.TWIN, {"like": twin}),))
            camera = self.context.rig.camera.name
            remedy = "restart its driver"
            self.context.recovery.forgive(BadReply(camera, "sent a picture twice", remedy))
            return
        found = self._black(shot) or (watch.judge(shot) if watch else ())
        self.last = shot.setting
        verdict = series.observe(shot.measurement, refused=bool(found))
        self.refused = found if verdict is Verdict.REFUSED else ()
        if verdict is not Verdict.ACCEPTED:
            self.telling.rejected(shot, self.refused or (_off_level(series.band, verdict, shot),))
            return
        if watch is not None:
            watch.keep(shot)
            needed = watch.count(len(self._earlier))
            if needed is not None and series.outcome is None:
                # One more is under way already.
                self._want(series, max(needed, series.kept + 1))
        self._keep(shot, self._free_number(series.kept - 1), watch.e_per_adu if watch else None)

    def _black(self, shot: Shot) -> tuple[Finding, ...]:
        """Return that part of the picture is black, where it is."""
        black = shot.black_frac(self._measured_adu)
        if black <= CLIPPED_FRAC_MAX:
            return ()
        figures = {"black_frac": black, "black_adu": shot.statistics.bottom_adu}
        return (Finding(Kind.BLACK, figures),)

    def _want(self, series: FlatSeries, count: int) -> None:
        series.want(count)
        self._count = series.count + len(self._earlier)

    def _free_number(self, nth: int) -> int:
        """Return the `nth` number, from 0, which no flat from before this go has."""
        free = (number for number in itertools.count(1) if number not in self._earlier)
        return next(itertools.islice(free, nth, None))

    def _keep(self, shot: Shot, number: int, e_per_adu: float | None) -> None:
        self._kept.add(number)
        count = self._count
        record = self._identity.record(
            shot.frame,
            shot.statistics,
            number=number,
            count=count,
            shot=shot,
            pedestal_adu=self._measured_adu,
            stuck_frac=shot.stuck.frac,
            e_per_adu=None if self._measured_adu is None else e_per_adu,
        )

        def placed(path: Path) -> None:
            self.taken += 1
            self.exposures_s.add(shot.setting.exposure_s)
            self.telling.flat(shot, index=number, count=count, path=path)

        self.context.writer.put(shot.frame.raw, shot.frame.header, record, placed)


def _off_level(band: Band, verdict: Verdict, shot: Shot) -> Finding:
    level, low, high = band.frac(shot.level_adu), band.low, band.high
    if verdict is Verdict.CLIPPED and level <= high:
        return Finding(Kind.CLIPPED, {"clipped_frac": shot.clipped_frac})
    kind = Kind.TOO_DIM if level < low else Kind.TOO_BRIGHT
    return Finding(kind, {"level": level, "low": low, "high": high})
