"""Whether anything keeps the clock right, as the kernel says and as `check` tells it."""

import pytest

from flatctl.app.wiring import sky_check
from flatctl.app.wiring.clock_state import clock_error_s
from flatctl.app.wiring.findings import finding


def test_the_kernel_says_whether_anything_keeps_the_clock_right() -> None:
    error_s = clock_error_s()
    assert error_s is None or 0 <= error_s < 1e4


@pytest.mark.parametrize(
    ("error_s", "ok", "said"),
    [
        (0.0213, True, "within 0.021 s"),
        (0.0, True, "within 0.001 s"),
        (16.0, False, "may be off by 16 s"),
        (None, False, "nothing keeps the computer's clock right"),
    ],
)
def test_a_clock_that_may_be_off_by_more_than_two_seconds_is_told(
    monkeypatch, error_s, ok, said
) -> None:
    monkeypatch.setattr(sky_check, "clock_error_s", lambda: error_s)
    line = finding("clock", sky_check._clock)
    assert (line.ok, said in line.text) == (ok, True)


def test_a_kernel_that_does_not_say_is_no_fault(monkeypatch) -> None:
    def refused() -> None:
        raise OSError(1, "not permitted")

    monkeypatch.setattr(sky_check, "clock_error_s", refused)
    line = finding("clock", sky_check._clock)
    assert (line.ok, line.text) == (True, "not known: [Errno 1] not permitted")
