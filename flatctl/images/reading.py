"""The one door to images in files: their facts without pixels, or with them, of any format."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TypeVar

from flatctl.fits.header import NotReadable
from flatctl.images import fits_files, raws, xisf_files
from flatctl.images.facts import Facts, Format, Image
from flatctl.images.kinds import format_by_name

Found = TypeVar("Found")
_FACTS: Mapping[Format, Callable[[Path], Facts]] = {
    Format.FITS: fits_files.read_facts,
    Format.XISF: xisf_files.read_facts,
    Format.RAW: raws.read_facts,
}
_IMAGES: Mapping[Format, Callable[[Path], Image]] = {
    Format.FITS: fits_files.read_image,
    Format.XISF: xisf_files.read_image,
    Format.RAW: raws.read_image,
}


def read_facts(path: Path) -> Facts:
    """Read what a file says of its first image, and no pixels.

    Raises `NotReadable`, saying why, and `Missing` where what reads it is not installed.
    """
    return _told(_FACTS[_format(path)], path)


def read_image(path: Path) -> Image:
    """Read the first image of a file. Raises as `read_facts`, for whatever is wrong with it."""
    return _told(_IMAGES[_format(path)], path)


def _format(path: Path) -> Format:
    """Return what a file is to be read as; one whose name tells nothing says so itself."""
    return format_by_name(path) or Format.FITS


def _told(read: Callable[[Path], Found], path: Path) -> Found:
    try:
        return read(path)
    except NotReadable:
        raise
    except MemoryError:
        raise NotReadable("it doesn't fit into the memory") from None
    except OSError as error:
        raise NotReadable(f"it can't be read: {error.strerror or error}") from None
    except Exception as error:
        # What a damaged file makes a library raise is nothing that anybody could list.
        raise NotReadable(f"it can't be read: {error}") from error
