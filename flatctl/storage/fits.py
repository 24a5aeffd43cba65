"""Frames as FITS files: complete, checksummed and never in place of another one."""

import shutil
import tempfile
from datetime import date
from pathlib import Path

import numpy as np

from flatctl.core.pixels.sixteen_bits import STORED, Pixels16
from flatctl.errors import StorageError
from flatctl.fits.encoding import encode_frame
from flatctl.fits.header import BLOCK, Header
from flatctl.storage.atomic import create, make_folder, storage_error
from flatctl.storage.headers import frame_header
from flatctl.storage.naming import frame_folder, frame_name
from flatctl.storage.record import FrameRecord


def write_frame(
    directory: Path,
    night: date,
    pixels: Pixels16,
    driver_header: Header,
    record: FrameRecord,
) -> Path:
    """Store a frame of shape (rows, cols), dtype uint16, and return its path.

    Pixels of dtype >i2 are taken for what the file is to hold, 32768 less, and written as they are.
    The file lies in the night's folder below `directory`, which has to exist. It is on disk when
    this returns. A name that is taken is not used: the frame gets the next free one.

    Raises `StorageError`; nothing stays behind then.
    """
    unsigned = pixels.dtype.newbyteorder("=") == np.uint16
    if pixels.ndim != 2 or not (unsigned or pixels.dtype == STORED):
        raise ValueError(f"a frame is rows of 16-bit pixels, not {pixels.shape} {pixels.dtype}")
    folder = frame_folder(directory, night, record.kind)
    make_folder(folder, directory)
    parts = encode_frame(pixels, frame_header(record, driver_header, pixels.shape))
    copy = 1
    while True:
        path = folder / frame_name(record, copy)
        try:
            create(path, parts)
        except FileExistsError:
            copy += 1
        else:
            return path


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
