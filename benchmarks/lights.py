"""How long `plan` takes over a thousand lights of each format.

python benchmarks/lights.py            print the table
python benchmarks/lights.py --write    and put it into docs/explanation/performance.md
"""

import argparse
import os
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
from page import publish, table

sys.path += [str(Path(__file__).parents[1] / "tests" / each) for each in ("images", "storage")]
from dng_builder import dng_bytes
from light_builders import NINA, light_bytes
from xisf_builder import xisf_bytes

from flatctl.storage.lights import read_folder

LIGHTS = 1000
SIZE_PX = (4176, 6248)
QUOTED = {name: f"'{said}'" if isinstance(said, str) else said for name, said in NINA.items()}


def lay_out(folder: Path, content: bytes, suffix: str) -> None:
    """Write a light, and the others as links to it: headers are read anew of each."""
    (folder / f"0000{suffix}").write_bytes(content)
    for number in range(1, LIGHTS):
        os.link(folder / f"0000{suffix}", folder / f"{number:04d}{suffix}")


def row(suffix: str, content: bytes) -> list[str]:
    with tempfile.TemporaryDirectory(prefix="flatctl-bench-") as folder:
        lay_out(Path(folder), content, suffix)
        begun_s, used_s = time.perf_counter(), time.process_time()
        lights = sum(each.light is not None for each in read_folder(Path(folder)))
        assert lights == LIGHTS
        took_s, used_s = time.perf_counter() - begun_s, time.process_time() - used_s
    return [suffix, f"{len(content) / 1e6:.0f} MB", f"**{took_s:.2f} s**", f"{used_s:.2f} s"]


def main() -> None:
    """Measure, and print or write."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--write", action="store_true")
    options = arguments.parse_args()
    pixels = np.full(SIZE_PX, 1200, np.uint16)
    rows, cols = SIZE_PX
    files = {
        ".fits": light_bytes(cols=cols, rows=rows),
        ".xisf": xisf_bytes(pixels, QUOTED),
        ".dng": dng_bytes(pixels),
    }
    found = [row(suffix, content) for suffix, content in files.items()]
    headings = ["Format", "Each", f"{LIGHTS} lights", "Processor"]
    publish("lights", table(headings, found), write=options.write)


if __name__ == "__main__":
    main()
