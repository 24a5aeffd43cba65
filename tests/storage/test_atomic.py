"""Files that are whole or absent, whatever fails on the way."""

import contextlib
import ctypes
import errno
import os
import signal
import stat
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from flatctl.errors import StorageError
from flatctl.storage import atomic


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "folder"
    made.mkdir()
    return made


def names_in(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def failing(number: int):
    def fail(*_args: object, **_keywords: object) -> None:
        raise OSError(number, os.strerror(number))

    return fail


def test_a_new_file_holds_its_parts(folder: Path) -> None:
    atomic.create(folder / "new", [b"one ", memoryview(b"two")])
    assert (folder / "new").read_bytes() == b"one two"


def test_nothing_else_stays(folder: Path) -> None:
    atomic.create(folder / "new", [b"text"])
    assert names_in(folder) == ["new"]


def test_a_file_that_exists_is_not_touched(folder: Path) -> None:
    (folder / "old").write_text("old")
    with pytest.raises(FileExistsError):
        atomic.create(folder / "old", [b"new"])
    assert (folder / "old").read_text() == "old"
    assert names_in(folder) == ["old"]


def test_a_dangling_link_is_not_followed(folder: Path) -> None:
    (folder / "link").symlink_to(folder / "elsewhere")
    with pytest.raises(FileExistsError):
        atomic.create(folder / "link", [b"new"])
    assert names_in(folder) == ["link"]


def test_everything_is_synchronised_before_the_file_is_named(folder: Path, monkeypatch) -> None:
    steps: list[str] = []
    fsync, link = os.fsync, os.link
    monkeypatch.setattr(os, "fsync", lambda fd: (steps.append("fsync"), fsync(fd)))
    monkeypatch.setattr(os, "link", lambda *names: (steps.append("link"), link(*names)))
    atomic.create(folder / "new", [b"text"])
    assert steps == ["fsync", "link", "fsync"]


@pytest.mark.parametrize("step", ["write", "fsync", "link"])
@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EIO, errno.EACCES])
def test_nothing_stays_of_a_file_that_failed(
    folder: Path, monkeypatch, step: str, number: int
) -> None:
    monkeypatch.setattr(os, step, failing(number))
    with pytest.raises(StorageError):
        atomic.create(folder / "new", [b"text"])
    assert names_in(folder) == []


def test_a_stop_in_the_middle_leaves_nothing(folder: Path) -> None:
    def parts():
        yield b"begun"
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        atomic.create(folder / "new", parts())
    assert names_in(folder) == []


@pytest.mark.parametrize("write", [atomic.create, lambda path, _: atomic.write_text(path, "one")])
def test_nothing_stays_where_the_folder_is_moved_away_meanwhile(
    folder: Path, monkeypatch, write
) -> None:
    fsync = os.fsync

    def move_away(descriptor: int) -> None:
        fsync(descriptor)
        if folder.exists():
            folder.rename(folder.with_name("elsewhere"))

    monkeypatch.setattr(os, "fsync", move_away)
    with pytest.raises(StorageError, match="create the directory"):
        write(folder / "new", [b"one"])
    assert names_in(folder.with_name("elsewhere")) == []


def test_nothing_stays_of_a_file_whose_folder_was_moved_before_it_failed(folder: Path) -> None:
    def parts():
        yield b"begun"
        folder.rename(folder.with_name("elsewhere"))
        raise OSError(errno.EIO, os.strerror(errno.EIO))

    with pytest.raises(StorageError):
        atomic.create(folder / "new", parts())
    assert names_in(folder.with_name("elsewhere")) == []


def test_a_power_cut_before_the_naming_leaves_no_final_name(folder: Path) -> None:
    killed = """
        import os, pathlib, signal, sys
        from flatctl.storage import atomic
        os.link = lambda *_names: os.kill(os.getpid(), signal.SIGKILL)
        atomic.create(pathlib.Path(sys.argv[1]), [b"text"])
    """
    command = [sys.executable, "-c", textwrap.dedent(killed), str(folder / "new")]
    assert subprocess.run(command, check=False).returncode == -signal.SIGKILL
    assert [name.endswith(".part") for name in names_in(folder)] == [True]


def test_short_writes_are_continued(folder: Path, monkeypatch) -> None:
    write = os.write
    monkeypatch.setattr(os, "write", lambda fd, left: write(fd, left[:3]))
    atomic.create(folder / "new", [b"several words"])
    assert (folder / "new").read_bytes() == b"several words"


def test_a_file_system_without_hard_links_will_do(folder: Path, monkeypatch) -> None:
    monkeypatch.setattr(os, "link", failing(errno.EPERM))
    atomic.create(folder / "new", [b"text"])
    assert (folder / "new").read_bytes() == b"text"
    assert names_in(folder) == ["new"]


def test_nothing_is_overwritten_without_hard_links_either(folder: Path, monkeypatch) -> None:
    monkeypatch.setattr(os, "link", failing(errno.EOPNOTSUPP))
    (folder / "old").write_text("old")
    with pytest.raises(FileExistsError):
        atomic.create(folder / "old", [b"new"])
    assert (folder / "old").read_text() == "old"
    assert names_in(folder) == ["old"]


class NoRename:
    """A C library whose file systems know no rename that replaces nothing."""

    @staticmethod
    def renameat2(*_arguments: object) -> int:
        ctypes.set_errno(errno.EINVAL)
        return -1


@pytest.fixture
def fuse(monkeypatch) -> None:
    monkeypatch.setattr(os, "link", failing(errno.EPERM))
    monkeypatch.setattr(ctypes, "CDLL", lambda *_args, **_keywords: NoRename)


@pytest.mark.usefixtures("fuse")
def test_a_file_system_that_only_knows_a_plain_rename_will_do(folder: Path) -> None:
    atomic.create(folder / "new", [b"text"])
    assert (folder / "new").read_bytes() == b"text"
    assert names_in(folder) == ["new"]


@pytest.mark.usefixtures("fuse")
def test_nothing_is_overwritten_by_a_plain_rename_either(folder: Path) -> None:
    (folder / "old").write_text("old")
    with pytest.raises(FileExistsError):
        atomic.create(folder / "old", [b"new"])
    assert (folder / "old").read_text() == "old"


@pytest.mark.usefixtures("fuse")
def test_a_name_that_was_only_held_is_let_go_of_where_the_rename_fails(
    folder: Path, monkeypatch
) -> None:
    monkeypatch.setattr(Path, "replace", failing(errno.EIO))
    with pytest.raises(StorageError):
        atomic.create(folder / "new", [b"text"])
    assert names_in(folder) == []


@pytest.mark.parametrize(("number", "fatal"), [(errno.EINVAL, False), (errno.EIO, True)])
def test_a_directory_that_has_nothing_to_synchronise_will_do(
    folder: Path, monkeypatch, number: int, fatal: bool
) -> None:
    fsync = os.fsync

    def fsync_files_only(descriptor: int) -> None:
        if stat.S_ISDIR(os.fstat(descriptor).st_mode):
            raise OSError(number, os.strerror(number))
        fsync(descriptor)

    monkeypatch.setattr(os, "fsync", fsync_files_only)
    with pytest.raises(StorageError) if fatal else contextlib.nullcontext():
        atomic.create(folder / "new", [b"text"])


@pytest.mark.parametrize(
    ("number", "mend"),
    [
        (errno.ENOSPC, "make room"),
        (errno.EACCES, "permission"),
        (errno.EROFS, "writable"),
        (errno.EIO, "cable"),
    ],
)
def test_the_message_says_what_failed_where_and_what_to_do(
    folder: Path, monkeypatch, number: int, mend: str
) -> None:
    monkeypatch.setattr(os, "write", failing(number))
    with pytest.raises(StorageError) as caught:
        atomic.create(folder / "new", [b"text"])
    for part in (str(folder / "new"), os.strerror(number), mend):
        assert part in str(caught.value)


def test_a_directory_that_is_gone_is_named(folder: Path) -> None:
    with pytest.raises(StorageError, match="still mounted"):
        atomic.create(folder / "gone" / "new", [b"text"])


def test_a_text_replaces_the_one_before(folder: Path) -> None:
    atomic.write_text(folder / "run.json", "one")
    atomic.write_text(folder / "run.json", "zwei ½")
    assert (folder / "run.json").read_text("utf-8") == "zwei ½"
    assert names_in(folder) == ["run.json"]


@pytest.mark.parametrize("step", ["write", "fsync"])
def test_a_text_that_can_not_be_written_leaves_the_one_before(
    folder: Path, monkeypatch, step: str
) -> None:
    atomic.write_text(folder / "run.json", "one")
    monkeypatch.setattr(os, step, failing(errno.ENOSPC))
    with pytest.raises(StorageError):
        atomic.write_text(folder / "run.json", "two")
    assert (folder / "run.json").read_text() == "one"
    assert names_in(folder) == ["run.json"]


def test_folders_are_made_below_the_root(folder: Path) -> None:
    atomic.make_folder(folder / "a" / "b", folder)
    atomic.make_folder(folder / "a" / "b", folder)
    assert (folder / "a" / "b").is_dir()


def test_a_root_that_went_away_is_not_made_anew(folder: Path) -> None:
    with pytest.raises(StorageError, match="still mounted"):
        atomic.make_folder(folder / "gone" / "a", folder / "gone")
    assert names_in(folder) == []


def test_a_file_in_the_way_is_named(folder: Path) -> None:
    (folder / "a").write_text("")
    with pytest.raises(StorageError, match="ordinary file"):
        atomic.make_folder(folder / "a" / "b", folder)


@pytest.mark.parametrize(
    ("doing", "number", "remedy"),
    [
        ("writing", errno.EACCES, "give this user write permission there"),
        (atomic.READING, errno.EACCES, "give this user permission to read it"),
        ("writing", errno.EEXIST, "name another file"),
        ("writing", errno.EISDIR, "name a file, not a folder"),
        (atomic.READING, errno.ENOENT, "is the name right"),
    ],
)
def test_the_remedy_is_of_what_was_done(doing: str, number: int, remedy: str) -> None:
    error = atomic.storage_error(Path("x"), doing, OSError(number, os.strerror(number)))
    assert remedy in str(error)


def test_an_error_of_no_path_is_none_of_storage() -> None:
    assert atomic.error_where_it_was(ConnectionRefusedError(errno.ECONNREFUSED, "refused")) is None
