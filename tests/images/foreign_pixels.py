"""The pixels of the files that the package xisf 0.9.7 wrote, in `written_by_xisf_0.9.7.zip`.

`XISF.write(name, pixels, codec=…, shuffle=…)` of each of these, colours last, with these keywords.
"""

import numpy as np

_rows, _cols = np.mgrid[0:12, 0:16]
_GRAY = (30000 + 100 * _rows + 40 * _cols + (7 * _rows + 13 * _cols) % 9).astype(np.uint16)
PIXELS = {
    "u8": (_GRAY // 256).astype(np.uint8),
    "u16": _GRAY,
    "u32": _GRAY.astype(np.uint32) * 60000,
    "f32": (_GRAY / 65535).astype(np.float32),
    "rgb": np.stack([_GRAY, _GRAY // 2, _GRAY // 3]),
}
KEYWORDS = {"FILTER": "'Ha'", "EXPTIME": "0.025", "GAIN": "100"}
