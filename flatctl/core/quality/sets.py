"""The judgement of a set: what its master flat is worth, and what changed since the last one."""

import json
import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from flatctl.core.quality.change import VEIL_SHAPE_FRAC, Change, change, towards
from flatctl.core.quality.dust import moved, spots
from flatctl.core.quality.findings import Figures, Finding, Kind, QualityLimits, Spot
from flatctl.core.quality.frames import SetJudge, gradient, veil
from flatctl.core.quality.noise import PairNoise, photon_transfer
from flatctl.core.quality.shape import Cells, Shape, radial_profile

AUTO_MIN = 3
AUTO_MAX = 500
_SIGMA = 6.0
_GAIN_FRAC = 0.012
_GAIN_SIGMA = 5.0
_VEIL_FRAC = 0.006
WELL_MAX_E = 5e6
"""More electrons than this no pixel holds, nor sixteen together: what says so is no noise."""
_LOSSY = 0.08
_COARSE = 2.0
_MANY_SPOTS = 8


@dataclass(frozen=True)
class SetRecord:
    """What is remembered of a set, to hold the next one against: a few kilobytes of text.

    `level_adu` is the mean of a frame; `e_per_adu` and `noise_frac` (of one pixel of one flat) are
    None where there was no pair.
    """

    shape: Shape
    pedestal_adu: float
    level_adu: float
    e_per_adu: float | None = None
    sigma: float = 0.0
    noise_frac: float | None = None

    def with_pedestal(self, pedestal_adu: float) -> "SetRecord":
        """Return it as it had been recorded with another level without light."""
        before_adu = self.level_adu - self.pedestal_adu
        after_adu = self.level_adu - pedestal_adu
        if pedestal_adu == self.pedestal_adu or min(before_adu, after_adu) <= 0:
            return self
        cells = (self.shape.cells * before_adu + self.pedestal_adu - pedestal_adu) / after_adu
        cells = np.where(self.shape.lit, cells, 0.0)
        return replace(
            self,
            shape=Shape(cells, self.shape.cell_px),
            pedestal_adu=pedestal_adu,
            e_per_adu=self.e_per_adu * after_adu / before_adu if self.e_per_adu else None,
            noise_frac=self.noise_frac * before_adu / after_adu if self.noise_frac else None,
        )

    def to_json(self) -> str:
        """Return it as text."""
        facts: dict[str, object] = {
            key: getattr(self, key)
            for key in ("pedestal_adu", "level_adu", "e_per_adu", "sigma", "noise_frac")
        }
        return json.dumps({"shape": self.shape.to_json(), **facts})

    @classmethod
    def from_json(cls, text: str) -> "SetRecord":
        """Return what `to_json` wrote.

        Raises:
            ValueError: it is of another version, or broken.

        """
        try:
            facts = json.loads(text)
            shape = Shape.from_json(facts.pop("shape"))
            return cls(shape=shape, **facts)
        except (AttributeError, KeyError, TypeError) as error:
            raise ValueError(f"no record of a set: {error}") from error


@dataclass(frozen=True, eq=False)
class SetQuality:
    """What a set is worth; figures are None where they can't be known (from a single flat).

    `photons_e` are electrons per pixel in all flats together, `noise_frac` the noise of one pixel
    of one flat over its light, `master_noise_frac` that of their mean; `flats_needed` would
    bring the latter under the limit. `corner_frac` is the light in the corners over the
    brightest ring's, `profile` the light from the centre outwards. `spots` came or went since
    the last set, if `compared` with one; `difference` is then what each cell has more than in that,
    gradients taken out. `transfer` are light and noise (ADU) of the parts of the frame.
    """

    flats: int
    photons_e: float | None
    e_per_adu: float | None
    noise_frac: float | None
    master_noise_frac: float | None
    flats_needed: int | None
    corner_frac: float | None
    profile: tuple[float, ...]
    transfer: tuple[tuple[float, float], ...]
    compared: bool
    spots: tuple[Spot, ...]
    difference: Cells | None
    findings: tuple[Finding, ...]


def flats_needed(noise_frac: float, limit_frac: float) -> int:
    """Return how many flats bring the noise of a pixel of their mean under a limit, at least 3."""
    return max(AUTO_MIN, math.ceil((noise_frac / limit_frac) ** 2 - 1e-9))


def judge_set(judge: SetJudge, last: SetRecord | None) -> SetQuality:
    """Say what the frames kept by `judge` are worth, and what changed since the `last` set."""
    mean, pairs = judge.mean, judge.pairs
    noise_frac = _middle([pair.noise_frac for pair in pairs])
    photons_e = _middle([pair.photons_e for pair in pairs])
    lossy = _lossy(pairs, starry=judge.starry)
    if photons_e is not None and photons_e > WELL_MAX_E:
        noise_frac = photons_e = None
    profile = radial_profile(mean) if mean else ()
    found = [*([judge.odd] if judge.odd else []), *lossy, *_still(judge)]
    dust: tuple[Spot, ...] = ()
    difference: Cells | None = None
    compared = mean is not None and last is not None and mean.fits(last.shape)
    if mean is not None and last is not None and compared:
        differs = change(mean, last.shape)
        difference = differs.rest
        said, dust = _since(mean, last, differs, judge)
        found += said
    return SetQuality(
        flats=judge.kept,
        photons_e=None if photons_e is None else photons_e * judge.kept,
        e_per_adu=None if noise_frac is None else _gain(pairs),
        noise_frac=noise_frac,
        master_noise_frac=None if noise_frac is None else noise_frac / math.sqrt(judge.kept),
        flats_needed=None if noise_frac is None else flats_needed(noise_frac, judge.limits.noise),
        corner_frac=profile[-1] if profile else None,
        profile=profile,
        transfer=photon_transfer(pairs),
        compared=compared,
        spots=dust,
        difference=difference,
        findings=tuple(found),
    )


def record_of(judge: SetJudge, level_adu: float) -> SetRecord | None:
    """Return what is to be remembered of a set; None where nothing was kept."""
    mean, pairs = judge.mean, judge.pairs
    if mean is None:
        return None
    return SetRecord(
        shape=mean,
        pedestal_adu=judge.pedestal_adu,
        level_adu=level_adu,
        e_per_adu=_gain(pairs),
        sigma=_sigma(pairs),
        noise_frac=_middle([pair.noise_frac for pair in pairs]),
    )


def _middle(values: Sequence[float]) -> float | None:
    return float(np.median(values)) if values else None


def _gain(pairs: Sequence[PairNoise]) -> float | None:
    return float(np.mean([pair.e_per_adu for pair in pairs])) if pairs else None


def _sigma(pairs: Sequence[PairNoise]) -> float:
    """Return the relative uncertainty of a gain that is the mean of pairs, each frame in two."""
    return math.sqrt(1.5) * pairs[0].sigma / math.sqrt(len(pairs)) if pairs else 0.0


def _lossy(pairs: Sequence[PairNoise], *, starry: bool) -> list[Finding]:
    correlation = _middle([pair.correlation for pair in pairs])
    if correlation is None:
        return []
    photons_e = float(np.median([pair.photons_e for pair in pairs]))
    if photons_e > WELL_MAX_E:
        return [Finding(Kind.LOSSY, {"photons_e": photons_e})]
    # Neighbouring pixels see the same star.
    if abs(correlation) > _LOSSY and not starry:
        return [Finding(Kind.LOSSY, {"correlation": correlation})]
    last = pairs[-1]
    if last.step_adu / last.noise_adu > _COARSE:
        figures = {"step_adu": last.step_adu, "noise_adu": last.noise_adu, "bits": last.bits}
        return [Finding(Kind.LOSSY, figures)]
    return []


def _still(judge: SetJudge) -> list[Finding]:
    return [
        Finding(Kind.BANDING, {"swing_frac": wave.swing_frac, "period_px": wave.period_px})
        for wave in judge.still
    ]


def _since(
    mean: Shape, last: SetRecord, differs: Change, judge: SetJudge
) -> tuple[list[Finding], tuple[Spot, ...]]:
    shift = moved(mean, last.shape)
    if shift is not None:
        side = towards(math.degrees(math.atan2(shift.down_px, shift.right_px)))
        return [Finding(Kind.MOVED, {"distance_px": shift.length_px, "towards": side})], ()
    limits = judge.limits
    pairs = () if judge.starry else judge.pairs
    found = _offset(differs, last, pairs, limits, judge.pedestal_known)
    if differs.gradient_frac > max(limits.gradient, _SIGMA * differs.gradient_sigma):
        found.insert(0, gradient(differs, "last_set"))
    dust = spots(differs.rest, mean.cell_px, limits.dust)
    return found + _dust(dust), dust


def _offset(
    differs: Change,
    last: SetRecord,
    pairs: Sequence[PairNoise],
    limits: QualityLimits,
    pedestal_known: bool,
) -> list[Finding]:
    """Tell a changed offset from stray light, and both from a changed gain.

    Light added evenly brings its photons' noise, a pedestal none; a gain changes the noise and
    leaves the shape alone.
    """
    gain = _gain(pairs)
    noise = 0.0
    certain = math.inf
    if gain is not None and last.e_per_adu:
        noise = gain / last.e_per_adu - 1.0
        certain = max(_GAIN_FRAC, _GAIN_SIGMA * math.hypot(_sigma(pairs), last.sigma))
    veil_frac, visible = differs.veil_frac, max(_VEIL_FRAC, _SIGMA * differs.veil_sigma)
    added_adu = veil_frac * (last.level_adu - last.pedestal_adu)
    alike = abs(veil_frac - noise) < 0.4 * abs(veil_frac)
    if abs(veil_frac) > visible and abs(noise) > certain and alike:
        return [Finding(Kind.OFFSET, {"change_adu": added_adu})]
    if gain is not None and last.e_per_adu and abs(noise) > certain:
        figures: Figures = {
            "against": "last_set",
            "e_per_adu": gain,
            "usual_e_per_adu": last.e_per_adu,
        }
        return [Finding(Kind.NOISE, figures)]
    harms = pedestal_known and differs.veil_shape_frac > VEIL_SHAPE_FRAC
    if harms and abs(veil_frac) > max(visible, limits.gradient):
        return [veil(differs, "last_set")]
    return []


def _dust(dust: Sequence[Spot]) -> list[Finding]:
    if len(dust) >= _MANY_SPOTS:
        return [Finding(Kind.DUST, {"spots": len(dust)})]
    return [
        Finding(
            Kind.DUST,
            {"depth_frac": spot.depth_frac, "col_px": spot.col_px, "row_px": spot.row_px},
        )
        for spot in dust
    ]
