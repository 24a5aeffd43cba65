"""A glance at a FITS file: what the header of its image says, and whether the file is whole."""

import gzip
import os
import stat
import zlib
from pathlib import Path
from typing import BinaryIO, cast

from flatctl.fits.header import Header, NotReadable, Value, read_header

_HDUS_MAX = 20  # an image lies in the first, a compressed one in the second
_UNPACKED_MAX = 1 << 28


def glance(path: Path) -> dict[str, Value]:
    """Return the values of the header of a file's first image. Reads no pixels.

    Of a tile-compressed image they are those of the image inside, not of the table around it.
    Raises `NotReadable`: no file, empty, no FITS, no image in it, truncated.
    """
    try:
        if not stat.S_ISREG(path.stat().st_mode):
            raise NotReadable("it is not a file")
        with path.open("rb") as file:
            if path.suffix.lower() == ".gz":
                with gzip.open(file) as unpacked:
                    return _image(cast(BinaryIO, unpacked), None)
            return _image(file, os.fstat(file.fileno()).st_size)
    except (EOFError, gzip.BadGzipFile, zlib.error):
        raise NotReadable("it is damaged or truncated: it can't be unpacked") from None
    except (OSError, ValueError) as error:
        if isinstance(error, NotReadable):
            raise
        raise NotReadable(
            f"it can't be read: {getattr(error, 'strerror', None) or error}"
        ) from None


def _image(file: BinaryIO, size: int | None) -> dict[str, Value]:
    """Return the values of the first HDU that has an image; `size` of the file where known."""
    values: dict[str, Value] = {}
    end = 0
    for nth in range(_HDUS_MAX):
        header = read_header(file, first=not nth)
        values |= header.values
        end += header.length + header.data_length
        if size is not None and end > size:
            raise NotReadable(f"it is truncated: its end is missing ({end - size} bytes)")
        if values.get("ZIMAGE") is True:
            return values | {f"NAXIS{n}": header.whole(f"ZNAXIS{n}") for n in (1, 2)}
        if _is_image(header):
            return values
        if end > _UNPACKED_MAX and size is None:
            break
        file.seek(end)
    raise NotReadable("there is no image in it")


def _is_image(header: Header) -> bool:
    return (
        header.values.get("XTENSION", "IMAGE") == "IMAGE"
        and header.whole("NAXIS") >= 2
        and header.whole("NAXIS1") * header.whole("NAXIS2") > 0
    )
