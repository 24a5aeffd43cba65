"""A frame as a picture that any program shows: averaged down and stretched."""

from typing import TYPE_CHECKING

from flatctl.outputs.png import png

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

_LONGEST_PX = 1200
_BLACK, _WHITE = 0.5, 99.5  # percentiles


def picture(pixels: "NDArray[np.uint16]", *, whole_cells: bool) -> bytes:
    """Return the PNG of pixels, shape (rows, cols); `whole_cells` keeps colours of 2×2 together."""
    import numpy as np

    factor = max(1, -(-max(pixels.shape) // _LONGEST_PX))
    factor = min(factor + (factor % 2 if whole_cells else 0), *pixels.shape)
    rows, cols = (length // factor for length in pixels.shape)
    blocks = pixels[: rows * factor, : cols * factor].reshape(rows, factor, cols, factor)
    small = blocks.mean(axis=(1, 3))
    black, white = np.percentile(small, (_BLACK, _WHITE))
    return png(np.clip((small - black) / max(float(white - black), 1.0), 0.0, 1.0))
