"""Watching over a set while it is taken: each frame is judged, and at the end the set."""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from flatctl import events
from flatctl.core.nights.history import SettingKey
from flatctl.core.nights.light import Curve, TakenSet, same_filter
from flatctl.core.pixels.channels import imbalance
from flatctl.core.quality.findings import Finding, Kind, QualityLimits
from flatctl.core.quality.frames import FrameDigest, SetJudge, digest_of
from flatctl.core.quality.sets import (
    AUTO_MAX,
    flats_needed,
    judge_set,
    record_of,
)
from flatctl.core.quality.shape import Cells
from flatctl.core.types import FilterPlan, Statistics
from flatctl.engine.context import RunContext
from flatctl.engine.shot import Shot
from flatctl.engine.wrong_light import enough_s

_PAIRS_FOR_COUNT = 4


class SetWatch:
    """Judge the frames of one set against each other, and the set against the last one of its key.

    `limits` say from where on something counts; `pedestal_adu` is the level without light, the same
    as for the search; `pedestal_known` where frames without light have told it. `curve` is what the
    search learned of the panel; frames of a `starry` sky have spots of their own.
    """

    def __init__(
        self,
        context: RunContext,
        plan: FilterPlan,
        *,
        limits: QualityLimits,
        pedestal_adu: float,
        pedestal_known: bool,
        key: SettingKey,
        curve: Curve,
        starry: bool = False,
    ) -> None:
        self._context = context
        self._plan = plan
        self._key = key
        self._curve = curve
        # One and the same pedestal for both sets, or a better guess of it looked like a change.
        last = context.history.last_set(key)
        self._last = last.with_pedestal(pedestal_adu) if last else None
        if plan.flat_noise is not None:
            limits = replace(limits, noise=plan.flat_noise)
        self._judge = SetJudge(limits, pedestal_adu, pedestal_known=pedestal_known, starry=starry)
        self._digest: FrameDigest | None = None
        self._first: Shot | None = None
        self._light: list[tuple[float, float]] = []

    @property
    def e_per_adu(self) -> float | None:
        """The camera's gain, as the noise of the last set told it."""
        return self._last.e_per_adu if self._last else None

    def judge(self, shot: Shot) -> tuple[Finding, ...]:
        """Return what is wrong with a frame, nothing where it is good enough."""
        pedestal_adu, starry = self._judge.pedestal_adu, self._judge.starry
        self._digest = digest_of(shot.frame.raw, pedestal_adu, trails=starry)
        found = self._judge.judge(self._digest) if self._digest else ()
        return self._of_light(self._with_remedy(each, shot.setting.exposure_s) for each in found)

    def _of_light(self, found: Iterable[Finding]) -> tuple[Finding, ...]:
        """Add to findings that it was the sky that shone, which has other faults than a panel."""
        if not self._judge.starry:
            return tuple(found)
        return tuple(replace(each, figures={"of": "sky", **each.figures}) for each in found)

    def _with_remedy(self, found: Finding, exposure_s: float) -> Finding:
        """Add to bands that a lamp makes the exposure with which it makes none."""
        if found.kind is not Kind.BANDING or "deep" in found.figures:
            return found
        swing_frac = float(found.figures["swing_frac"])
        needed_s = enough_s(exposure_s, swing_frac, self._judge.limits.banding)
        return replace(found, figures={"enough_s": needed_s, **found.figures})

    def keep(self, shot: Shot) -> None:
        """Count the frame that was judged last among the set."""
        if self._digest is not None:
            self._judge.keep(self._digest)
        self._first = self._first or shot
        if shot.setting.brightness == self._first.setting.brightness:
            signal_adu = shot.level_adu - self._judge.pedestal_adu
            self._light.append((shot.time_s, signal_adu / shot.setting.exposure_s))

    def count(self, present: int) -> int | None:
        """Return how many flats the set needs for `flat_noise`, once that is known."""
        pairs = self._judge.pairs
        if self._plan.flat_noise is None or not 0 < len(pairs) <= _PAIRS_FOR_COUNT:
            return None
        noise_frac = sorted(pair.noise_frac for pair in pairs)[len(pairs) // 2]
        return min(AUTO_MAX, flats_needed(noise_frac, self._plan.flat_noise)) - present

    def first_guess(self) -> int:
        """Return how many flats a set will need, as far as the last set tells."""
        plan, last = self._plan, self._last
        if plan.flat_noise is None or last is None or not last.noise_frac:
            return plan.count
        return min(AUTO_MAX, flats_needed(last.noise_frac, plan.flat_noise))

    def finish(self, emit: events.Listener, name: str, found: Sequence[Finding] = ()) -> None:
        """Tell what the set is worth, with what else was `found`; remember it for the next one."""
        if self._first is None or self._judge.kept == 0:
            return
        quality = judge_set(self._judge, self._last)
        balance = self._balance(self._first.channels)
        judged = self._of_light([*quality.findings, *balance, *self._same_filter()])
        emit(
            events.SetQuality(
                time=self._context.clock.now(),
                filter=events.label(self._plan.filter),
                set=name,
                flats=quality.flats,
                photons_e=quality.photons_e,
                e_per_adu=quality.e_per_adu,
                noise_frac=quality.noise_frac,
                master_noise_frac=quality.master_noise_frac,
                flats_needed=quality.flats_needed,
                noise_limit_frac=self._judge.limits.noise,
                drift_frac=self._drift_frac(),
                corner_frac=quality.corner_frac,
                profile=quality.profile,
                transfer_light_adu=tuple(round(light, 1) for light, _ in quality.transfer),
                transfer_noise_adu=tuple(round(noise, 3) for _, noise in quality.transfer),
                compared=quality.compared,
                cell_px=self._judge.mean.cell_px if self._judge.mean else None,
                difference_ppm=_millionths(quality.difference),
                spots=quality.spots,
                channels={c: each.median for c, each in self._first.channels.items()},
                findings=(*found, *judged),
            )
        )
        # The shape is that of all colours, and so is the level which it stands for.
        record = record_of(self._judge, self._first.statistics.mean)
        if record is not None and not self._judge.flickers:
            self._context.history.remember_set(self._key, record)

    def _same_filter(self) -> list[Finding]:
        """Compare with the sets of other filters of this run."""
        mean = self._judge.mean
        if self._plan.filter is None or self._first is None or mean is None or not self._light:
            return []
        latest = TakenSet(
            self._plan.filter, self._first.setting.brightness, self._light[0][1], mean
        )
        known = min(self._curve((latest.brightness,)), default=0.0) > 0 < latest.light_adu_s
        # Two that let through the same in other nights may do so.
        usual = {each.filter for each in self._context.passed if not each.is_changed}
        before = [each for each in self._context.taken if not {each.filter, latest.filter} <= usual]
        limit = self._judge.limits.dust
        found = same_filter(latest, before, self._curve, limit) if known else None
        if known:
            self._context.taken.append(latest)
        return [found] if found else []

    def _balance(self, channels: Mapping[str, Statistics]) -> list[Finding]:
        found = imbalance(channels, self._judge.pedestal_adu)
        return [Finding(Kind.CHANNELS, found._asdict())] if found else []

    def _drift_frac(self) -> float:
        """Return how much the light of one brightness changed from the first flat to the last."""
        if self._judge.starry:
            return math.nan  # it fades by itself
        if len(self._light) < 2 or self._light[0][1] <= 0:
            return 0.0
        return self._light[-1][1] / self._light[0][1] - 1.0


def _millionths(cells: Cells | None) -> tuple[tuple[int, ...], ...] | None:
    return None if cells is None else tuple(map(tuple, (1e6 * cells).round().astype(int).tolist()))
