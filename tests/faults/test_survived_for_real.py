"""The rows of the matrix with real processes, sockets and disks."""

import signal
import subprocess
import time

import pytest
import rigs
from matrix import CAPTURE, CHANGE, COMPLETE, DARKS, END, REAL, SEARCH, START, STORAGE, Row
from promises import missing, spoilt
from wreckage import COUNT, DARK_FLATS, FILTERS, can_mount, small_disk, wreck

pytestmark = [pytest.mark.indi_bin, pytest.mark.timeout(400)]

UNDISTURBED_S = 120.0  # an undisturbed run takes a tenth of it on an idle machine
KILLED = "flatctl is killed, then `flatctl safe`, then run again"
FULL = "the disk is full"
# Where the process that speaks INDI has to be another one afterwards.
RENEWED = ("process that speaks INDI", "deaf", "loses every packet", "camera's driver is killed")

# Wheel and light set out for the next filter before this one is finished.
SET_OUT = ("wheel stops", "wheel does not", "wheel's driver", "until it is opened anew")


def last_flat(event: dict) -> bool:
    return event["event"] == "exposing" and (event["kind"], event["n"]) == ("flat", COUNT)


def last_flat_of_all(event: dict) -> bool:
    return last_flat(event) and event["filter"] == FILTERS[-1]


MOMENTS = {
    SEARCH: lambda e: e["event"] == "exposing" and e["kind"] == "trial",
    CAPTURE: lambda e: e["event"] == "exposing" and (e["kind"], e["n"]) == ("flat", 2),
    CHANGE: lambda e: e["event"] == "filter_finished" and e["filter"] == FILTERS[0],
    DARKS: lambda e: e["event"] == "exposing" and e["kind"] == "dark_flat",
}
# Nothing is wanted of the panel between the dark flats and the end.
MOMENTS[END] = MOMENTS[DARKS]


@pytest.fixture(scope="module")
def served(tmp_path_factory):
    with wreck(tmp_path_factory.mktemp("wreck")) as made:
        yield made


@pytest.fixture
def rig(served, tmp_path):
    """The rig as the last test left it, in order again, with a disk and a history of its own."""
    served.configure(tmp_path)
    yield served
    served.settle()


def struck(rig, row: Row) -> int:
    strike = rig.strikes[row.fault.name]
    rig.configure(rig.folder, light_box="light box" in row.fault.name)
    if row.phase == START and "driver is killed" in row.fault.name:
        # Before the run it would be none of its business.
        return rig.take_flats(lambda event: event["event"] == "run_started", strike)
    if row.phase == START:
        strike()
        return rig.take_flats()
    moment = MOMENTS[row.phase]
    if row.phase == END or "panel is silent" in row.fault.name:
        return rig.take_flats(moment, lambda: rig.when_panel_is_needed(strike))
    if row.phase == CHANGE and any(words in row.fault.name for words in SET_OUT):
        moment = last_flat
    if row.phase == DARKS and "until it is opened anew" in row.fault.name:
        moment = last_flat_of_all
    return rig.take_flats(moment, strike)


# Left to `make nightly`, beside the second phase of each fault: what the engine makes of them
# virtual time shows in more phases, what drivers make of them the contracts and their own tests do.
SHOWN_ELSEWHERE = (
    *("an exposure never ends", "the sensor gets warm", "the wheel does not arrive"),
    *("the panel is silent for 10 s", "the panel answers garbage three times"),
    "the panel reports what it does not do, until it is opened anew",
    # The child's end is seen by its pipe, however it came about: it is killed and frozen here.
    "the process that speaks INDI crashes with SIGSEGV",
    "the process that speaks INDI aborts",
)


def is_nightly(row: Row) -> bool:
    return row.fault.name in SHOWN_ELSEWHERE or row.phase != row.fault.phases[0]


STRUCK = [
    pytest.param(row, marks=[pytest.mark.nightly] if is_nightly(row) else [], id=str(row))
    for row in REAL
    if row.fault.name not in (KILLED, FULL) and not row.fault.quirk
]


@pytest.mark.parametrize("row", STRUCK)
def test_it_is_really_survived_or_reported(rig, row: Row):
    began_s = time.monotonic()
    code = struck(rig, row)
    took_s = time.monotonic() - began_s
    faults = [event for event in rig.told if event["event"] == "fault"]
    rig.settle()

    assert code == row.fault.exit_code, faults
    assert took_s <= UNDISTURBED_S + row.fault.deadline_s
    assert bool(faults) == row.fault.told
    assert spoilt(rig.flats) == []
    told = [event for event in rig.told if event["event"] in ("flat", "dark_flat")]
    assert len(list(rig.flats.rglob("*.fits"))) == len(told)
    late = [path for path in rig.flats.rglob("*.fits") for p in rig.late if p in path.read_bytes()]
    assert late == []
    if any(words in row.fault.name for words in RENEWED):
        assert len(rig.speakers) > 1
    if code == COMPLETE:
        assert missing(rig.flats, FILTERS, COUNT, DARK_FLATS) == []
    elif rig.light_is_on():
        assert "for good" in row.fault.name
        assert rigs.flatctl("safe", rig.config).returncode == 0
    assert not rig.light_is_on()


@pytest.mark.parametrize("row", [r for r in REAL if r.fault.name == KILLED], ids=str)
def test_a_killed_run_is_made_safe_and_completed_by_the_next(rig, row: Row):
    code = rig.take_flats(MOMENTS[row.phase], lambda: rig.run.kill())
    assert code == -signal.SIGKILL
    assert rig.light_is_on() is (row.phase != DARKS)
    assert rigs.flatctl("safe", rig.config).returncode == 0
    assert not rig.light_is_on()
    assert rig.take_flats() == COMPLETE
    assert missing(rig.flats, FILTERS, COUNT, DARK_FLATS) == []
    assert [line for line in spoilt(rig.flats) if "a part of" not in line] == []


@pytest.mark.parametrize("row", [r for r in REAL if r.fault.name == FULL], ids=str)
def test_a_full_disk_ends_with_7_and_room_on_it_lets_the_next_run_complete(rig, row: Row):
    if not can_mount(rig.folder):
        pytest.skip("left out: only root can mount a small disk")
    with small_disk(rig.folder / "disk", "200m") as disk:
        rig.configure(rig.folder, flats=disk / "flats")
        # Not before the run, which looks for room first.
        shrink = ["mount", "-o", "remount,size=600k", str(disk)]
        moment = MOMENTS[row.phase]
        assert rig.take_flats(moment, lambda: subprocess.run(shrink, check=True)) == STORAGE
        assert not rig.light_is_on()
        assert 0 < len(list(disk.rglob("*.fits"))) < len(FILTERS) * COUNT
        assert spoilt(rig.flats) == []
        subprocess.run(["mount", "-o", "remount,size=200m", disk], check=True)
        assert rig.take_flats() == COMPLETE
        assert missing(rig.flats, FILTERS, COUNT, DARK_FLATS) == []


def test_only_what_is_in_the_matrix_is_left_to_the_night():
    assert set(SHOWN_ELSEWHERE) <= {row.fault.name for row in REAL}


def test_the_matrix_has_enough_real_rows_and_names_each_once():
    names = [str(row) for row in REAL]
    assert len(names) == len(set(names)) >= 30
