"""The most memory a run takes: of flatctl with its INDI child, at each size of frames.

    python benchmarks/memory.py [--write]

Proportional set size (Pss) of both processes, every 10 ms: what they share with the driver and with
one another, the frames above all, counts once.
"""

import argparse
import re
import subprocess
import tempfile
import time
from contextlib import suppress
from pathlib import Path

from page import publish, table
from served import BIN, SIZES, simulated

FLATS = 'filters = ["L"]\ncount = {count}\nexposure_s = {{ start = 0.2, min = 0.2, max = 2.0 }}'


def family(pid: int) -> list[int]:
    """Return a process and its children."""
    with suppress(OSError):
        found = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
        tasks = Path(f"/proc/{pid}/task").iterdir()
        found = [child for task in tasks for child in (task / "children").read_text().split()]
        return [pid, *map(int, found)]
    return [pid]


def pss_mb(pid: int) -> float:
    with suppress(OSError, AttributeError):
        rollup = Path(f"/proc/{pid}/smaps_rollup").read_text()
        return int(re.search(r"^Pss:\s+(\d+)", rollup, re.M)[1]) / 1000
    return 0.0


def peak_mb(command: list[str]) -> float:
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    peak = 0.0
    while process.poll() is None:
        peak = max(peak, sum(map(pss_mb, family(process.pid))))
        time.sleep(0.01)
    if process.returncode:
        raise SystemExit(f"{command} ended with {process.returncode}")
    return peak


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--write", action="store_true")
    options = arguments.parse_args()
    rows = []
    with tempfile.TemporaryDirectory(prefix="flatctl-bench-") as folder:
        for megapixels, (cols, lines) in SIZES.items():
            frame_mb = 2 * cols * lines / 1e6
            with simulated(Path(folder) / megapixels, cols, lines) as rig:
                for way in ("auto", "off"):
                    config = rig.config(way, FLATS.format(count=10), indi=f'socket = "{way}"')
                    peak = peak_mb([str(BIN / "flatctl"), "run", str(config)])
                    name = "local socket" if way == "auto" else "TCP"
                    limit = 5 * frame_mb + 250
                    rows.append(
                        [
                            megapixels,
                            name,
                            f"{frame_mb:.0f} MB",
                            f"{peak:.0f} MB",
                            f"{limit:.0f} MB",
                        ]
                    )
                    print(rows[-1], flush=True)
    headings = ["Megapixels", "Way", "One frame", "Peak", "5 frames + 250 MB"]
    publish("memory", table(headings, rows), write=options.write)


if __name__ == "__main__":
    main()
