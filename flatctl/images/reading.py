"""The one door to images in files: their facts without pixels, or with them, of any format."""

from pathlib import Path

from flatctl.fits.header import NotReadable
from flatctl.images import fits_files
from flatctl.images.facts import Facts, Image


def read_facts(path: Path) -> Facts:
    """Read what a file says of its first image, and no pixels.

    Raises `NotReadable`, saying why, and `Missing` where what reads it is not installed.
    """
    return fits_files.read_facts(path)


def read_image(path: Path) -> Image:
    """Read the first image of a file. Raises as `read_facts`, for whatever is wrong with it."""
    try:
        return fits_files.read_image(path)
    except NotReadable:
        raise
    except MemoryError:
        raise NotReadable("its pixels don't fit into the memory") from None
    except Exception as error:
        # What a damaged file makes a library raise is nothing that anybody could list.
        raise NotReadable(f"its pixels can't be read: {error}") from error
