"""From one twilight to the next: what was learned of the sky, and the flats that are missing."""

from contextlib import suppress

from twilight_bench import Twilight

from flatctl import events
from flatctl.errors import ExitCode
from flatctl.storage.history import History

FILTERS = ("L", "R", "Ha")


def wasted(twilight: Twilight) -> int:
    return len(twilight.all(events.Trial)) + len(twilight.all(events.Rejected))


def test_the_second_twilight_wastes_less_than_the_first(tmp_path) -> None:
    first = Twilight(tmp_path, filters=FILTERS, count=3)
    first.run()
    second = Twilight(tmp_path, filters=FILTERS, count=3, days=9)
    assert second.run() == ExitCode.COMPLETE
    assert wasted(second) < wasted(first)
    assert wasted(second) <= 1


def test_what_was_learned_before_a_stop_is_kept(tmp_path) -> None:
    twilight = Twilight(tmp_path, filters=FILTERS)

    def fail(event: events.Event) -> None:
        if isinstance(event, events.Flat) and event.index == 2:
            raise KeyboardInterrupt

    twilight.hear = fail
    with suppress(KeyboardInterrupt):
        twilight.run()
    with History(tmp_path / "history.sqlite") as history:
        assert "Ha" in history.skies("bench")[0].memory.throughputs


def test_a_memory_that_is_broken_is_told_of_and_not_used(tmp_path) -> None:
    Twilight(tmp_path, filters=("L",), count=2).run()
    with History(tmp_path / "history.sqlite") as history:
        history.rows("UPDATE skies SET memory = '{}'")
    again = Twilight(tmp_path, filters=("L",), count=2, days=9)
    assert again.run() == ExitCode.COMPLETE
    told = [event for event in again.all(events.FaultSeen) if "twilight sky" in event.what]
    assert [event.recovered for event in told] == [True]


def test_a_full_scale_that_is_learned_in_a_twilight_spares_the_next_one(tmp_path) -> None:
    sensor = {"bits": 14, "shifted": False}
    first = Twilight(tmp_path, filters=FILTERS, count=3, **sensor)
    assert first.run() == ExitCode.COMPLETE
    second = Twilight(tmp_path, filters=FILTERS, count=3, days=9, **sensor)
    assert second.run() == ExitCode.COMPLETE
    assert wasted(second) <= 1


def test_a_full_scale_that_is_learned_costs_few_frames(tmp_path) -> None:
    known = Twilight(tmp_path / "known", filters=FILTERS, count=3)
    known.run()
    learned = Twilight(tmp_path / "learned", filters=FILTERS, count=3, bits=14, shifted=False)
    assert learned.run() == ExitCode.COMPLETE
    assert wasted(learned) <= wasted(known) + 3
