"""Going on with what an interrupted run left on disk."""

from datetime import date, timedelta
from pathlib import Path

import pytest
from storage_builders import NIGHT, dark_record, flat_pixels, keyed, store

from flatctl.core.types import MODES, FrameKind
from flatctl.fits.header import Header
from flatctl.storage.naming import frame_folder
from flatctl.storage.resume import Finished, Wanted, finished
from flatctl.storage.writer import write_frame


def wanted(**changes: object) -> Wanted:
    facts: dict = {
        "kind": FrameKind.FLAT,
        "rig": "mono-refractor",
        "camera": "CCD Simulator",
        "filter": "Ha",
        "gain": 100.0,
        "offset": 10.0,
        "target_adu": 33000.0,
        "tolerance_adu": 3277.0,
    }
    return Wanted(**keyed(facts | changes))


def numbers(found: Finished) -> list[int]:
    return [frame.number for frame in found.frames]


@pytest.fixture
def flats(tmp_path: Path) -> Path:
    folder = tmp_path / "flats"
    folder.mkdir()
    return folder


def test_a_night_without_frames_has_none_finished(flats: Path) -> None:
    assert finished(flats, NIGHT, wanted()) == Finished()


def test_sound_flats_of_the_set_count(flats: Path) -> None:
    for number in (10, 2, 1):
        store(flats, number=number)
    assert numbers(finished(flats, NIGHT, wanted())) == [1, 2, 10]


def test_a_finished_frame_says_what_it_was_taken_with(flats: Path) -> None:
    path = store(flats)
    (frame,) = finished(flats, NIGHT, wanted()).frames
    assert (frame.path, frame.exposure_s, frame.brightness) == (path, 1.234, 128)


@pytest.mark.parametrize(
    "other",
    [
        {"rig": "other"},
        {"camera": "other"},
        {"filter": "OIII"},
        {"filter": None},
        {"binning": 2},
        {"gain": 120.0},
        {"gain": None},
        {"offset": 11.0},
        {"target_adu": 32000.0},
    ],
)
def test_frames_of_another_set_do_not_count(flats: Path, other: dict) -> None:
    store(flats, **other)
    found = finished(flats, NIGHT, wanted())
    assert (found.frames, found.skipped) == ((), ())


@pytest.mark.parametrize("keyword", ["filter", "gain", "offset", "iso", *MODES])
def test_what_is_not_wanted_in_particular_is_not_compared(flats: Path, keyword: str) -> None:
    store(flats, iso=800, **dict.fromkeys(MODES, "Fast"))
    assert numbers(finished(flats, NIGHT, wanted(**{keyword: None}))) == [7]


def test_frames_of_another_night_do_not_count(flats: Path) -> None:
    store(flats)
    assert finished(flats, date(2026, 11, 21), wanted()) == Finished()


def test_a_filter_name_that_a_card_can_not_hold_still_matches(flats: Path) -> None:
    store(flats, filter="Hα 滤 ")
    assert numbers(finished(flats, NIGHT, wanted(filter="Hα 滤 "))) == [7]


def test_a_damaged_flat_is_skipped_with_its_reason(flats: Path) -> None:
    path = store(flats)
    content = bytearray(path.read_bytes())
    content[-2000] ^= 1
    path.write_bytes(content)
    found = finished(flats, NIGHT, wanted())
    assert found.frames == ()
    assert [skipped for skipped, reason in found.skipped if "DATASUM" in reason] == [path]


def test_a_flat_outside_a_tolerance_narrowed_since_is_skipped(flats: Path) -> None:
    store(flats, flat_pixels(level=33900))
    found = finished(flats, NIGHT, wanted(tolerance_adu=500.0))
    assert "outside 33000.0 ± 500.0" in found.skipped[0][1]


def test_foreign_and_truncated_files_are_skipped_with_their_reasons(flats: Path) -> None:
    folder = frame_folder(flats, NIGHT, FrameKind.FLAT)
    whole = store(flats).read_bytes()
    (folder / "a.fits").write_text("text")
    (folder / "b.fits").write_bytes(whole[:-2880])
    (folder / "c.fits").write_bytes(whole.replace(b"flatctl", b"another"))
    found = finished(flats, NIGHT, wanted())
    assert numbers(found) == [7]
    assert [path.name for path, _ in found.skipped] == ["a.fits", "b.fits", "c.fits"]


def test_temporary_files_are_not_looked_at(flats: Path) -> None:
    store(flats).rename(frame_folder(flats, NIGHT, FrameKind.FLAT) / "x.fits.1234.part")
    assert finished(flats, NIGHT, wanted()) == Finished()


@pytest.mark.parametrize(("exposure_s", "found"), [(1.234, [7]), (2.0, [])])
def test_dark_flats_are_told_apart_by_exposure(
    flats: Path, exposure_s: float, found: list[int]
) -> None:
    pixels = flat_pixels(level=500)
    write_frame(flats, NIGHT, pixels, Header(), dark_record(pixels))
    kind = FrameKind.DARK_FLAT
    darks = wanted(
        kind=kind, filter=None, target_adu=None, tolerance_adu=None, exposure_s=exposure_s
    )
    assert numbers(finished(flats, NIGHT, darks)) == found


def test_a_file_that_was_changed_is_read_again(flats: Path) -> None:
    path = store(flats, number=1)
    assert numbers(finished(flats, NIGHT, wanted())) == [1]
    path.write_bytes(path.read_bytes().replace(b"FILTER  = 'Ha", b"FILTER  = 'Hb"))
    assert numbers(finished(flats, NIGHT, wanted())) == []


def test_the_frames_of_many_nights_are_read_once(flats: Path, monkeypatch) -> None:
    from flatctl.storage import resume

    store(flats, number=1)
    later = NIGHT + timedelta(days=3)
    read: list[Path] = []
    whole = resume.read_values
    monkeypatch.setattr(resume, "read_values", lambda path: read.append(path) or whole(path))
    for name in ("L", "R", "Ha"):
        finished(flats, later, wanted(filter=name), 7)
    assert len(read) == 1
