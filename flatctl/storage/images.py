"""Images out of FITS files of any program: whole numbers, real ones, compressed ones."""

import warnings
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from numpy.typing import NDArray

from flatctl.fits.header import NotReadable
from flatctl.storage.glance import glance

if TYPE_CHECKING:
    from astropy.io.fits import HDUList


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
