"""Images in FITS files of any program: what their headers say, and their pixels."""

import gzip
import os
import stat
import warnings
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, cast

from numpy.typing import NDArray

from flatctl.fits.header import Header, NotReadable, Value, read_header

if TYPE_CHECKING:
    from astropy.io.fits import HDUList

_HDUS_MAX = 20  # an image lies in the first, a compressed one in the second
_UNPACKED_MAX = 1 << 28


@dataclass(frozen=True)
class FileImage:
    """The first image of a file.

    `pixels` has shape ([planes,] rows, cols), native byte order, scaled by BZERO and BSCALE;
    `keywords` are the values of its header.
    """

    pixels: NDArray[Any]
    keywords: Mapping[str, object]


def read_image(path: Path) -> FileImage:
    """Read the first image of a file. Raises `NotReadable`, saying why."""
    glance(path)
    try:
        from astropy.io import fits
        from astropy.io.fits import VerifyError

        # What is odd and readable all the same is no business of who asks for the pixels.
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            with fits.open(path, memmap=False, lazy_load_hdus=True) as file:
                return _first_image(file)
    except (OSError, EOFError, ValueError, TypeError, KeyError, IndexError, zlib.error) as error:
        if isinstance(error, NotReadable):
            raise
        raise NotReadable(f"its pixels can't be read: {error}") from error
    except VerifyError as error:
        raise NotReadable(f"its header is broken: {error}") from error
    except MemoryError:
        raise NotReadable("its pixels don't fit into the memory") from None


def _first_image(file: "HDUList") -> FileImage:
    for part in file:
        if part.is_image and part.header.get("NAXIS", 0) >= 2 and part.data is not None:
            pixels = part.data
            keywords = {str(card.keyword): card.value for card in part.header.cards}
            return FileImage(pixels.astype(pixels.dtype.newbyteorder("="), copy=False), keywords)
    raise NotReadable("there is no image in it")


@dataclass(frozen=True)
class Glimpse:
    """What the headers of a file say, up to that of its first image.

    `values` are by keyword; where no value of FITS's kinds stands they are the bare word. Of a
    tile-compressed image they are those of the image inside, not of the table around it.
    `unfilled` files end with their last pixel, not with a whole block.
    """

    values: Mapping[str, Value]
    headers: Sequence[Header]
    unfilled: bool = False

    def comment(self, keyword: str) -> str:
        """Return the comment behind the number of a card, empty where there is none."""
        return next((text for each in self.headers if (text := each.comment(keyword))), "")


def glance(path: Path) -> Glimpse:
    """Read the headers of a file up to that of its first image, and no pixels.

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


def _image(file: BinaryIO, size: int | None) -> Glimpse:
    """Return what is said up to the first HDU that has an image; `size` of the file where known."""
    values: dict[str, Value] = {}
    headers: list[Header] = []
    end = 0
    for nth in range(_HDUS_MAX):
        header = read_header(file, first=not nth)
        headers.append(header)
        values |= {**header.words, **header.values}
        pixels_end = end + header.length + header.pixels_length
        end += header.length + header.data_length
        if size is not None and pixels_end > size:
            raise NotReadable(f"it is truncated: its end is missing ({pixels_end - size} bytes)")
        if values.get("ZIMAGE") is True:
            values |= {f"NAXIS{n}": header.whole(f"ZNAXIS{n}") for n in (1, 2)}
        if values.get("ZIMAGE") is True or _is_image(header):
            return Glimpse(values, headers, size is not None and size < end)
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
