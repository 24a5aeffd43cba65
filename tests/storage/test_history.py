"""The history: what it keeps, and that nothing that happens to it ends a run."""

import json
import math
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import numpy as np
import pytest

from flatctl.core.calibration.record import Calibration
from flatctl.core.pedestal import Origin, Pedestal
from flatctl.core.quality.sets import SetRecord
from flatctl.core.quality.shape import Shape
from flatctl.core.search.response import Response
from flatctl.core.types import MODES
from flatctl.storage.history import (
    Calibrated,
    History,
    PastRun,
    SettingKey,
    Trained,
)

CALIBRATION = Calibration(
    pedestal_adu=500.0,
    leak_adu_s=0.0,
    full_scale_adu=65000.0,
    settle_s=None,
    exposure_s=1.0,
    curve=((10, 900.0), (20, 1300.0)),
    filter="L",
)
RESPONSE = Response.measured(500.0, [(10, 400.0), (20, 800.0)])
SET = SetRecord(Shape(np.ones((2, 3)), 16), pedestal_adu=500.0, level_adu=33000.0)
KEY = SettingKey("mono", "CCD", "Ha", 1, 100.0, 10.0, None, "alnitak")
TRAINED = Trained(128, 1.234, 0.51, datetime(2026, 11, 22, 17, tzinfo=UTC))


def past_run(name: str = "a", **changes: object) -> PastRun:
    facts: dict = {
        "run": name,
        "rig": "mono",
        "started": datetime(2026, 11, 22, 17, tzinfo=UTC),
        "seconds": 61.5,
        "exit_code": 0,
        "frames": 60,
        "directory": "/flats/2026-11-22",
        "filters": {"Ha": "complete", "L": "too_bright"},
    }
    return PastRun(**(facts | changes))


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "state" / "flatctl" / "history.sqlite"


@pytest.fixture
def history(path: Path) -> Iterator[History]:
    with History(path, busy_timeout_s=0.05) as opened:
        yield opened


def reopened(path: Path) -> History:
    return History(path, busy_timeout_s=0.05)


def test_a_setting_that_was_trained_is_known_in_the_next_run(history: History, path: Path) -> None:
    history.remember(KEY, TRAINED)
    history.close()
    with reopened(path) as later:
        assert later.trained(KEY) == TRAINED


def test_the_last_setting_counts(history: History) -> None:
    history.remember(KEY, TRAINED)
    history.remember(KEY, replace(TRAINED, brightness=130))
    assert history.trained(KEY) == replace(TRAINED, brightness=130)


@pytest.mark.parametrize(
    "change",
    [
        {"rig": "x"},
        {"camera": "x"},
        {"filter": "L"},
        {"filter": None},
        {"binning": 2},
        {"gain": 101.0},
        {"gain": None},
        {"offset": 11.0},
        *({mode: "Fast"} for mode in MODES),
        {"panel": "x"},
        {"iso": 800},
    ],
)
def test_another_key_has_a_setting_of_its_own(history: History, change: dict) -> None:
    history.remember(KEY, TRAINED)
    assert history.trained(replace(KEY, **change)) is None


def test_unknown_values_of_a_key_equal_one_another(history: History) -> None:
    key = SettingKey("mono", "CCD", None, 1, None, None, None, None)
    history.remember(key, TRAINED)
    history.remember(replace(key), replace(TRAINED, brightness=9))
    assert [trained.brightness for _, trained in history.all_trained()] == [9]


def test_a_whole_gain_equals_the_same_gain_as_a_fraction(history: History) -> None:
    history.remember(replace(KEY, gain=100), TRAINED)
    assert history.trained(replace(KEY, gain=100.0)) == TRAINED


def test_all_settings_of_a_rig_can_be_listed(history: History) -> None:
    history.remember(KEY, TRAINED)
    history.remember(replace(KEY, rig="other"), TRAINED)
    assert history.all_trained("mono") == [(KEY, TRAINED)]
    assert len(history.all_trained()) == 2


def test_a_response_holds_for_all_filters(history: History) -> None:
    history.remember_response(KEY, RESPONSE)
    assert history.response(replace(KEY, filter="L")) == RESPONSE


def test_a_response_holds_for_one_gain(history: History) -> None:
    history.remember_response(KEY, RESPONSE)
    assert history.response(replace(KEY, gain=0.0)) is None


NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)


def test_a_calibration_comes_back_with_its_time_in_the_next_run(history, path) -> None:
    history.remember_calibration(KEY, CALIBRATION, NOON)
    history.close()
    with reopened(path) as later:
        assert later.calibration(KEY) == Calibrated(replace(KEY, filter=None), CALIBRATION, NOON)


def test_a_calibration_holds_for_all_filters(history: History) -> None:
    history.remember_calibration(KEY, CALIBRATION, NOON)
    assert history.calibration(replace(KEY, filter="L")) is not None


@pytest.mark.parametrize("change", [{"camera": "x"}, {"binning": 2}, {"gain": 0.0}, {"rig": "x"}])
def test_a_calibration_does_not_hold_for_another_setting(history: History, change: dict) -> None:
    history.remember_calibration(KEY, CALIBRATION, NOON)
    assert history.calibration(replace(KEY, **change)) is None


def test_what_is_not_known_yet_fits_the_latest_calibration(history: History) -> None:
    for gain, hour in ((100.0, 12), (200.0, 14), (300.0, 13)):
        known = replace(CALIBRATION, pedestal_adu=gain)
        history.remember_calibration(replace(KEY, gain=gain), known, NOON.replace(hour=hour))
    found = history.calibration(replace(KEY, gain=None))
    assert found is not None
    assert found.calibration.pedestal_adu == 200.0


def test_the_last_calibration_counts(history: History) -> None:
    newer = replace(CALIBRATION, pedestal_adu=7.0)
    history.remember_calibration(KEY, CALIBRATION, NOON)
    history.remember_calibration(KEY, newer, NOON)
    assert [known.calibration for known in history.calibrations()] == [newer]


SKY_MEMORY = {
    "version": 1,
    "throughputs": {"L": 2.5, "Ha": -1.0},
    "sky": 0.1,
    "error": 0.2,
    "nights": 3,
    "pedestal": 0.015,
}


def test_what_was_learned_of_the_sky_is_known_in_the_next_run(history, path) -> None:
    history.remember_sky(KEY, SKY_MEMORY, 65535.0, NOON)
    history.close()
    with reopened(path) as later:
        found = later.sky(KEY)
    assert found is not None
    assert (found.memory.stored(), found.full_scale_adu, found.time) == (SKY_MEMORY, 65535.0, NOON)


@pytest.mark.parametrize("change", [{"filter": "L"}, {"panel": "another"}, {"gain": None}])
def test_what_was_learned_of_the_sky_holds_whatever_filter_and_panel(history, change) -> None:
    history.remember_sky(KEY, SKY_MEMORY, 65535.0, NOON)
    assert history.sky(replace(KEY, **change)) is not None


@pytest.mark.parametrize("change", [{"camera": "x"}, {"binning": 2}, {"gain": 0.0}, {"rig": "x"}])
def test_what_was_learned_of_the_sky_holds_for_one_setup(history, change) -> None:
    history.remember_sky(KEY, SKY_MEMORY, 65535.0, NOON)
    assert history.sky(replace(KEY, **change)) is None


def test_the_last_sky_of_a_setup_counts(history) -> None:
    history.remember_sky(KEY, SKY_MEMORY, 65535.0, NOON)
    history.remember_sky(replace(KEY, filter="L"), {**SKY_MEMORY, "nights": 4}, 65535.0, NOON)
    assert [known.memory.nights for known in history.skies()] == [4]


@pytest.mark.parametrize(
    "text",
    [
        *("", "{}", "[]", "no json", "[" * 10_000, json.dumps(SKY_MEMORY | {"version": 99})),
        *(json.dumps(SKY_MEMORY | {"nights": math.inf}), json.dumps(SKY_MEMORY | {"sky": 1e9})),
    ],
)
def test_what_is_no_memory_of_the_sky_is_not_used_and_that_is_said(history, text) -> None:
    history.remember_sky(KEY, SKY_MEMORY, 65535.0, NOON)
    history.rows("UPDATE skies SET memory = ?", text)
    assert history.sky(KEY) is None
    assert len(history.warnings) == 1
    assert "twilight sky" in history.warnings[0]


@pytest.mark.parametrize("full_scale_adu", [0.0, -1.0, math.inf])
def test_a_sky_without_a_full_scale_is_not_used(history, full_scale_adu) -> None:
    history.remember_sky(KEY, SKY_MEMORY, 65535.0, NOON)
    history.rows("UPDATE skies SET full_scale_adu = ?", full_scale_adu)
    assert history.sky(KEY) is None


def test_the_last_set_comes_back_in_the_next_run(history: History, path: Path) -> None:
    history.remember_set(KEY, SET)
    history.close()
    with reopened(path) as later:
        found = later.last_set(KEY)
    assert found is not None
    assert (found.level_adu, found.shape.cells.tolist()) == (33000.0, SET.shape.cells.tolist())


@pytest.mark.parametrize("text", ["", "{}", "[]", "no json", '{"version": 99}'])
def test_what_another_version_wrote_counts_as_unknown(history: History, text: str) -> None:
    history.remember_response(KEY, RESPONSE)
    history.remember_calibration(KEY, CALIBRATION, NOON)
    history.remember_set(KEY, SET)
    history.rows("UPDATE responses SET response = ?", text)
    history.rows("UPDATE calibrations SET calibration = ?", text)
    history.rows("UPDATE sets SET record = ?", text)
    assert history.response(KEY) is None
    assert history.calibration(KEY) is None
    assert history.last_set(KEY) is None


def test_a_history_from_before_calibrations_takes_one(path: Path) -> None:
    with reopened(path) as history:
        history.remember(KEY, TRAINED)
    older = sqlite3.connect(path)
    older.execute("DROP TABLE calibrations")
    older.close()
    with reopened(path) as history:
        history.remember_calibration(KEY, CALIBRATION, NOON)
        assert (len(history.calibrations()), history.trained(KEY)) == (1, TRAINED)


def test_past_runs_come_latest_first(history: History) -> None:
    history.remember_run(past_run("a"))
    history.remember_run(past_run("b", started=datetime(2026, 11, 23, tzinfo=UTC)))
    assert [run.run for run in history.runs()] == ["b", "a"]


def test_a_past_run_comes_back_as_it_was(history: History) -> None:
    history.remember_run(past_run())
    assert history.runs("mono") == [past_run()]


def test_past_runs_of_other_rigs_are_left_out(history: History) -> None:
    history.remember_run(past_run())
    assert history.runs("other") == []


def test_past_runs_are_limited(history: History) -> None:
    for number in range(5):
        history.remember_run(past_run(str(number)))
    assert len(history.runs(limit=2)) == 2


def test_a_healthy_history_warns_of_nothing(history: History) -> None:
    history.remember(KEY, TRAINED)
    history.trained(KEY)
    assert history.warnings == []


def test_a_file_that_is_no_database_is_set_aside(path: Path) -> None:
    path.parent.mkdir(parents=True)
    path.write_text("not a database, whatever its name says" * 100)
    with History(path, now=lambda: datetime(2026, 11, 22, 17, tzinfo=UTC)) as history:
        history.remember(KEY, TRAINED)
        assert "set aside" in history.warnings[0]
    aside = path.with_name("history.sqlite.20261122T170000000000Z.broken")
    assert aside.read_text().startswith("not a database")
    with reopened(path) as later:
        assert (later.trained(KEY), later.warnings) == (TRAINED, [])


def test_a_database_that_breaks_while_in_use_is_set_aside(history: History, path: Path) -> None:
    history.remember(KEY, TRAINED)
    history.close()
    with path.open("r+b") as file:
        file.seek(4096)
        file.write(b"\xff" * 3 * 4096)
    with reopened(path) as later:
        later.remember(KEY, TRAINED)
        assert later.trained(KEY) == TRAINED
        assert "set aside" in later.warnings[0]
    assert len(list(path.parent.glob("*.broken"))) == 1


def test_a_broken_file_that_can_not_be_set_aside_means_memory_only(path: Path, monkeypatch) -> None:
    def refuse(*_names: object) -> None:
        raise PermissionError(13, "Permission denied")

    path.parent.mkdir(parents=True)
    path.write_text("not a database, whatever its name says" * 100)
    monkeypatch.setattr(Path, "replace", refuse)
    with reopened(path) as history:
        history.remember(KEY, TRAINED)
        assert history.trained(KEY) == TRAINED
        assert "can't be set aside" in history.warnings[0]


def test_a_database_locked_by_another_program_costs_memory_only(path: Path) -> None:
    History(path).close()
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN EXCLUSIVE")
    with reopened(path) as history:
        history.remember(KEY, TRAINED)
        assert "locked" in history.warnings[0]
    other.close()
    assert list(path.parent.glob("*.broken")) == []


def test_a_lock_that_stays_is_waited_for_once(path: Path) -> None:
    with History(path, busy_timeout_s=1.0) as history:
        other = sqlite3.connect(path, isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        began_s = time.monotonic()
        for _ in range(10):
            history.remember(KEY, TRAINED)
        assert time.monotonic() - began_s < 5.0
        other.execute("ROLLBACK")
        history.remember(KEY, TRAINED)
        assert history.trained(KEY) == TRAINED
        other.close()


def test_what_is_known_can_be_read_while_another_program_writes(
    history: History, path: Path
) -> None:
    history.remember(KEY, TRAINED)
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    assert history.trained(KEY) == TRAINED
    other.close()


def test_each_warning_is_given_once(history: History, path: Path) -> None:
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    history.remember(KEY, TRAINED)
    history.remember(KEY, TRAINED)
    other.close()
    assert len(history.warnings) == 1


def test_an_unwritable_place_means_memory_only(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with reopened(tmp_path / "file" / "history.sqlite") as history:
        history.remember(KEY, TRAINED)
        assert history.trained(KEY) == TRAINED
        assert "nothing is remembered" in history.warnings[0]


def test_a_directory_in_its_place_means_memory_only(path: Path) -> None:
    path.mkdir(parents=True)
    with reopened(path) as history:
        history.remember(KEY, TRAINED)
        assert history.trained(KEY) == TRAINED
        assert "nothing is remembered" in history.warnings[0]


def test_the_history_of_a_newer_flatctl_is_left_alone(path: Path) -> None:
    path.parent.mkdir(parents=True)
    newer = sqlite3.connect(path)
    newer.execute("PRAGMA user_version = 99")
    newer.close()
    with reopened(path) as history:
        assert "newer" in history.warnings[0]
    assert list(path.parent.glob("*.broken")) == []


def test_a_row_that_another_program_has_spoilt_counts_as_unknown(
    history: History, path: Path
) -> None:
    history.remember(KEY, TRAINED)
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("UPDATE trained SET time = 'yesterday'")
    other.close()
    assert history.trained(KEY) is None


def test_a_level_that_is_no_number_is_not_kept(history: History) -> None:
    history.remember(KEY, replace(TRAINED, level=float("nan")))
    assert history.trained(KEY) is None
    assert len(history.warnings) == 1


def test_several_programs_may_begin_a_history_at_once(path: Path) -> None:
    script = (
        "import sys, pathlib; from flatctl.storage.history import History;"
        "history = History(pathlib.Path(sys.argv[1])); history.close();"
        "sys.exit('; '.join(history.warnings))"
    )
    command = [sys.executable, "-c", script, str(path)]
    started = [subprocess.Popen(command, stderr=subprocess.PIPE, text=True) for _ in range(4)]
    assert [process.communicate()[1].strip() for process in started] == [""] * 4


def test_local_times_are_ordered_as_moments(history: History) -> None:
    east = datetime(2026, 11, 22, 19, tzinfo=timezone(timedelta(hours=2)))
    history.remember_run(past_run("late", started=datetime(2026, 11, 22, 18, tzinfo=UTC)))
    history.remember_run(past_run("early", started=east))
    assert [run.run for run in history.runs()] == ["late", "early"]


def test_a_pedestal_is_known_to_every_filter_of_its_camera_setup(history: History) -> None:
    pedestal = Pedestal.measured(1000.5)
    history.remember_pedestal(KEY, pedestal)
    assert history.pedestal(replace(KEY, filter="L")) == pedestal
    assert history.pedestal(replace(KEY, gain=0.0)) is None


def kept_by_an_earlier_version(history: History, record: str) -> None:
    history.remember_set(replace(KEY, filter="\0panel off"), SET)
    history.rows("UPDATE sets SET record = ?", record)


def test_a_pedestal_that_an_earlier_version_kept_is_known(history: History) -> None:
    kept_by_an_earlier_version(history, '{"pedestal_adu": 1000.5}')
    assert history.pedestal(KEY) == Pedestal.measured(1000.5, Origin.PANEL_OFF)


@pytest.mark.parametrize("record", ["{}", "no JSON", '{"pedestal_adu": -1}', "[]"])
def test_a_spoilt_pedestal_counts_as_unknown(history: History, record: str) -> None:
    kept_by_an_earlier_version(history, record)
    assert history.pedestal(KEY) is None


def test_a_key_without_the_modes_of_newer_cameras_is_the_one_it_always_was(history: History):
    facts = {"rig": "mono", "camera": "CCD", "filter": "L", "binning": 1, "gain": 100.0}
    older = json.dumps(
        facts | {"offset": 10.0, "readout_mode": None, "panel": None, "iso": None}, sort_keys=True
    )
    history.rows(
        "INSERT INTO trained VALUES (?, 'mono', 9, 1.5, 0.5, '2026-01-01T00:00:00+00:00')", older
    )
    assert history.trained(SettingKey(**json.loads(older))).brightness == 9
