"""Compressed flats on disk: what a run writes, goes on with, verifies and averages."""

from datetime import UTC, timedelta

import numpy as np
import pytest
from bench import Bench
from light_builders import write_light
from storage_builders import NIGHT, STARTED, Header, flat_pixels, flat_record

from flatctl import events
from flatctl.app.master import master
from flatctl.core.types import FrameKind
from flatctl.errors import StorageError
from flatctl.fits.compressed import encode_compressed
from flatctl.images.reading import read_facts, read_image
from flatctl.outputs.thumbnail import load_thumbnail
from flatctl.storage.atomic import remove_leftovers
from flatctl.storage.naming import frame_folder
from flatctl.storage.verify import verify_directory, verify_file
from flatctl.storage.writer import FrameWriter, write_frame


@pytest.fixture
def packed(tmp_path):
    pixels = flat_pixels()
    header = Header(b"")
    return write_frame(
        tmp_path, NIGHT, pixels, header, flat_record(pixels), packed=encode_compressed
    )


def test_its_name_is_that_of_the_plain_one_with_another_end(packed, tmp_path):
    pixels = flat_pixels()
    plain = write_frame(tmp_path, NIGHT, pixels, Header(b""), flat_record(pixels))
    assert packed.name == plain.name + ".fz"


def test_it_is_verified_like_a_plain_one(packed):
    verdict = verify_file(packed)
    assert (verdict.ours, verdict.problems, verdict.unproven) == (True, (), ())
    assert verdict.statistics.median == np.median(flat_pixels())


def test_one_damaged_byte_is_found(packed):
    whole = packed.read_bytes()
    for place in range(7, len(whole), 997):
        packed.write_bytes(whole[:place] + bytes([whole[place] ^ 1]) + whole[place + 1 :])
        verdict = verify_file(packed)
        assert verdict.problems or verdict.unproven, place


def test_its_facts_and_pixels_are_those_of_the_plain_one(packed, tmp_path):
    pixels = flat_pixels()
    plain = write_frame(tmp_path, NIGHT, pixels, Header(b""), flat_record(pixels))
    assert np.array_equal(read_image(packed).pixels, read_image(plain).pixels)
    assert read_facts(packed).exposure_s == read_facts(plain).exposure_s


def test_its_picture_is_that_of_the_plain_one(packed, tmp_path):
    pixels = flat_pixels()
    plain = write_frame(tmp_path, NIGHT, pixels, Header(b""), flat_record(pixels))
    assert load_thumbnail(packed) == load_thumbnail(plain)


def test_what_an_interrupted_write_left_is_removed(packed):
    left = packed.with_name(f"{packed.name}.0123abcd.part")
    left.write_bytes(b"")
    remove_leftovers(packed.parent, STARTED + timedelta(days=9999))
    assert not left.exists()
    assert packed.exists()


def test_a_run_writes_them_and_another_one_goes_on_with_them(tmp_path):
    bench = Bench(tmp_path, count=3, dark_flats=2, compress=True)
    assert bench.run() == 0
    paths = [each.path for each in bench.all(events.Flat)]
    assert [path.name.partition(".fits")[2] for path in paths] == [".fz"] * 6
    assert all(path.is_file() for path in paths)
    again = bench.again()
    assert again.run() == 0
    assert again.all(events.Flat) == []
    assert all(not each.problems for each in verify_directory(tmp_path / "flats"))


def test_a_run_goes_on_with_plain_and_compressed_ones_alike(tmp_path):
    first = Bench(tmp_path, count=2)
    assert first.run() == 0
    later = first.again(plans=[replaced(plan, 3) for plan in first.plans])
    later.compress = True
    assert later.run() == 0
    assert sorted(each.path.name[-3:] for each in later.all(events.Flat)) == [".fz", ".fz"]


def replaced(plan, count):
    from dataclasses import replace

    return replace(plan, count=count)


def test_masters_are_the_same_and_never_compressed(tmp_path):
    made = {}
    for how in (False, True):
        bench = Bench(tmp_path / str(how), count=3, dark_flats=2, compress=how)
        assert bench.run() == 0
        listing = master(tmp_path / str(how) / "flats")
        made[how] = [(one.path.name, read_image(one.path).pixels) for one in listing.masters]
    assert len(made[True]) == len(made[False]) > 0
    for (name, plain), (packed_name, packed) in zip(made[False], made[True], strict=True):
        assert name == packed_name
        assert name.endswith(".fits")
        assert np.array_equal(plain, packed)


def test_a_resumed_set_names_images_of_another_format(tmp_path):
    bench = Bench(tmp_path, filters=("L",), count=1)
    assert bench.run() == 0
    folder = bench.all(events.Flat)[0].path.parent
    (folder / "by-hand.xisf").write_bytes(b"")
    write_light(folder / "by-hand.txt")
    again = bench.again()
    assert again.run() == 0
    assert [each.path.name for each in again.all(events.Skipped)] == ["by-hand.xisf"]


def test_flats_lie_where_they_always_did(packed, tmp_path):
    assert packed.parent == frame_folder(tmp_path, NIGHT, FrameKind.FLAT)


def test_a_run_needs_less_room_for_them(tmp_path, monkeypatch):
    monkeypatch.setattr("flatctl.storage.directory.free_bytes", lambda directory: 900)
    FrameWriter(tmp_path, UTC, compress=True).ensure_room(1000, STARTED, resume=False)
    with pytest.raises(StorageError, match="make room"):
        FrameWriter(tmp_path, UTC).ensure_room(1000, STARTED, resume=False)
