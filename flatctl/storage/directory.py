"""The directory of all frames: whether they can be stored there, and room for them."""

import shutil
import tempfile
from pathlib import Path

from flatctl.errors import StorageError
from flatctl.fits.header import BLOCK
from flatctl.storage.atomic import create, storage_error


def ensure_writable(directory: Path, needed_bytes: int = 0) -> None:
    """Prove that frames can be stored in `directory`; nothing stays behind.

    Where it doesn't exist yet, the directory that it would be created in is tried instead.

    Raises `StorageError` where it can't be written to or has less than `needed_bytes` left.
    """
    place = next(path for path in (directory, *directory.absolute().parents) if path.exists())
    try:
        with tempfile.TemporaryDirectory(prefix=".flatctl-", dir=place) as trial:
            create(Path(trial) / "trial", [bytes(BLOCK)])
        free_bytes = shutil.disk_usage(place).free
    except OSError as error:
        raise storage_error(directory, "writing", error) from error
    if free_bytes < needed_bytes:
        raise StorageError(
            f"{directory}: {free_bytes / 1e9:.1f} GB are free and the frames need "
            f"{needed_bytes / 1e9:.1f} GB; make room or choose another directory"
        )


def prepare_directory(directory: Path) -> None:
    """Create the directory of all frames where it doesn't exist yet. Raises `StorageError`."""
    try:
        directory.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise storage_error(directory, "creating the directory", error) from error
