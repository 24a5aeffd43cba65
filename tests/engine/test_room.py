"""A run that does not fit on the disk says so before it begins."""

import shutil
from collections.abc import Callable
from types import SimpleNamespace

import pytest
from bench import SMALL_PX, Bench

from flatctl import events
from flatctl.core.nights.room import bytes_wanted, frame_bytes
from flatctl.core.types import CameraSetup, FilterPlan
from flatctl.errors import ExitCode, StorageError

FRAME = frame_bytes(SMALL_PX, 1)


@pytest.fixture
def free(monkeypatch) -> Callable[[int], None]:
    """Say how much is free on the disk."""

    def leave(size_bytes: int) -> None:
        left = SimpleNamespace(free=size_bytes)
        monkeypatch.setattr(shutil, "disk_usage", lambda place: left)

    return leave


def test_the_frames_of_all_sets_and_one_exposure_of_dark_flats_count() -> None:
    binned = CameraSetup(binning=2)
    plans = [FilterPlan("L", count=3), FilterPlan("L", count=2, setup=binned)]
    expected = 7 * frame_bytes((100, 80), 1) + 6 * frame_bytes((100, 80), 2)
    assert bytes_wanted(plans, 4, CameraSetup(), (100, 80)) == expected


def test_a_run_that_does_not_fit_ends_before_its_first_exposure(tmp_path, free) -> None:
    bench = Bench(tmp_path, filters=("L", "R"), count=4)
    free(8 * FRAME - 1)
    with pytest.raises(StorageError, match="are free and the frames need") as ending:
        bench.run()
    assert (ending.value.exit_code, bench.fake.camera.exposures) == (ExitCode.STORAGE, [])
    assert not bench.fake.world.light.lit


def test_a_run_that_just_fits_is_done(tmp_path, free) -> None:
    bench = Bench(tmp_path, filters=("L", "R"), count=4)
    free(8 * FRAME)
    assert bench.run() == ExitCode.COMPLETE


def test_a_resumed_run_needs_room_for_the_rest_only(tmp_path, free) -> None:
    first = Bench(tmp_path, filters=("L",), count=4)
    first.run()
    second = first.again(plans=(*first.plans, FilterPlan("R", count=4)))
    free(5 * FRAME)
    assert second.run() == ExitCode.COMPLETE


def test_frames_that_do_not_count_are_told_with_the_reason(tmp_path) -> None:
    first = Bench(tmp_path, filters=("L", "R"), count=4)
    first.run()
    damaged, *_ = first.frames
    damaged.write_bytes(damaged.read_bytes()[:-1])
    second = first.again()
    second.run()
    told = [(event.path, event.reason.split(":")[0]) for event in second.all(events.Skipped)]
    assert told == [(damaged, "it is truncated")]


def test_a_file_of_another_program_is_told_once_for_all_filters(tmp_path) -> None:
    first = Bench(tmp_path, filters=("L", "R"), count=4, dark_flats=2)
    first.run()
    foreign = first.frames[-1].with_name("FLAT_by_hand.fits")
    foreign.write_bytes(b"by hand")
    second = first.again()
    second.run()
    assert [event.path for event in second.all(events.Skipped)] == [foreign]
