"""Files that arrive in a folder: whole ones only, each once, whatever its name becomes."""

import os

import pytest

from flatctl.devices.folder.arrivals import PATIENCE_S, SETTLED_S, Arrivals


class Time:
    now_s = 0.0

    def __call__(self):
        return self.now_s


@pytest.fixture
def time():
    return Time()


@pytest.fixture
def arrivals(tmp_path, time):
    return Arrivals(tmp_path, time)


def put(folder, name, content=b"x", *, at=1000):
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    os.utime(path, (at, at))
    return path


def settled(arrivals, time):
    """Return what is there once all have stood still."""
    found = []
    arrivals.next()
    time.now_s += SETTLED_S
    while (path := arrivals.next()) is not None:
        arrivals.done(path)
        found.append(path)
    return found


def test_a_file_counts_once_it_has_stood_still(arrivals, tmp_path, time):
    path = put(tmp_path, "a.cr2")
    assert arrivals.next() is None
    time.now_s += SETTLED_S / 2
    put(tmp_path, "a.cr2", b"xx")
    assert arrivals.next() is None
    time.now_s += SETTLED_S / 2
    assert arrivals.next() is None
    time.now_s += SETTLED_S / 2
    assert arrivals.next() == path


def test_files_come_in_the_order_they_were_taken_in_subfolders_too(arrivals, tmp_path, time):
    names = ["100CANON/IMG_9999.CR2", "101CANON/IMG_0001.CR2", "DCIM/a/b/x.nef"]
    paths = [put(tmp_path, name, at=1000 + n) for n, name in enumerate(names)]
    assert settled(arrivals, time) == paths


@pytest.mark.parametrize("name", ["._a.cr2", ".hidden/a.cr2", "a.cr2.part", "a.jpg", "a.txt", "a"])
def test_what_is_no_image_is_passed_over(arrivals, tmp_path, time, name):
    put(tmp_path, name)
    assert settled(arrivals, time) == []


def test_an_empty_file_is_one_that_only_begins(arrivals, tmp_path, time):
    put(tmp_path, "a.cr2", b"")
    assert settled(arrivals, time) == []


def test_what_was_there_before_is_old_also_after_it_was_moved_or_renamed(arrivals, tmp_path, time):
    moved, renamed = put(tmp_path, "a.cr2"), put(tmp_path, "b.cr2")
    arrivals.forget()
    (tmp_path / "sub").mkdir()
    moved.rename(tmp_path / "sub" / "a.cr2")
    renamed.rename(tmp_path / "other.cr2")
    assert settled(arrivals, time) == []


def test_another_picture_under_an_old_name_is_new(arrivals, tmp_path, time):
    put(tmp_path, "a.cr2", at=1000)
    arrivals.forget()
    path = put(tmp_path, "a.cr2", at=2000)
    assert settled(arrivals, time) == [path]


def test_pictures_of_one_size_and_time_are_told_apart_by_their_names(arrivals, tmp_path, time):
    """As on a card, which tells time to 2 s."""
    first = put(tmp_path, "a.cr2")
    assert settled(arrivals, time) == [first]
    second = put(tmp_path, "b.cr2")
    assert settled(arrivals, time) == [second]


def test_a_card_that_is_put_in_again_has_nothing_new(arrivals, tmp_path, time):
    put(tmp_path, "card/a.cr2")
    assert len(settled(arrivals, time)) == 1
    (tmp_path / "card").rename(tmp_path / ".out")
    assert settled(arrivals, time) == []
    (tmp_path / ".out").rename(tmp_path / "card2")
    assert settled(arrivals, time) == []


def test_one_that_can_not_be_read_yet_is_tried_again_and_then_given_up(arrivals, tmp_path, time):
    path = put(tmp_path, "a.cr2")
    arrivals.next()
    time.now_s += SETTLED_S
    assert arrivals.next() == path
    assert arrivals.postpone(path)
    assert arrivals.next() is None
    time.now_s += PATIENCE_S
    arrivals.next()
    assert arrivals.next() == path
    assert not arrivals.postpone(path)


def test_a_postponed_file_that_grows_is_tried_as_soon_as_it_stands_still(arrivals, tmp_path, time):
    path = put(tmp_path, "a.cr2")
    arrivals.next()
    time.now_s += SETTLED_S
    assert arrivals.next() == path
    arrivals.postpone(path)
    put(tmp_path, "a.cr2", b"xx")
    arrivals.next()
    time.now_s += SETTLED_S
    assert arrivals.next() == path


def test_a_file_on_its_way_when_the_light_changed_is_of_the_light_before(arrivals, tmp_path, time):
    put(tmp_path, "a.cr2")
    arrivals.next()
    arrivals.forget()
    put(tmp_path, "a.cr2", b"xx")
    assert settled(arrivals, time) == []
    later = put(tmp_path, "b.cr2")
    assert settled(arrivals, time) == [later]


def test_a_folder_that_is_not_there_has_nothing(tmp_path, time):
    arrivals = Arrivals(tmp_path / "none", time)
    assert not arrivals.is_there()
    assert settled(arrivals, time) == []


def test_links_to_folders_are_not_followed(arrivals, tmp_path, time):
    (tmp_path / "loop").symlink_to(tmp_path)
    path = put(tmp_path, "a.cr2")
    assert settled(arrivals, time) == [path]


def test_pictures_that_are_not_read_are_counted(arrivals, tmp_path, time):
    put(tmp_path, "a.jpg")
    settled(arrivals, time)
    settled(arrivals, time)
    assert arrivals.pictures == 1
