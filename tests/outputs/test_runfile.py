import json
import os
from datetime import timedelta
from pathlib import Path

import pytest
from event_streams import Night, complete_night, kept, mixed_night, told, typed

from flatctl.errors import StorageError
from flatctl.outputs.run_names import earlier_runs, keep_earlier_run, last_runs
from flatctl.outputs.runfile import BYTES_PER_S, RunFile


class Disk:
    """Takes what is written, and counts it."""

    def __init__(self) -> None:
        self.texts: list[tuple[Path, str]] = []

    def write(self, path: Path, text: str) -> None:
        self.texts.append((path, text))

    @property
    def run(self) -> dict[str, object]:
        content = json.loads(self.texts[-1][1])
        assert isinstance(content, dict)
        return content


def written(night: Night) -> Disk:
    disk = Disk()
    out = RunFile(disk.write)
    told(out, night)
    return disk


def write(path: Path, text: str) -> None:
    path.write_text(text, encoding="utf-8")


def test_the_file_holds_every_event(tmp_path: Path) -> None:
    night = mixed_night(tmp_path)
    assert written(night).run["events"] == kept(night)


def test_the_file_says_at_its_head_what_came_of_the_run(tmp_path: Path) -> None:
    run = written(complete_night(tmp_path)).run
    assert (run["rig"], run["exit_code"], run["folder"]) == ("mono-refractor", 0, str(tmp_path))
    assert (run["started"], run["finished"]) == (
        "2026-11-22T17:15:30.123Z",
        "2026-11-22T17:16:24.523Z",
    )


def test_the_file_says_at_its_head_what_came_of_each_filter(tmp_path: Path) -> None:
    filters = written(complete_night(tmp_path, flats=4)).run["filters"]
    assert isinstance(filters, dict)
    assert filters["Ha"] == {
        "outcome": "complete",
        "reason": "",
        "wanted": 4,
        "present": 0,
        "flats": 4,
        "trials": 3,
        "rejected": 1,
        "trained": False,
        "target": 0.51,
        "tolerance": 0.05,
        "brightness": 255,
        "exposure_s": 6.2,
        "level": 0.506,
    }


def test_the_file_is_whole_after_every_writing(tmp_path: Path) -> None:
    disk = written(mixed_night(tmp_path))
    sizes = [len(json.loads(text)["events"]) for _, text in disk.texts]
    assert sizes == sorted(sizes)


def test_the_file_lies_in_the_folder_of_the_run(tmp_path: Path) -> None:
    assert {path for path, _ in written(complete_night(tmp_path)).texts} == {tmp_path / "run.json"}


def test_the_start_of_a_run_is_written_at_once(tmp_path: Path) -> None:
    disk = written(Night(tmp_path))
    assert disk.run["finished"] is None


def test_nothing_is_written_before_the_run_has_started() -> None:
    disk = Disk()
    out = RunFile(disk.write)
    told(out, [typed("fault", device="wheel")])
    out.save()
    assert disk.texts == []


def test_a_night_of_3000_frames_never_writes_more_than_its_share(tmp_path: Path) -> None:
    night = Night(tmp_path).begin("L", wanted=3000)
    for _ in range(3000):
        night.flat("L", exposure_s=0.1, count=3000)
    disk = written(night.end("L").over())
    at_once = 4 * len(disk.texts[-1][1])
    total = sum(len(text) for _, text in disk.texts)
    assert total <= at_once + 1.1 * BYTES_PER_S * (night.now - night.begun).total_seconds()


def test_a_long_night_loses_seconds_not_minutes_to_a_power_cut(tmp_path: Path) -> None:
    night = Night(tmp_path).begin("L", wanted=3000)
    for _ in range(2999):
        night.flat("L", exposure_s=0.1, count=3000)
    events = written(night).run["events"]
    assert isinstance(events, list)
    assert len(events) > len(night.events) - 25


def test_what_is_not_yet_written_can_be_saved_when_the_run_breaks(tmp_path: Path) -> None:
    night = Night(tmp_path).begin("L", wanted=3000)
    for _ in range(500):
        night.flat("L", exposure_s=0.001, count=3000)
    disk = Disk()
    out = RunFile(disk.write)
    told(out, night)
    out.save()
    assert disk.run["events"] == kept(night)


def test_a_clock_set_back_does_not_keep_the_file_from_being_written(tmp_path: Path) -> None:
    night = Night(tmp_path).begin("L")
    night.now -= timedelta(hours=1)
    night.flat("L")
    assert written(night).run["events"] == kept(night)


def test_what_is_only_going_on_is_not_a_fact(tmp_path: Path) -> None:
    night = Night(tmp_path)
    disk = Disk()
    out = RunFile(disk.write)
    told(out, [*night, typed("exposing", exposure_s=4.0)])
    out.save()
    assert disk.run["events"] == kept(night)


def test_an_earlier_run_of_the_night_keeps_its_files(tmp_path: Path) -> None:
    told(RunFile(write), complete_night(tmp_path))
    write(tmp_path / "report.html", "first report")
    told(RunFile(write), Night(tmp_path))
    earlier = json.loads((tmp_path / "run_20261122T171530Z.json").read_text())
    assert earlier["exit_code"] == 0
    assert (tmp_path / "report_20261122T171530Z.html").read_text() == "first report"


def test_runs_that_started_in_the_same_second_all_keep_their_files(tmp_path: Path) -> None:
    for _ in range(3):
        told(RunFile(write), Night(tmp_path))
    kept = sorted(path.name for path in tmp_path.glob("run*.json"))
    assert kept == ["run.json", "run_20261122T171530Z.json", "run_20261122T171530Z_2.json"]


def test_a_broken_earlier_file_is_kept_under_its_own_date(tmp_path: Path) -> None:
    write(tmp_path / "run.json", "{torn")
    os.utime(tmp_path / "run.json", (1_700_000_000, 1_700_000_000))
    told(RunFile(write), Night(tmp_path))
    assert (tmp_path / "run_20231114T221320Z.json").read_text() == "{torn"


def test_an_earlier_file_that_cannot_be_renamed_ends_the_run(tmp_path: Path, monkeypatch) -> None:
    write(tmp_path / "run.json", "{}")

    def refuse(self: Path, target: Path) -> Path:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "rename", refuse)
    with pytest.raises(StorageError, match="Permission denied"):
        told(RunFile(write), Night(tmp_path))


@pytest.mark.parametrize("started", ["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-01:00"])
def test_an_earlier_run_of_an_impossible_time_ends_no_run(tmp_path: Path, started: str) -> None:
    write(tmp_path / "run.json", json.dumps({"started": started}))

    keep_earlier_run(tmp_path / "run.json")

    assert not (tmp_path / "run.json").exists()
    assert len(list(tmp_path.glob("run_*.json"))) == 1


def rigs_in(folder: Path) -> dict[str, str]:
    records = last_runs(folder)
    return {path.name: json.loads(path.read_text())["rig"] for path in records}


def test_two_rigs_in_one_folder_have_a_record_each(tmp_path: Path) -> None:
    for name in ("mono", "osc", "mono", "osc"):
        told(RunFile(write), Night(tmp_path, rig=name))
    assert rigs_in(tmp_path) == {"run.json": "mono", "run_osc.json": "osc"}
    assert [path.name for path in earlier_runs(tmp_path / "run.json")] == [
        "run_20261122T171530Z.json"
    ]
    assert [path.name for path in earlier_runs(tmp_path / "run_osc.json")] == [
        "run_osc_20261122T171530Z.json"
    ]


@pytest.mark.parametrize(
    "names",
    [
        ("红", "绿"),
        ("a/b", "a b"),
        ("20261122T171530Z", "x"),
        ("", "rig"),
        ("a_20261122T1715Z", "a"),
    ],
)
def test_rigs_whose_names_make_one_file_name_have_a_record_each(tmp_path: Path, names) -> None:
    rigs = ("first", *names)
    for _ in range(2):
        for name in rigs:
            told(RunFile(write), Night(tmp_path, rig=name))
    assert sorted(rigs_in(tmp_path).values()) == sorted(rigs)


def test_the_record_of_a_living_run_is_left_alone_by_a_rig_of_the_same_name(tmp_path: Path) -> None:
    first = RunFile(write)
    told(first, Night(tmp_path))
    second = RunFile(write, lambda path: path != first.path)
    told(second, Night(tmp_path))
    assert [path.name for path in (first.path, second.path)] == [
        "run.json",
        "run_mono-refractor.json",
    ]
