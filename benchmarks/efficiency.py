"""How much of a run is exposure, read-out and turning the wheel, and how long the camera idles.

python benchmarks/efficiency.py            print the tables
python benchmarks/efficiency.py --write    and put them into docs/explanation/performance.md
python benchmarks/efficiency.py --quick    the smallest case only
"""

import argparse
import json
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from page import publish, table
from ruler import Ruler
from served import SIZES, Served, flatctl, simulated

SCENARIOS = {0.1: "mono", 1.0: "mono", 5.0: "dim"}
COUNTS = {0.1: 20, 1.0: 10, 5.0: 5}
# Done as a whole night has them: five filters of thirty. In the other cases, short sets of two
# filters, start and end of the command weigh more.
NIGHTS = {("1.3", 1.0), ("26", 1.0)}


@dataclass(frozen=True)
class Result:
    """A run: what it was, what the ruler saw of it, and how long the command took in all."""

    megapixels: str
    exposure_s: float
    filters: int
    flats: int
    wall_s: float
    seen: dict[str, float]

    @property
    def efficiency(self) -> float:
        """The part of the command's time in which the camera or the wheel was at work."""
        return self.seen["busy_s"] / self.wall_s


def measured(
    rig: Served, megapixels: str, exposure_s: float, names: list[str], count: int
) -> Result:
    """Train the rig with one flat of each filter, then time a whole `run`."""
    name = f"run-{exposure_s:g}"
    limits = f"{{ start = {exposure_s}, min = {exposure_s}, max = {4 * exposure_s} }}"
    flats = f"filters = {json.dumps(names)}\ncount = {count}\nexposure_s = {limits}"
    config = rig.config(name, flats)
    flatctl("run", config, "--count", 1)
    ruler = Ruler(rig.port, rig.camera, rig.wheel)
    begun_s = time.time()
    flatctl("run", config, "--no-resume")
    wall_s = time.time() - begun_s
    ruler.close()
    return Result(megapixels, exposure_s, len(names), len(names) * count, wall_s, ruler.summary())


def row(result: Result) -> list[str]:
    seen = result.seen
    overhead_s = (result.wall_s - seen["busy_s"]) / result.flats
    return [
        result.megapixels,
        f"{result.exposure_s:g} s",
        f"{result.filters} × {result.flats // result.filters}",
        f"{result.wall_s:.1f} s",
        f"{seen['busy_s']:.1f} s",
        f"**{result.efficiency:.3f}**",
        f"{1000 * overhead_s:.0f} ms",
        f"{1000 * seen['idle_median_s']:.1f} ms",
        f"{1000 * seen['idle_max_s']:.0f} ms",
    ]


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--write", action="store_true")
    arguments.add_argument("--quick", action="store_true")
    options = arguments.parse_args()
    results = []
    with tempfile.TemporaryDirectory(prefix="flatctl-bench-") as folder:
        for megapixels, (cols, rows) in list(SIZES.items())[: 1 if options.quick else None]:
            for exposure_s, scenario in list(SCENARIOS.items())[: 2 if options.quick else None]:
                place = Path(folder) / f"{megapixels}-{exposure_s:g}"
                names, count = ["L", "R"], COUNTS[exposure_s]
                if (megapixels, exposure_s) in NIGHTS and not options.quick:
                    names, count = ["L", "R", "G", "B", "Ha"], 30
                with simulated(place, cols, rows, scenario) as rig:
                    results.append(measured(rig, megapixels, exposure_s, names, count))
                print("| " + " | ".join(row(results[-1])) + " |", flush=True)
    headings = [
        *("Megapixels", "Exposure", "Filters × flats", "Whole command", "Camera or wheel at work"),
        *("Efficiency", "Rest per flat", "Camera idle between flats", "at most"),
    ]
    publish("efficiency", table(headings, [row(result) for result in results]), write=options.write)


if __name__ == "__main__":
    main()
