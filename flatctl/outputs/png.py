"""Pixels as a PNG file."""

import io
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from numpy.typing import NDArray


def png(picture: "NDArray[Any]") -> bytes:
    """Return the PNG of fractions from 0 to 1: shape (rows, cols), or (rows, cols, 4) for RGBA."""
    import numpy as np
    from PIL import Image

    page = io.BytesIO()
    Image.fromarray(np.rint(255.0 * picture).astype(np.uint8)).save(page, "PNG")
    return page.getvalue()
