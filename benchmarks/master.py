"""Processor time and most memory of `flatctl master`, at each size of frames.

    python benchmarks/master.py [--write] [--frames N]

Sets of so many flats and a third as many dark flats, of a simulated telescope.
"""

import argparse
import resource
import subprocess
import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path

from page import publish, table
from served import BIN, SIZES

from flatctl.core.nights.history import SettingKey
from flatctl.core.pixels.statistics import measure
from flatctl.core.types import FrameKind
from flatctl.fits.header import Header
from flatctl.storage.naming import night_of
from flatctl.storage.record import FrameRecord
from flatctl.storage.writer import write_frame
from hardware_sims.optics import Optics
from hardware_sims.sensor import Readout, Sensor

STARTED = datetime(2026, 11, 22, 17, 15, tzinfo=UTC)
LIGHT_E = 7700.0
KEY = SettingKey("benchmark", "Simulator", None, 1, None, None, None, None)


def write_set(folder: Path, kind: FrameKind, count: int, cols: int, rows: int) -> None:
    readout = Readout(Sensor(), seed=1)
    light = Optics().relative(rows, cols, seed=1)
    dark = kind is FrameKind.DARK_FLAT
    for number in range(1, count + 1):
        pixels = readout.digitise(light, 0.0 if dark else LIGHT_E, 0.0, gain=100, offset=10)
        measured = measure(pixels, 65535)
        record = FrameRecord(
            kind=kind,
            key=KEY,
            session="20261122T171500Z",
            number=number,
            count=count,
            started=STARTED + timedelta(seconds=number),
            exposure_s=1.0,
            statistics=measured,
            full_scale_adu=65535.0,
            target_adu=None if dark else measured.median,
            tolerance_adu=None if dark else 100.0,
        )
        write_frame(folder, night_of(STARTED, UTC), pixels, Header(), record)


def processor_s() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--write", action="store_true")
    arguments.add_argument("--frames", type=int, default=30)
    options = arguments.parse_args()
    rows = []
    for megapixels, (cols, lines) in SIZES.items():
        with tempfile.TemporaryDirectory(prefix="flatctl-bench-") as folder:
            write_set(Path(folder), FrameKind.FLAT, options.frames, cols, lines)
            write_set(Path(folder), FrameKind.DARK_FLAT, options.frames // 3, cols, lines)
            before_s = processor_s()
            subprocess.run([BIN / "flatctl", "master", folder], check=True)
            seconds = processor_s() - before_s
            # Of the largest child so far; the sizes ascend.
            peak_mb = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss * 1024 / 1e6
            set_mb = 2 * cols * lines * options.frames / 1e6
            row = [megapixels, options.frames, f"{set_mb:.0f} MB"]
            rows.append([*row, f"{peak_mb:.0f} MB", f"{seconds:.0f} s"])
            print(rows[-1], flush=True)
    headings = ["Megapixels", "Flats", "All flats", "Peak", "Processor time"]
    publish("master", table(headings, rows), write=options.write)


if __name__ == "__main__":
    main()
