"""What grows with the number of frames, of filters, and of rigs side by side on one machine.

    python benchmarks/growth.py [--write] [--frames 3000]

Frames are small and exposures short, so that all that could grow is our own share.
"""

import argparse
import json
import subprocess
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path

from memory import family, pss_mb
from page import publish, table
from ruler import Ruler
from served import BIN, Served, simulated

EXPOSURE = "exposure_s = { start = 0.05, min = 0.05, max = 2.0 }"
SMALL = (640, 512)


def flat_times(rig: Served, count: int) -> tuple[list[float], list[float]]:
    """Run one long set; return when each flat was told of, and the memory at that time in MB."""
    config = rig.config("frames", f'filters = ["L"]\ncount = {count}\n{EXPOSURE}')
    command = [str(BIN / "flatctl"), "run", str(config), "--json"]
    times, memory = [], []
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ) as run:
        for line in run.stdout:
            event = json.loads(line)
            if event["event"] == "flat":
                times.append(time.monotonic())
                if event["index"] % max(1, count // 20) == 0:
                    memory.append(sum(map(pss_mb, family(run.pid))))
    if run.returncode:
        raise SystemExit(f"{command} ended with {run.returncode}")
    return times, memory


def frames(folder: Path, count: int) -> str:
    with simulated(folder, *SMALL) as rig:
        times, memory = flat_times(rig, count)
    tenth = len(times) // 10
    rows = []
    for part in range(10):
        taken = times[part * tenth : (part + 1) * tenth]
        each_ms = 1000 * (taken[-1] - taken[0]) / (len(taken) - 1)
        mb = memory[min(2 * part + 1, len(memory) - 1)]
        rows.append(
            [f"{part * tenth + 1} to {(part + 1) * tenth}", f"{each_ms:.1f} ms", f"{mb:.0f} MB"]
        )
    return table(["Flats of one run", "Time per flat", "Memory"], rows)


def wall_s(commands: list[list[str]]) -> float:
    begun_s = time.monotonic()
    running = [
        subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        for command in commands
    ]
    if any(process.wait() for process in running):
        raise SystemExit(f"{commands} failed")
    return time.monotonic() - begun_s


def filters(folder: Path) -> str:
    rows = []
    with simulated(folder, *SMALL, "twelve") as rig:
        for many in (1, 2, 4, 8, 12):
            names = json.dumps([f"F{number}" for number in range(1, many + 1)])
            config = rig.config(f"filters-{many}", f"filters = {names}\ncount = 10\n{EXPOSURE}")
            taken_s = wall_s([[str(BIN / "flatctl"), "run", str(config)]])
            rows.append([many, f"{taken_s:.1f} s", f"{taken_s / many:.2f} s"])
    return table(["Filters of 10 flats", "Whole command", "Per filter"], rows)


def rigs(folder: Path) -> str:
    rows = []
    for many in (1, 2, 4, 8, 16):
        with ExitStack() as stack:
            served = [
                stack.enter_context(simulated(folder / f"{many}-{number}", *SMALL))
                for number in range(many)
            ]
            flats = (
                'filters = ["L"]\ncount = 20\nexposure_s = { start = 1.0, min = 0.5, max = 2.0 }'
            )
            commands = [
                [str(BIN / "flatctl"), "run", str(rig.config("run", flats))] for rig in served
            ]
            rulers = [Ruler(rig.port, rig.camera, rig.wheel) for rig in served]
            taken_s = wall_s(commands)
            idle = sorted(ruler.summary()["idle_median_s"] for ruler in rulers)
            for ruler in rulers:
                ruler.close()
        rows.append([many, f"{taken_s:.1f} s", f"{1000 * idle[len(idle) // 2]:.0f} ms"])
    headings = ["Rigs side by side", "20 flats of 1 s each, whole command", "Camera idle"]
    return table(headings, rows)


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--write", action="store_true")
    arguments.add_argument("--frames", type=int, default=3000)
    arguments.add_argument("--frames-only", action="store_true")
    options = arguments.parse_args()
    with tempfile.TemporaryDirectory(prefix="flatctl-bench-") as name:
        folder = Path(name)
        parts = [frames(folder / "frames", options.frames)]
        if not options.frames_only:
            parts += [filters(folder / "filters"), rigs(folder / "rigs")]
    publish("growth", "\n\n".join(parts), write=options.write)


if __name__ == "__main__":
    main()
