"""Two frames with the panel off: what leaks in, and whether the pedestal stands where it stood."""

import numpy as np
import pytest
from truth import kinds

from flatctl.core.quality.findings import Kind, QualityLimits
from flatctl.core.quality.leak import Leak, judge_leak


def dark(level_adu: float, seed: int, *, glow_adu: float = 0.0) -> np.ndarray:
    frame = np.random.default_rng(seed).normal(level_adu, 6.0, (240, 320))
    frame[180:, 240:] += glow_adu
    return np.rint(frame).astype(np.uint16)


def leak(
    short_adu: float = 1000, long_adu: float = 1000, *, last: float | None = None, glow: float = 0.0
) -> Leak:
    return judge_leak(
        dark(short_adu, 1),
        dark(long_adu, 2, glow_adu=glow),
        exposure_s=5.0,
        flat_adu=33_400.0,
        last_pedestal_adu=last,
        limits=QualityLimits(),
    )


def test_a_dark_telescope_has_no_finding():
    found = leak(last=1000.0)
    assert found.findings == ()
    assert found.pedestal_adu == pytest.approx(1000, abs=1)


def test_even_light_is_told_with_its_share_of_a_flat():
    (finding,) = leak(long_adu=1324).findings
    assert finding.kind is Kind.LEAK
    assert finding.figures["leak_frac"] == pytest.approx(0.01, rel=0.1)
    assert finding.figures["median_frac"] == pytest.approx(0.01, rel=0.1)


def test_light_in_a_corner_is_found_as_well():
    found = leak(glow=200.0)
    assert kinds(found.findings) == {Kind.LEAK}
    assert found.leak_adu == pytest.approx(200, rel=0.1)


def test_a_pedestal_that_moved_is_told_in_adu():
    (finding,) = leak(1500, 1500, last=1000.0).findings
    assert finding.kind is Kind.OFFSET
    assert finding.figures["pedestal_adu"] == pytest.approx(1500, abs=1)
    assert finding.figures["change_adu"] == pytest.approx(500, abs=1)


@pytest.mark.parametrize("last", [None, 1050.0])
def test_a_pedestal_nobody_knew_or_that_hardly_moved_is_not_worth_a_word(last):
    assert leak(last=last).findings == ()
