"""From one twilight to the next: what was learned of the sky, and the flats that are missing."""

from contextlib import suppress

import pytest
from bench import Bench
from twilight_bench import Twilight

from flatctl import events
from flatctl.core.nights.masters import master_sets
from flatctl.core.types import CameraSetup
from flatctl.errors import ExitCode
from flatctl.storage.history import History
from flatctl.storage.master_frames import find_sources

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


def flats(twilight: Twilight) -> int:
    return len(twilight.all(events.Flat))


def part_of_a_dusk(folder, count: int = 3, **other) -> Twilight:
    """Take a set of L, but want more of it later."""
    twilight = Twilight(folder, filters=("L",), count=count, **other)
    assert twilight.run() == ExitCode.COMPLETE
    return twilight


def test_the_dawn_completes_what_the_dusk_has_left(tmp_path) -> None:
    part_of_a_dusk(tmp_path)
    dawn = Twilight(tmp_path, "dawn-clear", filters=("L",), count=5, starts_deg=-9.0, days=1)
    assert dawn.run() == ExitCode.COMPLETE
    assert flats(dawn) == 2


@pytest.mark.parametrize(("days", "taken"), [(1, 2), (7, 2), (8, 5)])
def test_a_set_is_completed_within_a_week(tmp_path, days, taken) -> None:
    part_of_a_dusk(tmp_path)
    later = Twilight(tmp_path, filters=("L",), count=5, days=days)
    assert later.run() == ExitCode.COMPLETE
    assert flats(later) == taken


def test_how_long_a_set_may_take_can_be_chosen(tmp_path) -> None:
    part_of_a_dusk(tmp_path)
    later = Twilight(tmp_path, filters=("L",), count=5, days=3, sky={"join_days": 2})
    later.run()
    assert flats(later) == 5


def test_a_set_does_not_grow_older_than_a_week_by_being_gone_on_with(tmp_path) -> None:
    """Begun on day 0, gone on with on day 5: on day 10 another one begins."""
    part_of_a_dusk(tmp_path)
    part_of_a_dusk(tmp_path, 5, days=5)
    later = part_of_a_dusk(tmp_path, 8, days=10)
    assert flats(later) == 8


def test_without_resuming_a_set_begins_anew(tmp_path) -> None:
    part_of_a_dusk(tmp_path)
    assert flats(part_of_a_dusk(tmp_path, 5, days=1, job={"resume": False})) == 5


@pytest.mark.parametrize("setup", [{"binning": 2}, {"gain": 50.0}])
def test_flats_of_another_setup_are_not_joined(tmp_path, setup) -> None:
    part_of_a_dusk(tmp_path)
    later = Twilight(tmp_path, filters=("L",), count=4, days=1, setup=CameraSetup(**setup))
    later.run()
    assert flats(later) == 4


def test_flats_of_a_panel_are_not_joined(tmp_path) -> None:
    panel = Bench(tmp_path, filters=("L",), count=3)
    panel.run()
    assert len(panel.frames) == 3
    sky = part_of_a_dusk(tmp_path, days=13)
    assert flats(sky) == 3
    assert Bench(tmp_path, filters=("L",), count=3).run() == ExitCode.COMPLETE


def test_what_two_twilights_took_makes_one_master(tmp_path) -> None:
    part_of_a_dusk(tmp_path, 4)
    part_of_a_dusk(tmp_path, 8, days=2)
    sources = find_sources(tmp_path).frames
    assert [len(each) for each in master_sets([source.info for source in sources])] == [8]


def test_a_set_of_another_night_does_not_change_the_names_of_the_files(tmp_path) -> None:
    part_of_a_dusk(tmp_path)
    later = part_of_a_dusk(tmp_path, days=1, job={"resume": False})
    assert not any("SET-" in path.name for path in later.frames)
