"""A deadline counts down on the clock it is given and stops at nothing left."""

from flatctl.devices.deadline import Deadline


def test_it_says_how_much_is_left() -> None:
    now = [100.0]
    deadline = Deadline(3.0, lambda: now[0])
    now[0] = 102.0
    assert deadline.left_s == 1.0
    assert not deadline.over


def test_less_than_nothing_is_never_left() -> None:
    now = [100.0]
    deadline = Deadline(3.0, lambda: now[0])
    now[0] = 110.0
    assert deadline.left_s == 0.0
    assert deadline.over
