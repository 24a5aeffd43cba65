"""Measuring and writing a frame, beside what numpy and the bare disk need for it.

    python benchmarks/pixels.py [--megapixels 61] [--directory DIR] [--repeat 5] [--write]

Best of the repetitions: what else the machine does only ever adds to them.
"""

import argparse
import os
import subprocess
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path

import numpy as np
from page import publish, table

from flatctl.core.nights.history import SettingKey
from flatctl.core.pixels.histogram import CHUNK_PX, LEVELS, fast_histogram, plain_histogram
from flatctl.core.pixels.statistics import measure
from flatctl.core.types import FrameKind
from flatctl.fits.header import Header
from flatctl.storage.record import FrameRecord
from flatctl.storage.verify import verify_file
from flatctl.storage.writer import write_frame


def best_ms(
    task: Callable[[], object], repeat: int, clean_up: Callable[[], object] = lambda: None
) -> float:
    times = []
    for _ in range(repeat):
        begun_s = time.perf_counter()
        task()
        times.append(time.perf_counter() - begun_s)
        clean_up()
    return 1000 * min(times)


def chunked_bincount(pixels: np.ndarray) -> np.ndarray:
    flat, counts = pixels.reshape(-1), np.zeros(LEVELS, np.int64)
    for first in range(0, flat.size, CHUNK_PX):
        counts += np.bincount(flat[first : first + CHUNK_PX], minlength=LEVELS)
    return counts


def dd_ms(source: Path, target: Path, repeat: int) -> float:
    def copy() -> None:
        command = ["dd", f"if={source}", f"of={target}", "bs=4M", "conv=fsync", "status=none"]
        subprocess.run(command, check=True)

    return best_ms(copy, repeat, target.unlink)


def record(pixels: np.ndarray) -> FrameRecord:
    return FrameRecord(
        kind=FrameKind.FLAT,
        key=SettingKey("benchmark", "benchmark", None, 1, None, None, None, None),
        session="benchmark",
        number=1,
        count=1,
        started=datetime(2026, 11, 22, tzinfo=UTC),
        exposure_s=1.0,
        statistics=measure(pixels, 65535),
        full_scale_adu=65535,
        target_adu=27000,
        tolerance_adu=3000,
    )


def with_numpy(pixels: np.ndarray) -> None:
    np.median(pixels), pixels.mean(), pixels.std()


def measuring(pixels: np.ndarray, stored: np.ndarray, repeat: int) -> str:
    tasks: dict[str, Callable[[], object]] = {
        "reading the memory (`max`)": pixels.max,
        "`np.bincount` in chunks": lambda: chunked_bincount(pixels),
        "`np.median`": lambda: np.median(pixels),
        "`np.median`, `np.mean`, `np.std`": lambda: with_numpy(pixels),
        "**all statistics**, native pixels": lambda: measure(pixels, 65535),
        "**all statistics**, as FITS stores them": lambda: measure(stored, 65535),
    }
    if fast_histogram() is not None:
        tasks["the same without the extra `fast`"] = lambda: plain_histogram(stored)
    times = {name: best_ms(task, repeat) for name, task in tasks.items()}
    bincount, memory = times["`np.bincount` in chunks"], times["reading the memory (`max`)"]
    rows = [
        [name, f"{ms:.1f} ms", f"{ms / bincount:.2f}", f"{ms / memory:.1f}"]
        for name, ms in times.items()
    ]
    return table(["Measuring", "Time", "Of `np.bincount`", "Of reading"], rows)


def writing(stored: np.ndarray, folder: Path, repeat: int) -> str:
    facts, night = record(stored), date(2026, 11, 22)

    def store() -> None:
        made.append(write_frame(folder, night, stored, Header(), facts))

    made: list[Path] = []
    kept = write_frame(folder, night, stored, Header(), facts)
    times = {
        "`dd conv=fsync`": dd_ms(kept, folder / "bare", repeat),
        "**stored**: header, checksums, write, fsync, name, fsync of the folder": best_ms(
            store, repeat, lambda: made.pop().unlink()
        ),
        "verified again": best_ms(lambda: verify_file(kept), repeat),
    }
    floor = times["`dd conv=fsync`"]
    rows = [
        [name, f"{ms:.0f} ms", f"{stored.nbytes / 1e3 / ms:.0f} MB/s", f"{floor / ms:.2f}"]
        for name, ms in times.items()
    ]
    return table(["Writing", "Time", "Rate", "Of `dd`"], rows)


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--megapixels", type=float, default=61.2)
    arguments.add_argument("--directory", type=Path, default=Path())
    arguments.add_argument("--repeat", type=int, default=7)
    arguments.add_argument("--write", action="store_true")
    options = arguments.parse_args()
    rows = round((options.megapixels * 1e6 / 1.5) ** 0.5)
    noise = np.random.default_rng(1).normal(27000, 160, (rows, round(1.5 * rows)))
    pixels = noise.astype(np.uint16)
    stored = (pixels ^ np.uint16(0x8000)).astype(">i2", casting="unsafe")
    with tempfile.TemporaryDirectory(dir=options.directory) as folder:
        text = "\n\n".join(
            [
                f"{pixels.size / 1e6:.1f} megapixels, {pixels.nbytes / 1e6:.0f} MB:",
                measuring(pixels, stored, options.repeat),
                writing(stored, Path(folder), options.repeat),
            ]
        )
    os.sync()
    publish("pixels", text, write=options.write)


if __name__ == "__main__":
    main()
