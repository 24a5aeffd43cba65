"""The search for a setting that reaches the target: brightness first, exposure second.

Three parts work together. `evidence` knows what the frames prove and so what is still open;
`light` guesses what the light will do; this file asks the first what may be tried, the second
what is worth trying, and decides when it is over.
"""

from collections.abc import Sequence
from dataclasses import replace
from math import isfinite
from typing import TYPE_CHECKING

from flatctl.core.band import Band
from flatctl.core.limits import Limits
from flatctl.core.search import endings, listed, trims
from flatctl.core.search.endings import Ending
from flatctl.core.search.evidence import ROUNDED_ADU, Evidence, Judged
from flatctl.core.search.response import Response
from flatctl.core.types import Outcome, Setting, Verdict

if TYPE_CHECKING:
    from flatctl.core.search.forecast import Outlook
    from flatctl.core.search.panels import Panels

TRIALS_MAX = 20
"""More exposures than this no search takes."""

# Exposures tried by the model alone before halving may be called for, and those that straight lines
# leave to it.
_FREE = 4
_LINES = 3
# So many clipped frames without a lit one, and the dimmest step may be the only hope.
_BLIND_MAX = 3
# So many frames in a row on one side of the band, and the bound on the other is doubted.
_ONE_WAY = 3
# Levels nearer than this (a fraction of the band's width) are the same.
_ALIKE = 0.1
# Above the band by no more than this ratio, a frame at the limits may be mere noise.
_HAIR, _REPEATS = 1.01, 2
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
        self._evidence = Evidence(limits, max(0.001 * band.full_scale_adu, ROUNDED_ADU))
        self._panels: Panels | None = None
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
        return self._known.with_run(frames, *self._look().pedestal) if frames else self._known

    def light(self, steps: Sequence[int]) -> tuple[float, ...]:
        """Return the light (ADU/s) that each step of the panel gives, as far as is known by now."""
        return tuple(self._look().light(steps).tolist()) if self._evidence.frames else ()

    @property
    def light_is_unresponsive(self) -> bool:
        """Whether different brightnesses were tried, none clipped, and all gave the same level."""
        return bool(self._evidence.frames) and endings.unresponsive(self._evidence.frames)

    def observe(self, *, median_adu: float, clipped_frac: float) -> None:
        """Take in the frame exposed with `setting`.

        `median_adu` is its median level, `clipped_frac` the fraction of its pixels at full scale.

        Raises:
            ValueError: the search is over, or a figure makes no sense.

        """
        if self._outcome is not None:
            raise ValueError(f"the search is over: {self._outcome.value}")
        self.verdict = self.band.judge(median_adu, clipped_frac)
        self.trials += 1
        frame = Judged(
            self._setting,
            median_adu,
            clipped_frac,
            bright=self.verdict is not Verdict.TOO_DIM,
            clipped=median_adu > self.band.linear_adu,
        )
        self._evidence.add(frame)
        if self.verdict is Verdict.ACCEPTED:
            self._outcome = Outcome.REACHED
        elif self.verdict is Verdict.CLIPPED and median_adu <= self.band.high_adu:
            self._lower_aim(frame)
        else:
            self._decide()

    def _lower_aim(self, frame: Judged) -> None:
        """Go on towards the lower end of the band, for too many pixels clip; end if there."""
        lower = self.band.below(frame.level_adu)
        if lower is None:
            return self._end(Outcome.TOO_BRIGHT, endings.pixels_clip(frame, self.band))
        self.band = lower
        return self._decide()

    def _look(self) -> "Outlook":
        """Return what the frames so far foretell."""
        # numpy loads here and not with the module: a command that searches nothing starts faster.
        from flatctl.core.search.forecast import Outlook
        from flatctl.core.search.panels import Panels

        if self._panels is None:
            full = self.band.full_scale_adu
            self._panels = Panels(self._limits.brightest, self._known, full)
        return Outlook(self._panels, self._evidence.frames, self.band)

    def _decide(self) -> None:
        """Choose the next setting, or end the search."""
        evidence = self._evidence
        if evidence.swings >= _SWINGS_MAX:
            ending = endings.unstable(evidence.frames, self.band, evidence.changes)
            return self._end(Outcome.UNSTABLE, ending)
        if self.trials >= TRIALS_MAX:
            ending = endings.not_found(evidence.frames, self.band, self.trials)
            return self._end(Outcome.UNSTABLE, ending)
        stale = self._stale()
        if stale is not None:
            self._setting = stale
            return None
        outlook = self._look()
        steps = evidence.open_steps(self._start_s)
        if steps:
            steps = outlook.proven(steps, self._start_s)
        if not steps:
            self._edges = (steps.start - 1, steps.stop)
        other = self._by_exposure(outlook) if self._exhausted(outlook, steps) else None
        if other is not None:
            self._setting = other
        elif steps:
            self._setting = Setting(self._choose_step(outlook, steps), self._start_s)
        elif not self._worth_repeating():
            self._give_up(outlook)
        return None

    def _exhausted(self, outlook: "Outlook", steps: range) -> bool:
        """Tell whether brightness can do no more at the first exposure.

        Once that was so, a change of the light reopens it only if it may now be otherwise.
        """
        if not steps or self._edges is None:
            return not steps
        below, above = self._edges
        limits, band = self._limits, self.band
        dim = below < limits.dimmest or outlook.level(below, self._start_s) < band.low_adu
        bright = above > limits.brightest or outlook.level(above, self._start_s) > band.high_adu
        return dim and bright

    def _by_exposure(self, outlook: "Outlook") -> Setting | None:
        """Return what is best tried by another exposure, if one may do."""
        evidence, limits, band = self._evidence, self._limits, self.band
        if limits.exposures_s:
            left = TRIALS_MAX - self.trials
            return listed.best_listed(evidence, outlook, limits, band.low_adu, left)
        early = self.trials < _FREE
        return trims.best_trim(evidence, outlook, limits, band, self._edges or (), early=early)

    def _choose_step(self, outlook: "Outlook", steps: range) -> int:
        """Return the step worth trying among those open at the first exposure.

        Halving takes over while there are still exposures enough for it to come to its end, in turn
        with straight lines as long as there are some to spare. Where all frames fell on one side,
        bold moves included, the limit on the other may be the only hope.
        """
        frames = self._evidence.frames
        late = self.trials >= _FREE
        middle = steps[len(steps) // 2]
        if late and all(f.clipped for f in frames[-trims.BLIND :]):
            return middle
        if len(frames) >= _BLIND_MAX and all(f.clipped for f in frames):
            return steps[0]
        spare = listed.spare(TRIALS_MAX - self.trials, len(steps))
        if not late or spare > listed.RESERVE:
            return outlook.best_step(steps, self._start_s)[0]
        line = outlook.straight({self._start_s: steps})
        if line is not None and spare > _LINES and self.trials % 2 == 0:
            return line.brightness
        if not any(f.bright for f in frames):
            return steps[-1]
        return steps[0] if all(f.bright for f in frames) else middle

    def _worth_repeating(self) -> bool:
        """Tell whether the last frame, a near miss at the limits, deserves another look."""
        *before, last = self._evidence.frames
        same = [f.level_adu for f in before if f.setting == last.setting]
        if last.bright:
            return last.level_adu < _HAIR * self.band.high_adu and len(same) < _REPEATS
        # A lamp may be cold by a third at first; the longer the exposure, the warmer it was.
        near = 1 + 0.4 * min(10 / last.exposure_s, 1)
        if last.level_adu * near < self.band.low_adu:
            return False
        return not same or last.level_adu > 1.005 * same[-1]

    def _stale(self) -> Setting | None:
        """Return the setting of a bound to measure again, for the newer frames all miss one way.

        A lamp that warms up leaves bounds behind that are true no more. Where one was looked at
        again and held, none is doubted.
        """
        frames = self._evidence.frames
        newer, older = frames[-_ONE_WAY:], frames[:-_ONE_WAY]
        if len({f.bright for f in newer}) > 1 or any(f.clipped for f in newer):
            return None
        opposite = [f for f in older if f.bright is not newer[0].bright and not f.clipped]
        near = [f for f in opposite if 0.7 < f.level_adu / self.band.aim_adu < 1.4]
        return near[-1].setting if near and not self._steady() else None

    def _steady(self) -> bool:
        """Tell whether an exposure taken again gave the same level."""
        alike = _ALIKE * self.band.width_adu
        levels: dict[Setting, float] = {}
        for frame in self._evidence.frames:
            before = levels.get(frame.setting)
            if before is not None and abs(frame.level_adu - before) < alike:
                return True
            levels[frame.setting] = frame.level_adu
        return False

    def _give_up(self, outlook: "Outlook") -> None:
        frames, band, limits = self._evidence.frames, self.band, self._limits
        if not any(f.bright for f in frames):
            enough_s = outlook.enough_s(limits.brightest)
            self._end(Outcome.TOO_DIM, endings.too_dim(frames, band, limits, enough_s))
        elif all(f.bright for f in frames):
            enough_s = outlook.enough_s(limits.dimmest)
            self._end(Outcome.TOO_BRIGHT, endings.too_bright(frames, band, limits, enough_s))
        else:
            self._end(Outcome.TOO_COARSE, endings.too_coarse(frames, band))

    def _end(self, outcome: Outcome, ending: Ending) -> None:
        self._outcome, self.ending = outcome, ending
