"""Frames as FITS files: complete, checksummed and never in place of another one."""

import shutil
import tempfile
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from flatctl.errors import StorageError
from flatctl.storage.atomic import create, make_folder, storage_error
from flatctl.storage.cards import make_card
from flatctl.storage.checksum import ALL_ONES, encode, ones_complement_sum
from flatctl.storage.headers import frame_header
from flatctl.storage.naming import frame_folder, frame_name
from flatctl.storage.record import FrameRecord

if TYPE_CHECKING:
    from astropy.io.fits import Header

BLOCK_LENGTH = 2880
_STORED = np.dtype(">i2")
Pixels16 = NDArray[np.uint16] | NDArray[np.int16]
# BZERO is 32768, which turns the highest bit over; this is that bit as a big-endian file has it.
_HIGHEST_BIT = np.array(0x8000, ">u2").view(np.uint16)


def write_frame(
    directory: Path,
    night: date,
    pixels: Pixels16,
    driver_header: bytes,
    record: FrameRecord,
) -> Path:
    """Store a frame of shape (rows, cols), dtype uint16, and return its path.

    Pixels of dtype >i2 are taken for what the file is to hold, 32768 less, and written as they are.
    The file lies in the night's folder below `directory`, which has to exist. It is on disk when
    this returns. A name that is taken is not used: the frame gets the next free one.

    Raises `StorageError`; nothing stays behind then.
    """
    unsigned = pixels.dtype.newbyteorder("=") == np.uint16
    if pixels.ndim != 2 or not (unsigned or pixels.dtype == _STORED):
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


def encode_frame(pixels: Pixels16, header: "Header") -> Sequence[bytes | memoryview]:
    """Return the bytes of a FITS file: the header with its checksums, the data, the padding."""
    return encode_data(_encode_pixels(pixels), header)


def encode_data(data: memoryview, header: "Header") -> Sequence[bytes | memoryview]:
    """Do what `encode_frame` does, of pixels that are as a file has them."""
    data_sum = ones_complement_sum(data)
    header.append(make_card("DATASUM", str(data_sum), "Sum of the data"))
    header.append(make_card("CHECKSUM", "0" * 16, "Makes the sum of the file zero"))
    total = ones_complement_sum(_header_bytes(header), start=data_sum)
    header["CHECKSUM"] = encode(ALL_ONES - total)
    return _header_bytes(header), data, bytes(-len(data) % BLOCK_LENGTH)


def _header_bytes(header: "Header") -> bytes:
    text: str = header.tostring(endcard=True, padding=True)
    return text.encode("ascii")


def _encode_pixels(pixels: Pixels16) -> memoryview:
    """Return the pixels as the file has them: themselves where they are so already."""
    stored = pixels
    if pixels.dtype != _STORED:
        stored = np.empty(pixels.shape, _STORED)
        stored.view(">u2")[...] = pixels
        native = stored.view(np.uint16)
        native ^= _HIGHEST_BIT
    return memoryview(np.ascontiguousarray(stored).reshape(-1).view(np.uint8).data)


def ensure_writable(directory: Path, needed_bytes: int = 0) -> None:
    """Prove that frames can be stored in `directory`; nothing stays behind.

    Where it doesn't exist yet, the directory that it would be created in is tried instead.

    Raises `StorageError` where it can't be written to or has less than `needed_bytes` left.
    """
    place = next(path for path in (directory, *directory.absolute().parents) if path.exists())
    try:
        with tempfile.TemporaryDirectory(prefix=".flatctl-", dir=place) as trial:
            create(Path(trial) / "trial", [bytes(BLOCK_LENGTH)])
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
