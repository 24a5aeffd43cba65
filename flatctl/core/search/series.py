"""The capture of a set: judge every frame, follow the drift, change the setting seldom.

A lamp that warms up or ages moves the level from frame to frame. As long as the next frame is
expected inside the band, nothing is touched, so that one exposure (and one set of dark flats)
serves the whole set.
"""

from collections.abc import Sequence
from dataclasses import replace
from math import exp, isfinite, log

from flatctl.core.band import Band
from flatctl.core.limits import Limits
from flatctl.core.search import endings
from flatctl.core.search.endings import Ending
from flatctl.core.search.response import Response
from flatctl.core.types import Measurement, Outcome, Setting, Verdict

# Frames scatter by about this much (of their level) even when the light stands still.
_GUARD_FRAC = 0.003
# Rejected frames that end the set: with nothing left to turn, in a row, in all (or `count`).
_STUCK_MAX = 2
_IN_A_ROW_MAX = 5
_REJECTED_MAX = 10
# A first frame this near to the upper end of the band (a fraction of its width) is too near.
_UNSURE = 0.35
# A step of the panel is fine enough if it misses the aim by no more than this (fractions of the
# band's width); where the exposures are listed, an exposure would miss it by more than most steps.
_FINE, _FINE_LISTED = 0.15, 0.35
# Light where there is next to none: a relative one, and one in ADU.
_NEXT_TO_NONE, _NEXT_TO_NONE_ADU = 1e-9, 1.0
# So many steps of the panel must have been measured before its curve is trusted with a trim.
_MEASURED_MIN = 2
# More change of light than this (ln) between two frames is no drift but an accident: a torch, a
# cloud. What comes after it shows whether it stays.
_DRIFT_MAX = 0.2
# The aim goes ahead of a drift by this fraction of the band's width at most: it gets slower.
_LEAD = 0.2
# A clipped frame may be so many times over full scale.
_OVER = 2.0


class FlatSeries:
    """Decide about the frames of one set: which are kept, and what to expose the next one with.

    Expose with `setting`, hand the result to `observe`, until `outcome` is not None: `REACHED`
    once `count` frames are kept, else why the set can't be finished. `band` and `limits` are those
    of the search, `setting` is the one it found and `response` what it learned.
    `lag` exposures are already under way when a frame is observed, begun with the setting of then.
    `seen` are the frames of the search in order, the accepted one last: what they tell is acted on
    at once, and the accepted one is counted only when it is observed, like any other.

    Raises:
        ValueError: an argument makes no sense.

    """

    def __init__(
        self,
        *,
        band: Band,
        limits: Limits,
        setting: tuple[float, float],
        response: Response | None,
        count: int,
        lag: int = 0,
        seen: Sequence[Measurement] = (),
    ) -> None:
        if count < 1:
            raise ValueError(f"count must be at least 1: {count}")
        if lag < 0:
            raise ValueError(f"lag must be at least 0: {lag}")
        self.band, self._limits = band, limits
        self._setting = limits.clamp(*setting)
        self._count = count
        self._lag = lag
        self._left: Setting | None = None
        known = response or Response()
        self._pedestal_adu = known.pedestal_adu or 0.0
        self._seen = [r for r in seen if r.level_adu <= band.linear_adu]
        self._good: list[Measurement] = []
        self._known = self._with_run(known, self._seen) if seen else known
        self._frames = list(seen)
        self._drift: float | None = None
        self._accident = False
        self._in_a_row = 0
        self._stuck = 0
        self._outcome: Outcome | None = None
        self.kept = 0
        self.rejected = 0
        self.ending: Ending | None = None
        if seen:
            self._retrim(True)

    @property
    def setting(self) -> Setting:
        """Return what to expose the next frame with."""
        return self._setting

    @property
    def outcome(self) -> Outcome | None:
        """Return how the set ended, None while it goes on."""
        return self._outcome

    def observe(self, frame: Measurement, *, refused: bool = False) -> Verdict:
        """Judge a frame; it is kept if it is accepted.

        A frame of an earlier setting is judged like any other, but what it says has been acted on
        already: only where it is good after all does the set return to that setting. One that is
        `refused` is not kept for another reason than its level, and is taken again with the same
        setting.

        Raises:
            ValueError: the set is over, or a figure makes no sense.

        """
        if self._outcome is not None:
            raise ValueError(f"the set is over: {self._outcome.value}")
        if not isfinite(frame.time_s):
            raise ValueError(f"time_s must be a number of seconds: {frame.time_s}")
        verdict = self.band.judge(frame.level_adu, frame.clipped_frac)
        right = verdict is Verdict.ACCEPTED
        kept = right and not refused
        if right and refused:
            verdict = Verdict.REFUSED
        overtaken = frame.setting != self._setting
        self._frames.append(frame)
        self._follow()
        if kept:
            self._good.append(frame)
            self.kept += 1
            self._in_a_row = self._stuck = 0
            if self.kept == self._count:
                self._outcome = Outcome.REACHED
        else:
            self.rejected += 1
            self._in_a_row += not overtaken
            self._check_budget(verdict)
            within = frame.level_adu <= self.band.high_adu
            if verdict is Verdict.CLIPPED and within and not overtaken:
                self._lower_aim(frame)
        if overtaken and kept and frame.setting == self._left:
            # What spoiled the frame before was gone with it.
            self._setting = frame.setting
        elif self._outcome is None and not overtaken:
            self._retrim(right)
        return verdict

    @property
    def count(self) -> int:
        """Return how many frames are to be kept."""
        return self._count

    def want(self, count: int) -> None:
        """Keep another number of frames than was said at first, at least one more than now."""
        self._count = max(count, self.kept + 1)

    @property
    def response(self) -> Response:
        """Return what is known of panel and camera, as the light is by now: for the next filter."""
        if not (self._seen and self._good):
            return self._known
        # numpy loads here and not with the module: a command that searches nothing starts faster.
        from flatctl.core.search.warmup import warmed

        newest = {r.setting.brightness: r for r in self._good}
        run = warmed([*self._seen, *newest.values()], self._good, self._pedestal_adu)
        return self._with_run(self._known, run)

    @staticmethod
    def _with_run(known: Response, run: Sequence[Measurement]) -> Response:
        """Return the response with other frames of the run that it learned last."""
        levels = tuple(Measurement(r.setting, r.level_adu) for r in run)
        return replace(known, runs=(*known.runs[:-1], levels))

    def _lower_aim(self, frame: Measurement) -> None:
        """Go on towards the lower end of the band, for too many pixels clip; end if there."""
        lower = self.band.below(frame.level_adu)
        if lower is not None:
            self.band = lower
        elif self._outcome is None:
            self._outcome = Outcome.TOO_BRIGHT
            self.ending = endings.pixels_clip(frame, self.band)

    def _check_budget(self, verdict: Verdict) -> None:
        """End the set where it can't go on, or has cost too much."""
        if self._stuck >= _STUCK_MAX:
            self._outcome = Outcome.TOO_DIM if verdict is Verdict.TOO_DIM else Outcome.TOO_BRIGHT
        elif self._in_a_row >= _IN_A_ROW_MAX or self.rejected > max(_REJECTED_MAX, self._count):
            self._outcome = Outcome.UNSTABLE
        if self._outcome is not None:
            last = self._frames[-1]
            self.ending = endings.set_broken(
                self._outcome, last, self.band, self.kept, self.rejected
            )

    def _retrim(self, kept: bool) -> None:
        """Change the setting if the last frame was rejected or the next one would be."""
        if self._accident and not kept:
            return
        level, band = self._forecast(), self.band
        guard = _GUARD_FRAC * level
        safe = kept and band.low_adu + guard <= level <= band.high_adu - guard
        # A lamp just switched on gets brighter, and one frame does not tell how fast.
        may_be_cold = (
            kept and self._drift is None and level > band.high_adu - _UNSURE * self.band.width_adu
        )
        if safe and not may_be_cold:
            return
        if self._frames[-1].level_adu > band.linear_adu:
            level = _OVER * band.full_scale_adu
        ratio = (self._aim(may_be_cold) - self._pedestal_adu) / max(
            level - self._pedestal_adu, _NEXT_TO_NONE_ADU
        )
        before = self._setting
        # Where nothing forces it, the exposure and its dark flats stay.
        self._setting = self._step(ratio) or (before if safe else self._exposure(ratio))
        self._left = None if kept else before
        if self._setting == before and not kept:
            self._stuck += 1

    def _step(self, ratio: float) -> Setting | None:
        """Return a setting whose brightness alone changes the light by a ratio, if there is one."""
        if self._in_a_row > 1:
            return None
        # numpy loads here and not with the module: a command that searches nothing starts faster.
        from flatctl.core.search.panels import Panels

        brightness, exposure_s = self._setting
        panels = Panels(self._limits.brightest, self._known, self.band.full_scale_adu)
        if len(panels.measured) < _MEASURED_MIN:
            return None
        steps = range(self._limits.dimmest, self._limits.brightest + 1)
        light = panels.light(steps)[panels.odds.argmax()]
        wanted = max(float(light[brightness - steps[0]]) * ratio, _NEXT_TO_NONE)
        found = int(abs(light - wanted).argmin())
        miss = abs(float(light[found]) / wanted - 1) * self.band.aim_adu
        enough = _FINE_LISTED if self._limits.exposures_s else _FINE
        fine = miss <= enough * self.band.width_adu
        return Setting(steps[found], exposure_s) if fine and steps[found] != brightness else None

    def _exposure(self, ratio: float) -> Setting:
        brightness, exposure_s = self._setting
        return self._limits.clamp(brightness, exposure_s * ratio)

    def _aim(self, may_be_cold: bool) -> float:
        """Return the level to trim to: ahead of a drift, so that the rest of the set fits."""
        most = _LEAD * self.band.width_adu
        rest = (self._count - self.kept) * self._cadence() * (self._drift or 0.0)
        ahead = min(max(rest / 2 * self.band.aim_adu, -most), most)
        return self.band.aim_adu - (most if may_be_cold else ahead)

    def _forecast(self) -> float:
        """Return the level (ADU) expected of the next frame to be begun, with the same setting."""
        last = self._frames[-1].level_adu
        signal = max(last - self._pedestal_adu, 0.0)
        ahead_s = (1 + self._lag) * self._cadence()
        return last + signal * (exp((self._drift or 0.0) * ahead_s) - 1)

    def _cadence(self) -> float:
        times = [r.time_s for r in self._frames[-2:]]
        return times[-1] - times[0]

    def _follow(self) -> None:
        """Bring the drift of the light (ln per second) up to date with the newest reading.

        Only readings of one brightness tell it; over a change of brightness, and over an accident,
        the last drift stays.
        """
        self._accident = False
        if len(self._frames) < 2:
            return
        before, last = self._frames[-2:]
        gap = last.time_s - before.time_s
        if gap > 0 and before.setting.brightness == last.setting.brightness:
            light = [
                max(r.level_adu - self._pedestal_adu, _NEXT_TO_NONE_ADU) / r.setting.exposure_s
                for r in (before, last)
            ]
            change = log(light[1] / light[0])
            self._accident = abs(change) > _DRIFT_MAX
            if not self._accident:
                self._drift = change / gap
