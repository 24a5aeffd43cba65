"""flatctl against Ekos on the same rig: INDI's own simulators, three filters of ten flats from 1 s.

    python benchmarks/ekos/duel.py [--write] [--rounds 3]

Both are watched by the same passive second INDI client (`benchmarks/ruler.py`); its count of
exposures and its times are the ones in the table. The simulated camera sees the same light through
every filter and at every brightness of the panel, so flatctl is told to leave brightness alone, as
Ekos does. Trials are exposures that don't end up on disk.

Needs: apt-get install --no-install-recommends indi-bin kstars xvfb dbus python3-dbus
"""

import argparse
import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parent))

from page import publish, table  # noqa: E402  # because the benchmarks are no package
from ruler import Ruler  # noqa: E402  # because the benchmarks are no package
from served import Served, flatctl, stock  # noqa: E402  # because the benchmarks are no package

FILTERS = ("Red", "Green", "Blue")
COUNT = 10
START_S = 1.0
ADU, TOLERANCE_ADU = 30000.0, 1000.0
FULL_SCALE_ADU = 65535


def ekos(rig: Served) -> dict[str, float]:
    ruler = Ruler(rig.port, rig.camera, rig.wheel)
    command = ["/usr/bin/python3", str(HERE / "session.py"), str(rig.folder / "ekos")]
    command += ["--port", str(rig.port), "--camera", rig.camera, "--wheel", rig.wheel]
    command += ["--light", "Light Panel Simulator", "--mount", "Telescope Simulator"]
    command += ["--filters", ",".join(FILTERS), "--count", str(COUNT), "--size", "1280x1024"]
    command += ["--exposure", str(START_S), "--adu", str(ADU), "--tolerance", str(TOLERANCE_ADU)]
    said = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True).stdout
    ruler.close()
    facts = json.loads(said)
    return ruler.summary() | {"wall_s": facts["ended_s"] - facts["begun_s"], "kept": facts["kept"]}


def ours(rig: Served) -> dict[str, float]:
    flats = f"""
filters = {json.dumps(FILTERS)}
count = {COUNT}
target = {ADU / FULL_SCALE_ADU}
tolerance = {TOLERANCE_ADU / FULL_SCALE_ADU}
exposure_s = {{ start = {START_S}, min = 0.01, max = 180.0 }}
brightness = {{ start = 1.0, min = 1.0, max = 1.0 }}
"""
    config = rig.config("flatctl", flats)
    ruler = Ruler(rig.port, rig.camera, rig.wheel)
    begun_s = time.time()
    flatctl("run", config)
    wall_s = time.time() - begun_s
    ruler.close()
    kept = len(list((rig.folder / "flatctl").rglob("*.fits")))
    return ruler.summary() | {"wall_s": wall_s, "kept": kept}


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--write", action="store_true")
    arguments.add_argument("--rounds", type=int, default=3)
    options = arguments.parse_args()
    seen: dict[str, list[dict[str, float]]] = {"Ekos 3.6.2": [], "flatctl": []}
    for _ in range(options.rounds):
        for name, run in (("Ekos 3.6.2", ekos), ("flatctl", ours)):
            # A rig of its own for each: neither finds what the other left behind.
            with tempfile.TemporaryDirectory() as folder, stock(Path(folder)) as rig:
                seen[name].append(run(rig))
            print(name, {k: round(v, 3) for k, v in seen[name][-1].items()}, flush=True)
    middle = {
        name: {key: median(run[key] for run in runs) for key in runs[0]}
        for name, runs in seen.items()
    }
    rows = []
    for name, facts in middle.items():
        trials = facts["exposures"] - facts["kept"]
        rows.append(
            [
                f"**{name}**" if name == "flatctl" else name,
                f"{facts['wall_s']:.1f} s",
                f"{facts['first_to_last_s']:.1f} s",
                f"{trials:.0f}",
                f"{facts['kept']:.0f}",
                f"{1000 * facts['idle_median_s']:.0f} ms",
            ]
        )
    them, us = middle["Ekos 3.6.2"], middle["flatctl"]
    ratio = [
        "ratio",
        f"{us['wall_s'] / them['wall_s']:.2f}",
        f"{us['first_to_last_s'] / them['first_to_last_s']:.2f}",
        f"{(us['exposures'] - us['kept']) / (them['exposures'] - them['kept']):.2f}",
        "",
        f"{us['idle_median_s'] / them['idle_median_s']:.2f}",
    ]
    headings = [
        *("", "Wall time", "First exposure to last", "Trials", "Kept"),
        "Camera idle between flats",
    ]
    publish("ekos", table(headings, [*rows, ratio]), write=options.write)


if __name__ == "__main__":
    main()
