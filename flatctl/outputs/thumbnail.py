"""A frame as a small picture: averaged down, stretched between two percentiles, a PNG."""

import io
import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from flatctl.errors import StorageError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

_LONGEST_PX = 420
_BLACK_PERCENTILE = 0.5
_WHITE_PERCENTILE = 99.5


@dataclass(frozen=True)
class Thumbnail:
    """A PNG, its size in pixels, and the levels in ADU that show as black and as white."""

    png: bytes
    width_px: int
    height_px: int
    black_adu: float
    white_adu: float


def load_thumbnail(path: Path) -> Thumbnail:
    """Return the thumbnail of a FITS file.

    Raises:
        StorageError: there is no such file, or it can't be read as a picture.

    """
    from astropy.io import fits
    from astropy.io.fits.verify import VerifyError

    try:
        with warnings.catch_warnings():
            # astropy warns of a file cut short, and then fails to read it: one message is enough.
            warnings.simplefilter("ignore")
            with fits.open(path, memmap=False) as units:
                frame = next((unit for unit in units if unit.data is not None), None)
                if frame is None:
                    raise StorageError(f"{path.name}: there is no picture in it")
                return _thumbnail(frame.data, frame.header)
    except FileNotFoundError as error:
        raise StorageError(f"{path.name}: the file is not there any more") from error
    except (OSError, ValueError, TypeError, KeyError, VerifyError) as error:
        raise StorageError(f"{path.name}: the file can't be read ({error})") from error


def _thumbnail(pixels: "NDArray[Any]", header: Any) -> Thumbnail:
    import matplotlib.image
    import numpy as np

    if pixels.ndim == 3:
        pixels = pixels.mean(axis=0)
    if pixels.ndim != 2 or 0 in pixels.shape:
        raise ValueError(f"its shape is {pixels.shape}, not rows and columns")
    small = _average_down(pixels, whole_cells="BAYERPAT" in header)
    if header.get("ROWORDER") == "BOTTOM-UP":
        small = small[::-1]
    black, white = (
        float(v) for v in np.nanpercentile(small, (_BLACK_PERCENTILE, _WHITE_PERCENTILE))
    )
    # A frame of one level only has nothing to stretch.
    span = white - black if white > black else 1.0
    grey = np.clip((small - black) / span, 0.0, 1.0)
    page = io.BytesIO()
    matplotlib.image.imsave(page, grey, cmap="gray", vmin=0.0, vmax=1.0, format="png")
    rows, cols = grey.shape
    return Thumbnail(page.getvalue(), cols, rows, black, white)


def _average_down(pixels: "NDArray[Any]", *, whole_cells: bool) -> "NDArray[np.float32]":
    """Return block means (rows, cols); blocks of a colour sensor hold whole 2x2 cells."""
    import numpy as np

    factor = max(1, -(-max(pixels.shape) // _LONGEST_PX))
    if whole_cells:
        factor += factor % 2
    factor = min(factor, *pixels.shape)
    rows, cols = (size // factor for size in pixels.shape)
    blocks = pixels[: rows * factor, : cols * factor].reshape(rows, factor, cols, factor)
    means: NDArray[np.float32] = blocks.mean(axis=(1, 3), dtype=np.float32)
    return means
