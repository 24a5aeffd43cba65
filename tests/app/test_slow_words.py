"""Nothing is waited for in silence."""

import threading

from flatctl.app.wiring.slow import SlowWords


def test_what_takes_long_is_told_again_and_again_less_often_in_a_log_until_it_is_over():
    told: list[str] = []
    twice = threading.Event()

    def say(words: str) -> None:
        told.append(words)
        if len(told) == 2:
            twice.set()

    with SlowWords(say, "reaching the panel", every_s=0.01) as words:
        assert twice.wait(10)
        words.stop()
    assert told[:2] == ["still reaching the panel, 0.01 s", "still reaching the panel, 0.03 s"]


def test_what_is_soon_over_is_not_told():
    told: list[str] = []
    with SlowWords(told.append, "reaching the panel"):
        pass
    assert told == []


def test_what_is_told_is_told_again_as_long_as_it_lasts():
    told: list[str] = []
    again = threading.Event()

    def say(words: str) -> None:
        told.append(words)
        if "still: measuring" in words:
            again.set()

    with SlowWords(say, "reaching the panel", every_s=0.01) as words:
        words.tell("measuring the pedestal")
        assert again.wait(10)
    assert any(each.startswith("still: measuring the pedestal, 0.0") for each in told)
