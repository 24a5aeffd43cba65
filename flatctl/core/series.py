"""The capture of a set: judge every frame, follow the drift, change the setting seldom.

A lamp that warms up or ages moves the level from frame to frame. As long as the next frame is
expected inside the band, nothing is touched, so that one exposure (and one set of dark flats)
serves the whole set.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import exp, isfinite, log

from flatctl.core.band import Band
from flatctl.core.evidence import Limits
from flatctl.core.response import Response
from flatctl.core.types import Outcome, Setting

# Frames scatter by about this much (of their level) even when the light stands still.
_GUARD_FRAC = 0.003
_REJECTED_IN_A_ROW_MAX = 5


@dataclass(frozen=True, slots=True)
class Judgement:
    """Say whether a frame is kept; `reason` is `too_dim`, `too_bright` or `clipped` if not."""

    kept: bool
    reason: str


@dataclass(frozen=True, slots=True)
class _Reading:
    setting: Setting
    level_adu: float
    time_s: float


class FlatSeries:
    """Decide about the frames of one set: which are kept, and what to expose the next one with.

    Expose with `setting`, hand the result to `observe`, until `outcome` is not None: `REACHED`
    once `count` frames are kept, else why the set can't be finished. Levels in ADU; the ranges
    are those of the search; `setting` is the one the search found and `response` what it learned.

    Raises:
        ValueError: an argument makes no sense.

    """

    def __init__(
        self,
        *,
        target_adu: float,
        tolerance_adu: float,
        full_scale_adu: float,
        brightness_range: tuple[int, int],
        exposure_range_s: tuple[float, float],
        setting: tuple[float, float],
        response: Response | None,
        count: int,
        exposures_s: Sequence[float] = (),
    ) -> None:
        if count < 1:
            raise ValueError(f"count must be at least 1: {count}")
        self._band = Band.checked(target_adu, tolerance_adu, full_scale_adu)
        self._limits = Limits.checked(brightness_range, exposure_range_s, exposures_s)
        self._setting = self._limits.clamp(*setting)
        self._count = count
        known = response or Response()
        self._pedestal_adu = known.pedestal_adu or 0.0
        self._known = known
        self._readings: list[_Reading] = []
        self._in_a_row = 0
        self._stuck = 0
        self._outcome: Outcome | None = None
        self.kept = 0
        self.rejected = 0
        self.explanation = ""

    @property
    def setting(self) -> Setting:
        """Return what to expose the next frame with."""
        return self._setting

    @property
    def outcome(self) -> Outcome | None:
        """Return how the set ended, None while it goes on."""
        return self._outcome

    def observe(self, *, median_adu: float, clipped_frac: float, time_s: float) -> Judgement:
        """Judge the frame exposed with `setting`; `time_s` is its middle on a monotonic clock.

        Raises:
            ValueError: the set is over, or a figure makes no sense.

        """
        if self._outcome is not None:
            raise ValueError(f"the set is over: {self._outcome.value}")
        if not isfinite(time_s):
            raise ValueError(f"time_s must be a number of seconds: {time_s}")
        verdict = self._band.judge(median_adu, clipped_frac)
        self._readings.append(_Reading(self._setting, median_adu, time_s))
        if verdict == "accepted":
            self.kept += 1
            self._in_a_row = self._stuck = 0
            if self.kept == self._count:
                self._outcome = Outcome.REACHED
                return Judgement(True, "")
        else:
            self.rejected += 1
            self._in_a_row += 1
            if verdict == "clipped" and median_adu <= self._band.high_adu:
                self._lower_aim(median_adu)
        if self._outcome is None and not self._give_up(verdict):
            self._retrim(verdict)
        return Judgement(verdict == "accepted", "" if verdict == "accepted" else verdict)

    def _lower_aim(self, median_adu: float) -> None:
        lower = self._band.below(median_adu)
        if lower is None:
            self._end(Outcome.TOO_BRIGHT, "clipped pixels")
        else:
            self._band = lower

    def _give_up(self, verdict: str) -> bool:
        """End the set where its budget is used up; True if it was."""
        last = self._readings[-1].level_adu
        if self._in_a_row >= _REJECTED_IN_A_ROW_MAX or self.rejected > max(10, self._count):
            self._end(Outcome.UNSTABLE, f"unstable, last level {last:.0f} ADU")
        elif self._stuck >= 2 and verdict == "too_dim":
            self._end(Outcome.TOO_DIM, "too dim")
        elif self._stuck >= 2:
            self._end(Outcome.TOO_BRIGHT, "too bright")
        return self._outcome is not None

    def _retrim(self, verdict: str) -> None:
        """Change the setting if the last frame was rejected or the next one would be."""
        level = self._forecast()
        guard = _GUARD_FRAC * level
        if verdict == "accepted" and (
            self._band.low_adu + guard <= level <= self._band.high_adu - guard
        ):
            return
        before = self._setting
        if self._readings[-1].level_adu > self._band.linear_adu:
            level = 2 * self._band.full_scale_adu
        ratio = (self._aim() - self._pedestal_adu) / max(level - self._pedestal_adu, 1.0)
        self._setting = self._step(ratio) or self._exposure(ratio)
        if verdict != "accepted":
            self._stuck = self._stuck + 1 if self._setting == before else 0

    def _step(self, ratio: float) -> Setting | None:
        """Return a setting whose brightness alone changes the light by a ratio, if there is one."""
        if self._in_a_row > 1:
            return None
        # numpy loads here and not with the module: a command that searches nothing starts faster.
        from flatctl.core.light import Panels

        step, exposure_s = self._setting
        panels = Panels(self._limits.brightest, self._known, self._band.full_scale_adu)
        if len(panels.measured) < 2:
            return None
        steps = range(self._limits.dimmest, self._limits.brightest + 1)
        light = panels.light(steps)[panels.weight.argmax()]
        wanted = float(light[step - steps[0]]) * ratio
        found = int(abs(light - wanted).argmin())
        miss = abs(float(light[found]) / wanted - 1) * self._band.aim_adu
        fine = miss <= 0.15 * (self._band.high_adu - self._band.low_adu)
        return Setting(steps[found], exposure_s) if fine and steps[found] != step else None

    def _exposure(self, ratio: float) -> Setting:
        step, exposure_s = self._setting
        return self._limits.clamp(step, exposure_s * ratio)

    def _aim(self) -> float:
        """Return the level to trim to: ahead of a drift, so that the rest of the set fits."""
        width = self._band.high_adu - self._band.low_adu
        rest = (self._count - self.kept) * self._cadence() * self._rate()
        lead = min(max(rest / 2 * self._band.aim_adu, -0.3 * width), 0.3 * width)
        return self._band.aim_adu - lead

    def _forecast(self) -> float:
        """Return the level (ADU) expected of the next frame with the same setting."""
        last = self._readings[-1].level_adu
        signal = max(last - self._pedestal_adu, 0.0)
        return last + signal * (exp(self._rate() * self._cadence()) - 1)

    def _cadence(self) -> float:
        times = [r.time_s for r in self._readings[-2:]]
        return times[-1] - times[0]

    def _rate(self) -> float:
        """Return the drift of the light, ln per second, from the last frames of one brightness."""
        last = self._readings[-1]
        for before in self._readings[-2:-1]:
            gap = last.time_s - before.time_s
            if before.setting.brightness == last.setting.brightness and gap > 0:
                rates = [
                    max(r.level_adu - self._pedestal_adu, 1.0) / r.setting.exposure_s
                    for r in (before, last)
                ]
                return min(max(log(rates[1] / rates[0]), -0.2), 0.2) / gap
        return 0.0

    def _end(self, outcome: Outcome, explanation: str) -> None:
        self._outcome = outcome
        self.explanation = explanation
