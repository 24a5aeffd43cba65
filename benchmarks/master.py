"""Time and memory of `flatctl master`, at each size of frames, beside Siril's on the same files.

    python benchmarks/master.py [--write] [--frames N]

Sets of so many flats and a third as many dark flats, of a simulated telescope.
"""

import argparse
import os
import shutil
import subprocess
import tempfile
import time
from dataclasses import astuple, dataclass
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


SIRIL = """requires 1.0.0
link dark -out={out}
cd {out}
stack dark rej s 4 4 -nonorm -out=dark_master
cd {flats}
link flat -out={out}
cd {out}
{calibrate} flat -dark=dark_master
stack pp_flat rej s 4 4 -norm=mul -out=flat_master
"""


@dataclass(frozen=True)
class Cost:
    """What a command took: on the clock, of all processors, and of memory at its most."""

    wall_s: float
    processor_s: float
    peak_mb: float

    def over(self, other: "Cost") -> list[str]:
        """Return it as fractions of another, as text."""
        mine, theirs = astuple(self), astuple(other)
        return [f"{one / two:.2f}" for one, two in zip(mine, theirs, strict=True)]


def cost_of(*command: str | Path) -> Cost:
    """Run a command; it is measured by a process that has no other child."""
    started = time.monotonic()
    child = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    _, status, used = os.wait4(child.pid, 0)
    wall_s = time.monotonic() - started
    child.returncode = os.waitstatus_to_exitcode(status)
    if child.returncode:
        raise SystemExit(f"{command[0]} ended with {child.returncode}")
    return Cost(wall_s, used.ru_utime + used.ru_stime, used.ru_maxrss * 1024 / 1e6)


def siril(folder: Path) -> Cost:
    """Stack the same files with the same rejection; Siril uses all processors."""
    night = next(each for each in folder.iterdir() if (each / "FLAT").is_dir())
    with tempfile.TemporaryDirectory(prefix="flatctl-siril-", dir=folder) as out:
        script = Path(out) / "stack.ssf"
        told = subprocess.run(["siril-cli", "--version"], capture_output=True, check=True).stdout
        calibrate = "preprocess" if b"siril 1.0" in told else "calibrate"
        commands = SIRIL.format(out=out, flats=night / "FLAT", calibrate=calibrate)
        script.write_text(commands, encoding="utf-8")
        return cost_of("siril-cli", "-d", night / "DARKFLAT", "-s", script)


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--write", action="store_true")
    arguments.add_argument("--frames", type=int, default=30)
    options = arguments.parse_args()
    rows = []
    for megapixels, (cols, lines) in SIZES.items():
        with tempfile.TemporaryDirectory(prefix="flatctl-bench-") as name:
            folder = Path(name)
            write_set(folder, FrameKind.FLAT, options.frames, cols, lines)
            write_set(folder, FrameKind.DARK_FLAT, options.frames // 3, cols, lines)
            # The first of the two to run would be the one that fetches the files from the disk.
            for each in folder.rglob("*.fits"):
                each.read_bytes()
            ours = cost_of(BIN / "flatctl", "master", folder)
            theirs = siril(folder) if shutil.which("siril-cli") else None
            set_mb = 2 * cols * lines * options.frames / 1e6
            row = [megapixels, f"{options.frames}", f"{set_mb:.0f} MB", f"{ours.wall_s:.0f} s"]
            row += [f"{ours.processor_s:.0f} s", f"{ours.peak_mb:.0f} MB"]
            rows.append(row + (ours.over(theirs) if theirs else ["–"] * 3))
            print(rows[-1], flush=True)
    headings = ["Megapixels", "Flats", "All flats", "Wall", "Processor", "Peak"]
    headings += ["Wall / Siril", "Processor / Siril", "Peak / Siril"]
    publish("master", table(headings, rows), write=options.write)


if __name__ == "__main__":
    main()
