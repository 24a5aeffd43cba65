"""The search for a setting that reaches the target: brightness first, exposure second.

Three parts work together. `evidence` knows what the frames prove and so what is still open;
`forecast` guesses what the light will do; this file asks the first what may be tried, the second
what is worth trying, and decides when it is over.

An accepted frame ends the search: REACHED. One whose pixels clip within the band lowers the aim, or
ends it at the lower end of the band: TOO_BRIGHT. After any other, the first rule that applies:

| rule                | applies where                                 | next                    |
|---------------------|-----------------------------------------------|-------------------------|
| `_light_swings`     | the light rose and fell by itself, twice each | UNSTABLE                |
| `_exposures_spent`  | `TRIALS_MAX` frames were taken                | UNSTABLE                |
| `_doubted_bound`    | the newer frames all miss one way             | the other bound, again  |
| `_other_exposure`   | brightness can do no more at the first one    | the likeliest exposure  |
| `_other_brightness` | steps are open at the first exposure          | the likeliest step      |
| `_near_miss`        | the last frame missed by little, at a limit   | the same again          |
| `_nothing_left`     | always                                        | TOO_DIM, TOO_BRIGHT or  |
|                     |                                               | TOO_COARSE              |
"""

from collections.abc import Callable, Sequence
from dataclasses import replace
from math import isfinite
from typing import TYPE_CHECKING

from flatctl.core.band import Band
from flatctl.core.limits import Limits
from flatctl.core.search import endings, exposure
from flatctl.core.search.endings import Ending
from flatctl.core.search.evidence import NOISE_FULL_FRAC, ROUNDED_ADU, Evidence, Judged
from flatctl.core.search.response import Response
from flatctl.core.types import Measurement, Outcome, Setting, Verdict

if TYPE_CHECKING:
    from flatctl.core.search.forecast import Forecast
    from flatctl.core.search.panels import Panels

TRIALS_MAX = 20
"""More exposures than this no search takes (contract)."""

# Exposures tried by the model alone before halving may be called for, and those that straight lines
# leave to it.
_FREE, _LINES = 4, 3
# So many clipped frames without a lit one, and the dimmest step may be the only hope.
_BLIND_MAX = 3
# So many frames in a row on one side of the band, and the bound on the other is doubted, if its
# level is within these ratios of the aim: nearer than a cold lamp (0.7) is to a warm one.
_ONE_WAY, _BOUND_LOW, _BOUND_HIGH = 3, 0.7, 1.4
# Levels nearer than this (a fraction of the band's width) are the same.
_ALIKE = 0.1
# Too bright by no more than this ratio, five times the scatter of a lamp, a frame at the limits may
# be mere noise: it is taken so many times.
_BARELY, _REPEATS = 1.01, 2
# Too dim at the limits, a lamp may still be cold, by up to so much; after so many seconds of light
# it was warm. It is taken again while it rises by more than this ratio.
_COLD_FRAC, _WARM_AFTER_S, _RISING = 0.4, 10.0, 1.005
# So far (a ratio) below a known pedestal no frame lies. Two frames of one setting are alike within
# this fraction. So many broken ones are a camera that fails.
_BELOW, _SAME_FRAC, _BROKEN_MAX = 0.9, 0.1, 2
# A light that got brighter and dimmer this often by itself is given up.
_SWINGS_MAX = 2


class FlatSearch:
    """Find the setting that brings the median of a frame into the band.

    Expose with `setting`, hand the result to `observe`, until `outcome` is not None. On `REACHED`
    `setting` is that of the accepted frame; else `ending` tells what kept it from the `band`.
    `trials` counts the frames, `verdict` judges the last one. Pure: the same observations give the
    same settings.

    `target_adu`, `tolerance_adu` and `full_scale_adu` are levels of the median; `brightness_range`
    in the panel's own steps, `exposure_range_s` in seconds; `start` is clamped into both;
    `pedestal_adu` is the bias level where it is known; `response` is what an earlier search
    learned; `exposures_s` lists the only exposures possible (a camera with shutter speeds).

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
        start: tuple[float, float],
        pedestal_adu: float | None = None,
        response: Response | None = None,
        exposures_s: Sequence[float] = (),
    ) -> None:
        band = Band(target_adu, tolerance_adu, full_scale_adu)
        limits = Limits.checked(brightness_range, exposure_range_s, exposures_s)
        known = response or Response()
        if pedestal_adu is not None:
            if not pedestal_adu >= 0:
                raise ValueError(f"pedestal_adu must be >= 0 ADU: {pedestal_adu}")
            known = replace(known, pedestal_adu=pedestal_adu, pedestal_error_adu=0.0)
        self._begin(band, limits, start, known)

    @classmethod
    def within(
        cls,
        band: Band,
        limits: Limits,
        start: tuple[float, float],
        known: Response | None = None,
    ) -> "FlatSearch":
        """Return a search for a band and limits made already; `known` is the `response`."""
        search = cls.__new__(cls)
        search._begin(band, limits, start, known or Response())
        return search

    def _begin(
        self, band: Band, limits: Limits, start: tuple[float, float], known: Response
    ) -> None:
        if not (isfinite(start[0]) and isfinite(start[1]) and start[1] > 0):
            raise ValueError(f"start must be a brightness and an exposure > 0 s: {start}")
        self.band, self._limits, self._known = band, limits, known
        self._setting = limits.clamp(*start)
        self._start_s = self._setting.exposure_s
        self._evidence = self._no_evidence()
        self._doubted: Judged | None = None
        self._broken: list[Judged] = []
        self._pedestal_holds = known.pedestal_adu is not None
        self._panels: Panels | None = None
        self._newest: Forecast | None = None
        self._steps = range(0)
        self._edges: tuple[int, int] | None = None
        self._outcome: Outcome | None = None
        self.trials = 0
        self.verdict: Verdict | None = None
        self.ending: Ending | None = None

    @property
    def setting(self) -> Setting:
        """Return what to expose with next; after the end, what the last frame was exposed with."""
        return self._setting

    @property
    def outcome(self) -> Outcome | None:
        """Return how the search ended, None while it goes on."""
        return self._outcome

    @property
    def response(self) -> Response:
        """Return what is known of panel and camera by now, for the next filter and the next run."""
        frames = self._evidence.frames
        return self._known.with_run(frames, *self._forecast.pedestal) if frames else self._known

    def light(self, steps: Sequence[int]) -> tuple[float, ...]:
        """Return the light (ADU/s) that each step of the panel gives, as far as is known by now."""
        return tuple(self._forecast.light(steps).tolist()) if self._evidence.frames else ()

    @property
    def light_is_unresponsive(self) -> bool:
        """Whether different brightnesses were tried, none clipped, and all gave the same level."""
        return bool(self._evidence.frames) and endings.unresponsive(self._evidence.frames)

    def observe(self, *, median_adu: float, clipped_frac: float, blank: bool = False) -> None:
        """Take in the frame exposed with `setting`.

        `median_adu` is its median level, `clipped_frac` the fraction of its pixels at full scale. A
        `blank` one shows no structure at all, not even noise. What can't be the light of this
        panel is doubted before all else is: the same setting comes again.

        Raises:
            ValueError: the search is over, or a figure makes no sense.

        """
        if self._outcome is not None:
            raise ValueError(f"the search is over: {self._outcome.value}")
        self.verdict = self.band.judge(median_adu, clipped_frac)
        self.trials += 1
        frame = self._judged(Measurement(self._setting, median_adu, clipped_frac))
        if self._is_set_aside(frame, blank):
            return
        self._evidence.add(frame)
        self._newest = None
        if self.verdict is Verdict.ACCEPTED:
            self._outcome = Outcome.REACHED
        elif self.verdict is Verdict.CLIPPED and median_adu <= self.band.high_adu:
            self._lower_aim(frame)
        else:
            self._decide()

    def _is_set_aside(self, frame: Judged, blank: bool) -> bool:
        """Tell whether a frame is not to be believed, or not yet: its setting comes again.

        More light never gives less, and nothing lies below the pedestal. A frame that says so is
        believed once the next one says the same. A second broken frame ends the search.
        """
        before, self._doubted = self._doubted, None
        confirmed = before is not None and self._is_alike(before, frame)
        odd = self._evidence.contradicts(frame)
        low = self._pedestal_holds and frame.level_adu < _BELOW * (self._known.pedestal_adu or 0.0)
        impossible = blank or (odd and low)
        if before is not None and (impossible or not confirmed):
            self._broken.append(before)
        elif confirmed:
            self._pedestal_holds &= not low
        accepted = self.verdict is Verdict.ACCEPTED
        doubted = impossible or not (confirmed or accepted or not (odd or low))
        if doubted:
            self.verdict = Verdict.REFUSED
        if len(self._broken) + impossible >= _BROKEN_MAX and (doubted or not accepted):
            self._end_broken([*self._broken, frame] if impossible else self._broken)
        elif doubted:
            self._doubted = frame
            self._exposures_spent()
        return doubted or self._outcome is not None

    def _end_broken(self, broken: Sequence[Judged]) -> None:
        """End it for frames that no steady light can have given: dim ones are the camera's."""
        good = self._evidence.frames
        if good and any(frame.level_adu > good[-1].level_adu for frame in broken):
            changes = [frame.level_adu / max(good[-1].level_adu, 1.0) for frame in broken]
            ending = endings.unstable([*good, *broken], self.band, changes)
            self._end(Outcome.UNSTABLE, ending)
        else:
            ending = endings.broken_frames(broken[-1], self.band, len(broken))
            self._end(Outcome.DEVICE, ending)

    def _is_alike(self, one: Judged, other: Judged) -> bool:
        levels = one.level_adu, other.level_adu
        noise_adu = NOISE_FULL_FRAC * self.band.full_scale_adu
        return max(levels) - min(levels) <= _SAME_FRAC * max(levels) + noise_adu

    def rescale(self, band: Band) -> None:
        """Go on with the band of another full scale; the frames so far are judged anew.

        Raises:
            ValueError: the search is over.

        """
        if self._outcome is not None:
            raise ValueError(f"the search is over: {self._outcome.value}")
        seen, self.band = self._evidence.frames, band
        self._evidence = self._no_evidence()
        for frame in seen:
            self._evidence.add(self._judged(frame))
        self._panels = self._newest = None

    def _no_evidence(self) -> Evidence:
        noise_adu = max(NOISE_FULL_FRAC * self.band.full_scale_adu, ROUNDED_ADU)
        return Evidence(self._limits, noise_adu)

    def _judged(self, frame: Measurement) -> Judged:
        return Judged(
            frame.setting,
            frame.level_adu,
            frame.clipped_frac,
            bright=self.band.judge(frame.level_adu, frame.clipped_frac) is not Verdict.TOO_DIM,
            clipped=frame.level_adu > self.band.linear_adu,
        )

    def _lower_aim(self, frame: Judged) -> None:
        """Go on towards the lower end of the band, for too many pixels clip; end if there."""
        lower = self.band.below(frame.level_adu)
        if lower is None:
            self._end(Outcome.TOO_BRIGHT, endings.pixels_clip(frame, self.band))
        else:
            self.band = lower
            self._decide()

    def _decide(self) -> None:
        """Choose the next setting, or end the search, by the first rule that applies."""
        rules: tuple[Callable[[], Setting | None], ...] = (
            self._light_swings,
            self._exposures_spent,
            self._doubted_bound,
            self._other_exposure,
            self._other_brightness,
            self._near_miss,
        )
        for rule in rules:
            chosen = rule()
            if self._outcome is not None:
                return
            if chosen is not None:
                self._setting = chosen
                return
        self._nothing_left()

    @property
    def _forecast(self) -> "Forecast":
        """What the frames so far foretell."""
        # numpy loads here and not with the module: a command that searches nothing starts faster.
        from flatctl.core.search.forecast import Forecast
        from flatctl.core.search.panels import Panels

        if self._panels is None:
            full = self.band.full_scale_adu
            self._panels = Panels(self._limits.brightest, self._known, full)
        if self._newest is None:
            self._newest = Forecast(self._panels, self._evidence.frames, self.band)
        return self._newest

    def _light_swings(self) -> None:
        evidence = self._evidence
        if evidence.swings >= _SWINGS_MAX:
            ending = endings.unstable(evidence.frames, self.band, evidence.changes)
            self._end(Outcome.UNSTABLE, ending)

    def _exposures_spent(self) -> None:
        if self.trials >= TRIALS_MAX:
            ending = endings.not_found(self._evidence.frames, self.band, self.trials)
            self._end(Outcome.UNSTABLE, ending)

    def _doubted_bound(self) -> Setting | None:
        """Return the setting of a bound to measure again, for the newer frames all miss one way.

        A lamp that warms up leaves bounds behind that are true no more. Where one was looked at
        again and held, none is doubted.
        """
        frames = self._evidence.frames
        newer, older = frames[-_ONE_WAY:], frames[:-_ONE_WAY]
        if len({f.bright for f in newer}) > 1 or any(f.clipped for f in newer):
            return None
        opposite = [f for f in older if f.bright is not newer[0].bright and not f.clipped]
        low, high = _BOUND_LOW * self.band.aim_adu, _BOUND_HIGH * self.band.aim_adu
        near = [f.setting for f in opposite if low < f.level_adu < high]
        return near[-1] if near and not self._is_steady() else None

    def _is_steady(self) -> bool:
        """Tell whether an exposure taken again gave the same level."""
        levels: dict[Setting, float] = {}
        for frame in self._evidence.frames:
            before = levels.get(frame.setting)
            if before is not None and abs(frame.level_adu - before) < _ALIKE * self.band.width_adu:
                return True
            levels[frame.setting] = frame.level_adu
        return False

    def _other_exposure(self) -> Setting | None:
        """Return what is best tried by another exposure, if one may do."""
        self._steps = self._evidence.open_steps(self._start_s)
        if self._steps:
            self._steps = self._forecast.proven(self._steps, self._start_s)
        if not self._steps:
            self._edges = (self._steps.start - 1, self._steps.stop)
        if not self._is_exhausted():
            return None
        evidence, limits, left = self._evidence, self._limits, TRIALS_MAX - self.trials
        if limits.exposures_s:
            return exposure.best_listed(evidence, self._forecast, limits, self.band.low_adu, left)
        early = self.trials < _FREE
        edges = self._edges or ()
        return exposure.best_free(evidence, self._forecast, limits, self.band, edges, early=early)

    def _is_exhausted(self) -> bool:
        """Tell whether brightness can do no more at the first exposure.

        Once that was so, a change of the light reopens it only if it may now be otherwise.
        """
        if not self._steps or self._edges is None:
            return not self._steps
        below, above = self._edges
        limits, band, level = self._limits, self.band, self._forecast.level
        dim = below < limits.dimmest or level(below, self._start_s) < band.low_adu
        bright = above > limits.brightest or level(above, self._start_s) > band.high_adu
        return dim and bright

    def _other_brightness(self) -> Setting | None:
        return Setting(self._step_worth_trying(), self._start_s) if self._steps else None

    def _step_worth_trying(self) -> int:
        """Return the step worth trying among those open at the first exposure.

        Halving takes over while there are still exposures enough for it to come to its end, in turn
        with straight lines as long as there are some to spare. Where all frames fell on one side,
        bold moves included, the limit on the other may be the only hope.
        """
        frames, steps = self._evidence.frames, self._steps
        late = self.trials >= _FREE
        middle = steps[len(steps) // 2]
        if late and all(f.clipped for f in frames[-exposure.BLIND :]):
            return middle
        if len(frames) >= _BLIND_MAX and all(f.clipped for f in frames):
            return steps[0]
        spare = exposure.spare(TRIALS_MAX - self.trials, len(steps))
        if not late or spare > exposure.RESERVE:
            return self._forecast.best_step(steps, self._start_s)[0]
        line = self._forecast.straight({self._start_s: steps})
        if line is not None and spare > _LINES and self.trials % 2 == 0:
            return line.brightness
        if not any(f.bright for f in frames):
            return steps[-1]
        return steps[0] if all(f.bright for f in frames) else middle

    def _near_miss(self) -> Setting | None:
        """Return the setting of the last frame, if that nearly was in the band, at the limits."""
        *before, last = self._evidence.frames
        same = [f.level_adu for f in before if f.setting == last.setting]
        if last.bright:
            again = last.level_adu < _BARELY * self.band.high_adu and len(same) < _REPEATS
        else:
            warmer = 1 + _COLD_FRAC * min(_WARM_AFTER_S / last.exposure_s, 1)
            rising = not same or last.level_adu > _RISING * same[-1]
            again = last.level_adu * warmer >= self.band.low_adu and rising
        return last.setting if again else None

    def _nothing_left(self) -> None:
        frames, band, limits = self._evidence.frames, self.band, self._limits
        if not any(f.bright for f in frames):
            enough_s = self._forecast.enough_s(limits.brightest)
            self._end(Outcome.TOO_DIM, endings.too_dim(frames, band, limits, enough_s))
        elif all(f.bright for f in frames):
            enough_s = self._forecast.enough_s(limits.dimmest)
            self._end(Outcome.TOO_BRIGHT, endings.too_bright(frames, band, limits, enough_s))
        else:
            self._end(Outcome.TOO_COARSE, endings.too_coarse(frames, band))

    def _end(self, outcome: Outcome, ending: Ending) -> None:
        self._outcome, self.ending = outcome, ending
