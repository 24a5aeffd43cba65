"""Virtual nights with random faults, `N` of them with seeds from `FIRST` on: `make soak`.

PYTHONPATH=tests/engine python tests/faults/soak.py [N] [FIRST]

Prints what each seed came to, and ends with 1 if one broke a promise.
"""

import os
import random
import sys
import tempfile
import time
from pathlib import Path

from bench import Bench
from matrix import COMPLETE, DEVICE, INCOMPLETE, LIGHT
from promises import missing, spoilt
from trouble import SERVED, Trouble

from flatctl import events
from flatctl.core.types import CameraSetup
from flatctl.errors import BadReply, FlatctlError, NoReply

FILTERS, COUNT, DARK_FLATS = ("L", "R", "G", "B", "Ha"), 30, 2
FAULTS_PER_CALL = 0.03
NIGHT_S = 4 * 3600.0  # an undisturbed night takes five minutes of its own time
RUNS_MAX = 10


class RandomFaults:
    """Breaks anything at any call, by chance; quiet once `left` faults have struck."""

    def __init__(self, bench: Bench, chance: random.Random, left: int = 60) -> None:
        self._trouble = trouble = Trouble(bench.fake)
        self._bench, self._chance = bench, chance
        self.left = left
        trouble.before = self._maybe

    def _maybe(self, device: str, method: str) -> None:
        if not self.left or self._chance.random() >= FAULTS_PER_CALL:
            return
        self.left -= 1
        trouble, camera = self._trouble, self._bench.fake.camera
        name = getattr(self._bench.fake, device).name
        match self._chance.randrange(8):
            case 0:
                trouble.hangs(device, self._chance.uniform(1, 60))()
            case 1:
                raise NoReply(name, "is silent")
            case 2:
                raise BadReply(name, "answers garbage")
            case 3:
                trouble.go_away((device,), self._chance.uniform(0, 40))
            case 4:
                trouble.go_away(SERVED, self._chance.uniform(0, 40))
                camera.crash()
            case 5:
                camera.crash()
            case 6:
                camera.warm_up(self._chance.uniform(-12, 20))
            case 7:
                self._bench.fake.world.light.set(lit=False)


def night(seed: int, folder: Path) -> list[str]:
    """Let a night pass, run after run until it is complete; return which promises broke."""
    chance = random.Random(seed)
    bench = Bench(
        folder,
        filters=FILTERS,
        count=COUNT,
        dark_flats=DARK_FLATS,
        setup=CameraSetup(temperature_c=-10.0),
    )
    told: set[Path] = set()
    problems: list[str] = []
    for number in range(RUNS_MAX):
        faults = RandomFaults(bench, chance, left=0 if number == RUNS_MAX - 1 else 60)
        began_s = bench.fake.clock.monotonic()
        try:
            code = bench.run()
        except FlatctlError as error:
            code = error.exit_code
        # What a run leaves lit because the panel is out of reach, `flatctl safe` puts out later.
        faults.left = 0
        took_s = bench.fake.clock.monotonic() - began_s
        told |= {e.path for e in bench.told if isinstance(e, events.Flat | events.DarkFlat)}
        problems += [f"{path.name}: lost" for path in told if not path.is_file()]
        on_disk = len(list(folder.rglob("*.fits")))
        if on_disk != len(told):
            problems.append(f"{len(told)} frames told of, {on_disk} on disk")
        if took_s > NIGHT_S:
            problems.append(f"a run took {took_s:.0f} s")
        if code not in (COMPLETE, DEVICE, INCOMPLETE, LIGHT):
            problems.append(f"exit code {code}")
        if bench.fake.world.light.lit and code != LIGHT:
            problems.append(f"the lamp is on, and exit code {code} does not say so")
        if code == 0 or problems:
            break
        bench = bench.again()
    problems += spoilt(folder)
    if not problems:
        problems += missing(folder, FILTERS, COUNT, DARK_FLATS)
    return [f"seed {seed}: {problem}" for problem in problems]


def main() -> int:
    """Let the nights of many seeds pass."""
    count, first = (int(sys.argv[n]) if len(sys.argv) > n else d for n, d in ((1, 200), (2, 1)))
    broken, began_s = 0, time.monotonic()
    os.fsync = lambda descriptor: None  # no power cut here, and half of the time saved
    for seed in range(first, first + count):
        with tempfile.TemporaryDirectory(prefix="flatctl-soak-") as folder:
            problems = night(seed, Path(folder))
        broken += bool(problems)
        print(*(problems or [f"seed {seed}: all promises kept"]), sep="\n", flush=True)
    print(f"{count} nights, {broken} with broken promises, {time.monotonic() - began_s:.0f} s")
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main())
