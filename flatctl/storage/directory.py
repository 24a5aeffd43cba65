"""The directory of all frames: whether they can be stored there, and what lies in it."""

import os
import shutil
import tempfile
from pathlib import Path

from flatctl.errors import StorageError
from flatctl.fits.header import BLOCK
from flatctl.storage.atomic import READING, create, storage_error

_LEADS_ABOVE = "it is a link to a folder above: left out"


def ensure_writable(directory: Path, needed_bytes: int = 0) -> None:
    """Prove that frames can be stored in `directory`; nothing stays behind.

    Where it doesn't exist yet, the directory that it would be created in is tried instead.

    Raises `StorageError` where it can't be written to or has less than `needed_bytes` left.
    """
    try:
        with tempfile.TemporaryDirectory(prefix=".flatctl-", dir=_existing(directory)) as trial:
            create(Path(trial) / "trial", [bytes(BLOCK)])
    except OSError as error:
        raise storage_error(directory, "writing", error) from error
    if (free := free_bytes(directory)) < needed_bytes:
        raise StorageError(
            f"{directory}: {in_words(free)} are free and the frames need "
            f"{in_words(needed_bytes)}; make room or choose another directory"
        )


def free_bytes(directory: Path) -> int:
    """Return how much room there is, where the directory lies or would be created.

    Raises `StorageError`.
    """
    try:
        return shutil.disk_usage(_existing(directory)).free
    except OSError as error:
        raise storage_error(directory, "looking for room", error) from error


def in_words(size_bytes: int) -> str:
    """Return an amount of room in GB, a small one in MB."""
    small = size_bytes < 100_000_000
    return f"{size_bytes / 1e6:.1f} MB" if small else f"{size_bytes / 1e9:.1f} GB"


def size_of(path: Path) -> int:
    """Return the size of a file in bytes, 0 where it has just gone."""
    try:
        return path.stat().st_size
    except OSError:
        return 0


def _existing(directory: Path) -> Path:
    # What this user may not look into counts as absent: the trial in the folder above tells why.
    places = (directory, *directory.absolute().parents)
    return next(path for path in places if os.path.exists(path))


def prepare_directory(directory: Path) -> None:
    """Create the directory of all frames where it doesn't exist yet. Raises `StorageError`."""
    try:
        directory.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise storage_error(directory, "creating the directory", error) from error


def files_below(directory: Path) -> tuple[list[Path], list[tuple[Path, str]]]:
    """Return all files in a directory and below it, and what there could not be listed, with why.

    Raises `StorageError` where the directory itself can't be.
    """
    problems: list[tuple[Path, str]] = []
    seen: set[tuple[int, int]] = set()

    def note(error: OSError) -> None:
        path = Path(error.filename or directory)
        if path == directory and isinstance(error, FileNotFoundError | NotADirectoryError):
            remedy = "give the folder of a night, or one above it"
            raise StorageError(f"{directory}: {error.strerror}; {remedy}") from error
        if path == directory:
            raise storage_error(directory, READING, error) from error
        problems.append((path, f"it can't be read: {error.strerror}"))

    found: list[Path] = []
    # Nights are often linked together from elsewhere; a link may lead back to where it lies.
    for folder, folders, names in os.walk(directory, onerror=note, followlinks=True):
        status = os.stat(folder)
        if (status.st_dev, status.st_ino) in seen:
            folders.clear()
            continue
        seen.add((status.st_dev, status.st_ino))
        above = [name for name in folders if _leads_above(Path(folder) / name, directory)]
        problems += [(Path(folder) / name, _LEADS_ABOVE) for name in above]
        folders[:] = [name for name in folders if name not in above]
        found += [Path(folder) / name for name in names]
    return sorted(found), problems


def _leads_above(path: Path, directory: Path) -> bool:
    """Tell whether a folder is a link out to one that holds the whole directory."""
    return path.is_symlink() and path.resolve() in directory.resolve().parents
