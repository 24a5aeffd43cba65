"""What compressed flats cost: room on the disk, and whether the camera waits for them.

python benchmarks/compressed.py            print the tables
python benchmarks/compressed.py --write    and put them into docs/explanation/performance.md
"""

import argparse
import os
import tempfile
import time
from pathlib import Path

import numpy as np
from efficiency import measured
from page import publish, table
from served import SIZES, simulated

from flatctl.fits.compressed import encode_compressed

# What cameras say of themselves: bits, electrons of a full pixel, and how their pixels lie in 16.
CAMERAS = {
    "14 bits, 50,000 e-": (14, 50_000, 1),
    "14 bits, 15,000 e-": (14, 15_000, 1),
    "14 bits, 50,000 e-, times 4": (14, 50_000, 4),
    "16 bits, 50,000 e-": (16, 50_000, 1),
    "12 bits, 20,000 e-": (12, 20_000, 1),
}
TARGET = 0.51
IDLE_OF = "26"


def row_of_disk(name: str) -> list[str]:
    """Compress a flat of a camera; light has the noise of its photons."""
    bits, full_e, factor = CAMERAS[name]
    cols, rows = SIZES["26"]
    adu_per_e = ((1 << bits) - 1) / full_e
    light_e = np.random.default_rng(1).poisson(TARGET * full_e, (rows, cols))
    pixels = (np.round(light_e * adu_per_e) * factor).astype(np.uint16)
    begun_s = time.process_time()
    size = sum(len(part) for part in encode_compressed(pixels, []))
    took_s = time.process_time() - begun_s
    return [name, f"**{size / pixels.nbytes:.0%}**", f"{took_s:.2f} s"]


def row_of_idle(exposure_s: float, count: int) -> list[str]:
    """Take two filters plain, then compressed, and return how long the camera idles."""
    cols, rows = SIZES[IDLE_OF]
    found = [IDLE_OF, f"{exposure_s:g} s"]
    for how in ("none", "rice"):
        os.environ["FLATCTL_OUTPUT__COMPRESS"] = how
        folder = tempfile.TemporaryDirectory(prefix="flatctl-bench-")
        with folder as place, simulated(Path(place), cols, rows) as rig:
            seen = measured(rig, IDLE_OF, exposure_s, ["L", "R"], count).seen
        found += [f"{1000 * seen['idle_median_s']:.0f} ms", f"{1000 * seen['idle_max_s']:.0f} ms"]
    return found


def main() -> None:
    """Measure, and print or write."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--write", action="store_true")
    options = arguments.parse_args()
    encode_compressed(np.zeros((16, 16), np.uint16), [])  # the library is loaded
    disk = [row_of_disk(name) for name in CAMERAS]
    headings = ["Camera", "Of the plain file", "Processor, 26 megapixels"]
    publish("compressed disk", table(headings, disk), write=options.write)
    idle = [row_of_idle(exposure_s, count) for exposure_s, count in ((1.0, 8), (0.1, 10))]
    headings = ["Megapixels", "Exposure", "Idle, plain", "at most", "Idle, compressed", "at most"]
    publish("compressed idle", table(headings, idle), write=options.write)


if __name__ == "__main__":
    main()
