"""How long measuring and storing one frame take, beside what numpy and the bare disk need.

    python benchmarks/storage.py [--megapixels 61] [--directory DIR] [--repeat 5]

Prints the best of the repetitions in milliseconds. Figures, no assertions.
"""

import argparse
import os
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path

import numpy as np

from flatctl.core.statistics import measure
from flatctl.core.types import FrameKind
from flatctl.storage.fits import encode_frame, write_frame
from flatctl.storage.headers import frame_header
from flatctl.storage.record import FrameRecord
from flatctl.storage.verify import verify_file


def best_ms(task: Callable[[], object], repeat: int) -> float:
    times = []
    for _ in range(repeat):
        begun = time.perf_counter()
        task()
        times.append(time.perf_counter() - begun)
    return 1000 * min(times)


def write_bare(path: Path, content: bytes) -> None:
    with path.open("wb", buffering=0) as file:
        file.write(content)
        os.fsync(file.fileno())
    path.unlink()


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--megapixels", type=float, default=61.0)
    arguments.add_argument("--directory", type=Path, default=Path())
    arguments.add_argument("--repeat", type=int, default=5)
    options = arguments.parse_args()

    rows = round((options.megapixels * 1e6 / 1.5) ** 0.5)
    noise = np.random.default_rng(1).normal(27000, 160, (rows, round(1.5 * rows)))
    pixels = noise.astype(np.uint16)
    record = FrameRecord(
        kind=FrameKind.FLAT,
        rig="benchmark",
        camera="benchmark",
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
    content = bytes(pixels)
    with tempfile.TemporaryDirectory(dir=options.directory) as folder:
        root = Path(folder)

        def store() -> Path:
            return write_frame(root, date(2026, 11, 22), pixels, b"", record)

        stored = store()
        tasks: dict[str, Callable[[], object]] = {
            "statistics": lambda: measure(pixels, 65535),
            "  numpy's median, mean and std": lambda: (
                np.median(pixels),
                pixels.mean(),
                pixels.std(),
            ),
            "header, byte order, checksums": lambda: encode_frame(
                pixels, frame_header(record, b"", pixels.shape)
            ),
            "stored, on disk": lambda: store().unlink(),
            "  bare write and fsync": lambda: write_bare(root / "bare", content),
            "verified": lambda: verify_file(stored),
        }
        print(f"{pixels.size / 1e6:.1f} megapixels, {pixels.nbytes / 1e6:.0f} MB")
        for name, task in tasks.items():
            print(f"{name:34}{best_ms(task, options.repeat):8.1f} ms")


if __name__ == "__main__":
    main()
