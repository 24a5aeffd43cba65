"""What holds for files of every format: that they are files, and no larger than any camera's."""

import stat
from pathlib import Path

from flatctl.fits.header import NotReadable

FRAME_MAX_PX = 1 << 29  # three colours of 150 megapixels


class NoFile(NotReadable):
    """It is something else, which might never end."""


def ensure_file(path: Path) -> None:
    """Raise `NoFile` for what is none, `OSError` where there is nothing of that name."""
    if not stat.S_ISREG(path.stat().st_mode):
        raise NoFile("it is a pipe, a device or a folder, not a file")


def ensure_possible(size_px: int) -> None:
    """Refuse what no camera makes, before memory is asked for. Raises `NotReadable`."""
    if size_px > FRAME_MAX_PX:
        raise NotReadable(f"its image has {size_px / 1e6:.0f} megapixels, more than any camera's")
