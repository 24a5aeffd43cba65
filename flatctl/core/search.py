"""The search for a setting that reaches the target: brightness first, exposure second.

Three parts work together. `evidence` knows what the frames prove and so what is still open;
`light` guesses what the light will do; this file asks the first what may be tried, the second
what is worth trying, and decides when it is over.
"""

from collections.abc import Sequence
from dataclasses import replace
from math import ceil, exp, log2, sqrt
from typing import TYPE_CHECKING

from flatctl.core.band import Band
from flatctl.core.evidence import Evidence, Frame, Limits
from flatctl.core.response import Response
from flatctl.core.types import Outcome, Setting

if TYPE_CHECKING:
    from flatctl.core.light import Outlook, Panels

TRIALS_MAX = 20
# Exposures kept in hand for trimming once the brightness is settled.
_RESERVE = 4


class FlatSearch:
    """Find the setting that brings the median of a frame into the band.

    Expose with `setting`, hand the result to `observe`, until `outcome` is not None. On `REACHED`
    `setting` is that of the accepted frame. Pure: the same observations give the same settings.

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
        self._band = Band.checked(target_adu, tolerance_adu, full_scale_adu)
        self._limits = Limits.checked(brightness_range, exposure_range_s, exposures_s)
        self._setting = self._limits.clamp(*start)
        self._start = self._setting
        self._evidence = Evidence(self._limits, 0.001 * full_scale_adu)
        known = response or Response()
        if pedestal_adu is not None:
            known = replace(known, pedestal_adu=pedestal_adu, pedestal_error_adu=0.0)
        self._known = known
        self._panels: Panels | None = None
        self._outcome: Outcome | None = None
        self.trials = 0
        self.verdict = ""
        self.explanation = ""

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
        """Return what is known of panel and camera by now."""
        frames = self._evidence.frames
        if not frames:
            return self._known
        return self._known.with_run(frames, *self._look().pedestal)

    def _look(self) -> "Outlook":
        """Return what the frames so far foretell."""
        # numpy loads here and not with the module: a command that searches nothing starts faster.
        from flatctl.core.light import Outlook, Panels

        known, pedestal = self._known, None
        if self._panels is None:
            self._panels = Panels(self._limits.brightest, known, self._band.full_scale_adu)
        if known.pedestal_adu is not None:
            pedestal = (known.pedestal_adu, known.pedestal_error_adu)
        return Outlook(self._panels, self._evidence.frames, self._band, pedestal)

    def observe(self, *, median_adu: float, clipped_frac: float) -> None:
        """Take in the frame exposed with `setting`.

        `median_adu` is its median level, `clipped_frac` the fraction of its pixels at full scale.

        Raises:
            ValueError: the search is over, or a figure makes no sense.

        """
        if self._outcome is not None:
            raise ValueError(f"the search is over: {self._outcome.value}")
        self.verdict = self._band.judge(median_adu, clipped_frac)
        self.trials += 1
        bright = self.verdict != "too_dim"
        clipped = median_adu > self._band.linear_adu
        self._evidence.add(Frame(*self._setting, median_adu, bright, clipped, clipped_frac < 0.99))
        if self.verdict == "accepted":
            self._outcome = Outcome.REACHED
            return
        if self.verdict == "clipped" and not clipped and self._lower_aim(median_adu):
            return
        self._decide()

    def _lower_aim(self, median_adu: float) -> bool:
        """Aim lower within the band, for too many pixels clip; True if that ends the search."""
        if median_adu > self._band.high_adu:
            return False
        lower = self._band.below(median_adu)
        if lower is None:
            self._end(Outcome.TOO_BRIGHT, "clipped pixels")
            return True
        self._band = lower
        return False

    def _decide(self) -> None:
        changes = self._evidence.changes
        if min(sum(c > 1 for c in changes), sum(c < 1 for c in changes)) >= 2:
            return self._end(Outcome.UNSTABLE, "unstable")
        if self.trials >= TRIALS_MAX:
            return self._end(Outcome.UNSTABLE, "budget")
        outlook = self._look()
        start = self._start.exposure_s
        steps = self._evidence.open_steps(start)
        if steps:
            steps = outlook.proven(steps, start)
        if steps:
            self._setting = Setting(self._choose_step(outlook, steps, start)[0], start)
            return None
        options: list[tuple[float, Setting]] = []
        for t in self._limits.exposures_s:
            steps = self._evidence.open_steps(t)
            if steps and self._hopeful(steps[-1]):
                step, cost = self._choose_step(outlook, steps, t)
                options.append((cost, Setting(step, t)))
        if not self._limits.exposures_s:
            options = self._trims(outlook, {steps.start - 1, steps.stop})
        if options:
            self._setting = min(options)[1]
            return None
        if self._still_moving():
            return None
        return self._give_up()

    def _choose_step(self, outlook: "Outlook", steps: range, exposure_s: float) -> tuple[int, float]:
        """Return the step worth trying among the open ones, and its cost."""
        left = TRIALS_MAX - self.trials
        if self.trials >= 4 and left <= ceil(log2(len(steps) + 1)) + _RESERVE:
            return steps[len(steps) // 2], 0.0
        return outlook.best_step(steps, exposure_s)

    def _trims(self, outlook: "Outlook", edges: set[int]) -> list[tuple[float, Setting]]:
        """Return the exposures worth trying at the steps next to the band, each with its cost."""
        limits = self._limits
        options = []
        for step in sorted(edges):
            if not limits.dimmest <= step <= limits.brightest:
                continue
            between = self._evidence.open_exposures(step)
            if between is None or not self._hopeful(step):
                continue
            low, high = between
            if TRIALS_MAX - self.trials <= 3:
                options.append((0.0, Setting(step, sqrt(low * high))))
                continue
            inner_low = low * (high / low) ** 0.03 if low > limits.shortest_s else low
            inner_high = high / (high / low) ** 0.03 if high < limits.longest_s else high
            t, cost = outlook.best_exposure(step, inner_low, inner_high)
            options.append((cost, Setting(step, t)))
        return options

    def _hopeful(self, step: int) -> bool:
        return self._evidence.at_best(step) >= self._band.low_adu

    def _still_moving(self) -> bool:
        """Tell whether the last frame, a near miss at the limits, deserves another look."""
        *before, last = self._evidence.frames
        # A lamp may be cold by a third at first; the longer the exposure, the warmer it was.
        near = 1 + 0.5 * exp(-last.exposure_s / 10)
        if last.bright or last.level_adu * near < self._band.low_adu:
            return False
        same = [f for f in before if f.setting == last.setting]
        return not same or last.level_adu > 1.005 * same[-1].level_adu

    def _give_up(self) -> None:
        frames = self._evidence.frames
        if not any(f.bright for f in frames):
            self._end(Outcome.TOO_DIM, "too dim")
        elif all(f.bright for f in frames):
            self._end(Outcome.TOO_BRIGHT, "too bright")
        else:
            self._end(Outcome.TOO_COARSE, "too coarse")

    def _end(self, outcome: Outcome, explanation: str) -> None:
        self._outcome = outcome
        self.explanation = explanation
