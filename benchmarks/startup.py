"""How long commands take before they do anything: `--help`, and `check` against a running rig.

python benchmarks/startup.py [--write]
"""

import argparse
import tempfile
import time
from pathlib import Path
from statistics import median

from page import publish, table
from served import SIZES, flatctl, simulated

TIMES = 7


def seconds(*arguments: object) -> float:
    times = []
    for _ in range(TIMES):
        begun_s = time.perf_counter()
        flatctl(*arguments)
        times.append(time.perf_counter() - begun_s)
    return median(times)


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--write", action="store_true")
    options = arguments.parse_args()
    with (
        tempfile.TemporaryDirectory(prefix="flatctl-bench-") as folder,
        simulated(Path(folder), *SIZES["1.3"]) as rig,
    ):
        config = rig.config("rig", 'filters = ["L"]')
        flatctl("check", config)
        times = {
            "`flatctl --help`": seconds("--help"),
            "`flatctl run --dry-run`": seconds("run", config, "--dry-run"),
            "`flatctl check`, INDI rig and serial panel": seconds("check", config),
        }
    rows = [[name, f"{taken_s:.2f} s"] for name, taken_s in times.items()]
    publish("startup", table(["Command", "Median"], rows), write=options.write)


if __name__ == "__main__":
    main()
