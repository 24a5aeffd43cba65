"""The dusk of `flatctl demo --light sky`, without the waits that are for who watches."""

import json
import time
from contextlib import chdir
from pathlib import Path

import pytest

from flatctl.app.demo import demo
from flatctl.app.wiring.dusk_show import DuskClock
from flatctl.core.types import Outcome
from flatctl.outputs.record import RunRecord
from hardware_sims.clock import VirtualClock


@pytest.fixture(scope="module")
def shown(tmp_path_factory):
    """Return the exit code, the record of the run, and the seconds that passed in it."""
    clock, records = DuskClock(times_faster=None), []

    def hear(_event, run) -> None:
        records[:] = [run]

    with chdir(tmp_path_factory.mktemp("dusk")), pytest.MonkeyPatch.context() as patch:
        patch.setenv("FLATCTL_SIM_SIZE", "160x128")
        code = demo(Path("demo-output"), [hear], clock)
        yield code, records[0], clock.monotonic()


def test_it_completes_three_filters(shown) -> None:
    code, run, _ = shown
    assert code == 0
    assert {name: each.outcome for name, each in run.filters.items()} == dict.fromkeys(
        ("L", "R", "Ha"), Outcome.COMPLETE
    )


def test_it_is_over_within_forty_seconds_of_who_watches(shown) -> None:
    _, _, took_s = shown
    assert took_s / DuskClock().times_faster < 40


def test_it_leaves_its_facts_and_a_report(shown) -> None:
    run: RunRecord = shown[1]
    assert run.report is not None
    assert run.report.exists()
    assert json.loads(run.report.with_name("run.json").read_text("utf-8"))["exit_code"] == 0


def test_both_can_be_reached_from_the_folder_named(shown) -> None:
    assert {path.name for path in Path("demo-output").iterdir() if path.is_file()} == {
        "run.json",
        "report.html",
    }


@pytest.mark.parametrize("zone", ["Europe/Berlin", "America/Los_Angeles", "Pacific/Auckland"])
def test_it_begins_in_the_evening_wherever_one_is(monkeypatch, zone) -> None:
    monkeypatch.setenv("TZ", zone)
    time.tzset()
    try:
        assert DuskClock().now().astimezone().hour == 17
    finally:
        monkeypatch.undo()
        time.tzset()


def test_a_clock_to_look_at_takes_a_part_of_the_time_that_it_shows(monkeypatch) -> None:
    slept = []
    monkeypatch.setattr(time, "sleep", slept.append)
    clock = VirtualClock(times_faster=60.0)
    clock.sleep(90.0)
    assert (clock.monotonic(), slept) == (90.0, [1.5])
