"""The judgement of each frame of a set: against the others, and against what photons can do."""

from dataclasses import dataclass

import numpy as np

from flatctl.core.pixels.sixteen_bits import Pixels16
from flatctl.core.quality.change import VEIL_SHAPE_FRAC, Change, change, towards
from flatctl.core.quality.dust import spots
from flatctl.core.quality.findings import Figures, Finding, Kind, QualityLimits
from flatctl.core.quality.noise import PairNoise, Sample, pair_noise, take_sample
from flatctl.core.quality.ripple import Ripple, ripple
from flatctl.core.quality.shape import Shape, lit_lines, shape_of, smoothed, sums

_SIGMA = 6.0  # one false alarm in a billion looks
_PATCH_TIMES_DUST = 2.0
_NOISE_FRAC = 0.08  # two frames of one gain never differ as much, however many their photons
_NOISE_SIGMA = 8.0
# A pedestal that nobody measured is this fraction of the light at most.
_PEDESTAL_MAX_FRAC = 0.4
_STILL_MAX = 0.1  # a deeper pattern than this no flat takes out, whoever makes it


@dataclass(frozen=True, eq=False)
class FrameDigest:
    """All that is kept of a frame: 2 MB at most, however large it is."""

    shape: Shape
    rows: Ripple
    cols: Ripple
    sample: Sample
    area: tuple[slice, slice]
    light_adu: float


def digest_of(pixels: Pixels16, pedestal_adu: float, *, trails: bool = False) -> FrameDigest | None:
    """Take from a frame, shape (rows, cols), what its judgement needs; None for a tiny frame.

    There may be `trails` of stars in one of the sky. Costs about 2 ns a pixel and 5 ms: 60 ms for
    26 megapixels, 120 ms for 61.
    """
    if min(pixels.shape) < 2:
        return None
    try:
        summed = sums(pixels)
    except ValueError:
        return None
    lit = lit_lines(summed, pedestal_adu)
    half = summed.cell_px // 2
    across, down = (each.reshape(-1, half).all(axis=1) for each in (lit.cols, lit.rows))
    return FrameDigest(
        shape=shape_of(summed, pedestal_adu, lit, trails=trails),
        rows=ripple(summed.rows[:, across] - pedestal_adu, lit.rows),
        cols=ripple(summed.cols[down].T - pedestal_adu, lit.cols),
        sample=take_sample(pixels[lit.area]),
        area=lit.area,
        light_adu=float(np.median(summed.rows[lit.rows][:, across])) - pedestal_adu,
    )


class SetJudge:
    """Judge the frames of one set, each against those kept before.

    `judge` a frame; if nothing is found, and its level is right as well, `keep` it.
    `pedestal_adu` is the level without light. Where that is not `pedestal_known`, the light itself
    makes a veil when it changes. Where the light is `starry` each frame has spots of its own, which
    are for the master to leave out, and so no noise that could be told from that of other frames.
    """

    def __init__(
        self,
        limits: QualityLimits,
        pedestal_adu: float,
        *,
        pedestal_known: bool = True,
        starry: bool = False,
    ) -> None:
        self.limits = limits
        self.pedestal_adu = pedestal_adu
        self.pedestal_known = pedestal_known
        self.starry = starry
        self._light_adu = 0.0
        self.kept = 0
        self.pairs: list[PairNoise] = []
        self.still: list[Ripple] = []
        self._moving: list[float] = []  # periods (px) of waves that were elsewhere in two frames
        self.odd: Finding | None = None
        self._sum = np.zeros((0, 0))
        self._alike = 0  # frames in the sum
        self._last: FrameDigest | None = None
        self._seen: FrameDigest | None = None
        self._paired: tuple[FrameDigest, PairNoise | None] | None = None

    @property
    def flickers(self) -> bool:
        """Whether bands were seen to move: frames that were kept may have some as well."""
        return bool(self._moving)

    @property
    def mean(self) -> Shape | None:
        """Return the mean shape of the frames kept but for an odd first one, None without any."""
        if self._last is None or self._alike == 0:
            return None
        return Shape(self._sum / self._alike, self._last.shape.cell_px)

    def judge(self, digest: FrameDigest) -> tuple[Finding, ...]:
        """Say what is wrong with a frame, nothing where it is a good one."""
        before, self._seen = self._seen, digest
        found = [
            *self._banding(digest.rows, before.rows if before else None, "rows"),
            *self._banding(digest.cols, before.cols if before else None, "columns"),
        ]
        mean = self.mean
        if mean is not None and mean.fits(digest.shape):
            found += self._against(mean, digest, before)
        return tuple(found)

    def keep(self, digest: FrameDigest) -> None:
        """Count a frame among the set."""
        pair = self._pair(digest)
        if pair is not None:
            self.pairs.append(pair)
        if self._last is None or not self._last.shape.fits(digest.shape):
            self._sum, self._alike = np.zeros_like(digest.shape.cells), 0
        self._sum = self._sum + digest.shape.cells
        self._alike += 1
        self.kept += 1
        self._light_adu += (digest.light_adu - self._light_adu) / self._alike
        self._last = digest

    def _pair(self, digest: FrameDigest) -> PairNoise | None:
        """Return the noise of a frame and the one kept before it; computed once."""
        if self._last is None:
            return None
        if self._paired is None or self._paired[0] is not digest:
            same = self._last.area == digest.area
            samples = self._last.sample, digest.sample
            pair = pair_noise(*samples, self.pedestal_adu) if same else None
            self._paired = digest, pair
        return self._paired[1]

    def _against(
        self, mean: Shape, digest: FrameDigest, before: FrameDigest | None
    ) -> list[Finding]:
        unsure = 0.0
        if not self.pedestal_known:
            unsure = _PEDESTAL_MAX_FRAC * abs(digest.light_adu / max(self._light_adu, 1.0) - 1.0)
        differs = change(digest.shape, mean)
        found = self._differences(differs, mean, veil_unsure_frac=unsure)
        if found and self._alike == 1 and before is not None and before is not self._last:
            # Two in a row agree with each other and not with the first: that was the odd one.
            again = change(digest.shape, before.shape)
            if not self._differences(again, mean):
                self.odd = Finding(Kind.ODD, {"like": found[0].kind.value, **found[0].figures})
                self._sum, self._alike = np.zeros_like(digest.shape.cells), 0
                return []
        if not found:
            found = self._noise(digest)
        return found

    def _differences(
        self, differs: Change, mean: Shape, *, veil_unsure_frac: float = 0.0
    ) -> list[Finding]:
        found = differences(differs, mean.cell_px, self.limits, veil_unsure_frac=veil_unsure_frac)
        return [each for each in found if not (self.starry and each.kind is Kind.UNEVEN)]

    def _noise(self, digest: FrameDigest) -> list[Finding]:
        pair = self._pair(digest)
        if pair is None or not self.pairs or self.starry:
            return []
        usual = float(np.median([each.e_per_adu for each in self.pairs]))
        off = pair.e_per_adu / usual - 1.0
        if abs(off) <= max(_NOISE_FRAC, _NOISE_SIGMA * pair.sigma):
            return []
        figures: Figures = {"against": "set", "e_per_adu": pair.e_per_adu, "usual_e_per_adu": usual}
        return [Finding(Kind.NOISE, figures)]

    def _banding(self, wave: Ripple, before: Ripple | None, lines: str) -> list[Finding]:
        if not wave.certain or wave.swing_frac < self.limits.banding:
            return []
        figures: Figures = {
            "lines": lines,
            "swing_frac": wave.swing_frac,
            "period_px": wave.period_px,
        }
        has_moved = any(np.isclose(wave.period_px, each, rtol=0.05) for each in self._moving)
        deep = wave.swing_frac > _STILL_MAX
        if wave.stands_still(before) and not has_moved:
            if deep:
                return [Finding(Kind.BANDING, {"deep": lines, **figures})]
            if wave.narrow:
                others = (each for each in self.still if each.period_px != wave.period_px)
                self.still = [*others, wave]
            return []
        if before is None and not wave.narrow and not deep:
            # The next frame shows whether it moves; a light of such a shape does not.
            return []
        if before is not None and wave.is_like(before):
            self._moving.append(wave.period_px)
            # Where two frames had it at one place that was chance.
            self.still = [each for each in self.still if not each.is_like(wave)]
        return [Finding(Kind.BANDING, figures)]


def differences(
    differs: Change, cell_px: int, limits: QualityLimits, *, veil_unsure_frac: float = 0.0
) -> list[Finding]:
    """Say how a frame's light differs from that of the rest.

    A veil of `veil_unsure_frac` comes of a pedestal that nobody has measured.
    """
    found = []
    if differs.gradient_frac > max(limits.gradient, _SIGMA * differs.gradient_sigma):
        found.append(gradient(differs, "set"))
    harms = differs.veil_shape_frac > VEIL_SHAPE_FRAC
    veil_frac = abs(differs.veil_frac) - veil_unsure_frac
    if harms and veil_frac > max(limits.gradient, _SIGMA * differs.veil_sigma):
        found.append(veil(differs, "set"))
    return found + _local(differs, cell_px, limits)


def gradient(differs: Change, against: str) -> Finding:
    """Return the gradient of a difference as a finding."""
    side = towards(differs.direction_deg)
    figures: Figures = {
        "against": against,
        "gradient_frac": differs.gradient_frac,
        "brighter_at": side,
    }
    return Finding(Kind.GRADIENT, figures)


def veil(differs: Change, against: str) -> Finding:
    """Return the even light of a difference as a finding."""
    return Finding(Kind.VEIL, {"against": against, "veil_frac": differs.veil_frac})


def _local(found: Change, cell_px: int, limits: QualityLimits) -> list[Finding]:
    side = min(found.rest.shape) // 4 | 1
    broad = smoothed(found.rest, side)
    enough = max(limits.gradient, _SIGMA * found.noise / side)
    row, col = np.unravel_index(int(np.abs(broad).argmax()), broad.shape)
    patches = spots(found.rest, cell_px, _PATCH_TIMES_DUST * limits.dust)
    if patches:
        change_frac, col_px, row_px = -patches[0].depth_frac, patches[0].col_px, patches[0].row_px
    elif abs(broad[row, col]) > enough:
        change_frac = float(broad[row, col])
        col_px, row_px = (int((place + 0.5) * cell_px) for place in (col, row))
    else:
        return []
    figures = {"change_frac": change_frac, "col_px": col_px, "row_px": row_px}
    return [Finding(Kind.UNEVEN, figures)]
