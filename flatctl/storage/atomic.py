"""Files that are either complete under their final name or not there at all."""

import ctypes
import errno
import os
import re
import secrets
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import datetime
from pathlib import Path

from flatctl.errors import StorageError

READING = "reading"
_REMEDIES = {
    errno.ENOSPC: "make room on it, then run the same command again to go on",
    errno.EDQUOT: "make room within your quota, then run the same command again to go on",
    errno.EACCES: "give this user write permission there or choose another directory",
    errno.EPERM: "give this user write permission there or choose another directory",
    errno.EROFS: "remount the disk writable or choose another directory",
    errno.ENOENT: "is the disk still mounted? create the directory, then run again to go on",
    errno.ENOTDIR: "choose a directory whose path holds no ordinary file",
    **dict.fromkeys(
        (errno.EMFILE, errno.ENFILE),
        "too many files are open: end other programs, or raise the limit (ulimit -n)",
    ),
    errno.EEXIST: "name another file",
    errno.EISDIR: "name a file, not a folder",
    errno.ENAMETOOLONG: "choose a directory with a shorter path",
    errno.ELOOP: "a link leads round in a circle: choose another directory",
    errno.ENOTSUP: "this file system can't keep files from being overwritten; choose another one",
}
# Where only reading is wanted; for the rest the remedies are the same.
_READ_REMEDIES = _REMEDIES | {
    errno.EACCES: "give this user permission to read it",
    errno.EPERM: "give this user permission to read it",
    errno.ENOENT: "is the name right, and the disk mounted?",
    errno.ENOTDIR: "is the name right? A file is no folder",
    errno.EIO: "check the disk and its cable (dmesg), or restore it from a copy",
}
_NO_LINKS = {errno.EPERM, errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENOSYS, errno.EMLINK}
_CHUNK_BYTES = 8 << 20
_UNFINISHED = re.compile(r".+\.fits(\.fz)?\.[0-9a-f]{8}\.part")
_LEFT_ALONE_S = 600.0
_AT_FDCWD = -100  # linux/fcntl.h
_RENAME_NOREPLACE = 1  # linux/fs.h


def storage_error(path: Path, doing: str, error: OSError) -> StorageError:
    """Return what to raise for a failed system call: what, where, and what to do."""
    remedies = _READ_REMEDIES if doing == READING else _REMEDIES
    remedy = remedies.get(error.errno or 0, "check the disk and its cable (dmesg)")
    return StorageError(f"{path}: {doing} failed: {error.strerror or error}; {remedy}")


def error_where_it_was(error: OSError) -> StorageError | None:
    """Return what to raise for a failed system call on a path, None where it names no path."""
    if not isinstance(error.filename, str | os.PathLike):
        return None
    return storage_error(Path(error.filename), "using it", error)


def create(path: Path, parts: Iterable[bytes | memoryview]) -> None:
    """Write a new file of `parts`, on disk and complete before it bears its name.

    Raises `FileExistsError` where the name is taken, with that file untouched, and
    `StorageError` for everything else that goes wrong. Nothing stays behind in either case.
    """
    try:
        if path.exists():
            raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), str(path))
        with _written(path, parts) as temporary:
            _name(temporary, path)
    except FileExistsError:
        raise
    except OSError as error:
        raise storage_error(path, "writing", error) from error


def create_free(name: Callable[[int], Path], parts: Sequence[bytes | memoryview]) -> Path:
    """Do what `create` does under the first name that is free: `name(1)`, `name(2)` and so on."""
    copy = 1
    while True:
        try:
            create(name(copy), parts)
        except FileExistsError:
            copy += 1
        else:
            return name(copy)


def write_text(path: Path, text: str) -> None:
    """Replace a file by `text` in UTF-8; a reader sees the old one or the new one, whole.

    Raises `StorageError`; the old file is intact then and nothing else stays behind.
    """
    try:
        with _written(path, [text.encode("utf-8")]) as temporary:
            temporary.replace(path)
    except OSError as error:
        raise storage_error(path, "writing", error) from error


def remove_leftovers(folder: Path, now: datetime) -> None:
    """Remove what runs that were killed left half written in a folder, if it has been left alone.

    Another rig may write there just now: what was touched within `_LEFT_ALONE_S` stays.
    """
    for path in folder.glob("*.part"):
        if _UNFINISHED.fullmatch(path.name):
            with suppress(OSError):
                if now.timestamp() - path.stat().st_mtime > _LEFT_ALONE_S:
                    path.unlink()


def make_folder(folder: Path, root: Path) -> None:
    """Create `folder` below `root`, which has to exist: a disk that went away stays away.

    Raises `StorageError`.
    """
    try:
        for step in [*reversed(folder.relative_to(root).parents), folder.relative_to(root)][1:]:
            with suppress(FileExistsError):
                (root / step).mkdir()
                _sync_folder((root / step).parent)
    except OSError as error:
        raise storage_error(folder, "creating the directory", error) from error


@contextmanager
def _written(path: Path, parts: Iterable[bytes | memoryview]) -> Iterator[Path]:
    """Write `parts` beside `path`, to be named in the block; make the name durable after it.

    Whatever happens nothing of it stays under the temporary name, also where the folder was moved
    away meanwhile.
    """
    temporary = path.with_name(f"{path.name}.{secrets.token_hex(4)}.part")
    folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY)
    try:
        try:
            with open(temporary.name, "xb", buffering=0, opener=_inside(folder)) as file:
                for part in parts:
                    _write_all(file.fileno(), part)
                os.fsync(file.fileno())
            yield temporary
        finally:
            with suppress(FileNotFoundError):
                os.unlink(temporary.name, dir_fd=folder)
        _sync(folder)
    finally:
        os.close(folder)


def _inside(folder: int) -> Callable[[str, int], int]:
    return lambda name, flags: os.open(name, flags, 0o666, dir_fd=folder)


def _write_all(descriptor: int, part: bytes | memoryview) -> None:
    left = memoryview(part).cast("B")
    while left:
        left = left[os.write(descriptor, left[:_CHUNK_BYTES]) :]
        # The disk begins with what it has while the rest is still being copied.
        os.posix_fadvise(descriptor, 0, 0, os.POSIX_FADV_DONTNEED)


def _name(temporary: Path, path: Path) -> None:
    """Give a finished file its name unless that is taken."""
    try:
        os.link(temporary, path)
    except OSError as error:
        if error.errno not in _NO_LINKS:
            raise
        _rename_new(temporary, path)


def _rename_new(temporary: Path, path: Path) -> None:
    """Rename without overwriting: for FAT and network shares, which have no hard links."""
    libc = ctypes.CDLL(None, use_errno=True)
    source, target = os.fsencode(temporary), os.fsencode(path)
    if libc.renameat2(_AT_FDCWD, source, _AT_FDCWD, target, _RENAME_NOREPLACE) == 0:
        return
    number = ctypes.get_errno()
    if number not in {errno.EINVAL, errno.ENOSYS}:
        raise OSError(number, os.strerror(number), str(temporary), None, str(path))
    # FUSE (exFAT, sshfs) may know neither: an empty file takes the name, which nobody can do
    # twice, and the frame then takes its place.
    os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC))
    try:
        temporary.replace(path)
    except OSError:
        path.unlink()
        raise


def _sync_folder(folder: Path) -> None:
    """Make the names in `folder` durable."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        _sync(descriptor)
    finally:
        os.close(descriptor)


def _sync(folder: int) -> None:
    try:
        os.fsync(folder)
    except OSError as error:
        # Some network and FUSE file systems have nothing to synchronise in a directory.
        if error.errno not in {errno.EINVAL, errno.ENOTSUP}:
            raise
