"""Nights with random faults on real processes and sockets: `make soak-for-real`.

PYTHONPATH=tests/system python tests/faults/soak_for_real.py [N] [FIRST]

Each seed is a night of five filters with thirty flats each. Prints what each seed came to, and ends
with 1 if one broke a promise.
"""

import random
import sys
import tempfile
from pathlib import Path

from matrix import COMPLETE, DEVICE, INCOMPLETE, LIGHT
from promises import missing, spoilt
from wreckage import DARK_FLATS, Wreck, wreck

FILTERS, COUNT = ("L", "R", "G", "B", "Ha"), 30
EVENTS_BETWEEN_FAULTS = 60
RUNS_MAX = 6
# What a night can't go on after, only a person can mend, or, where a panel says that it is off
# after the last frame, nobody can see; and what these nights don't use.
NEVER = ("for good", "at first", "reports what it does not do", "light box")


def run(rig: Wreck, chance: random.Random, disturbed: bool) -> int:
    """Take the flats with a random fault now and then; return the exit code."""
    names = [name for name in rig.strikes if not any(words in name for words in NEVER)]

    def strike() -> None:
        rig.strikes[chance.choice(names)]()

    def now(event: dict) -> bool:
        return disturbed and not rig.is_broken and chance.random() < 1 / EVENTS_BETWEEN_FAULTS

    return rig.take_flats(now, strike, often=True)


def night(seed: int, folder: Path) -> list[str]:
    """Let a night pass, run after run until it is complete; return which promises broke."""
    chance = random.Random(seed)
    problems: list[str] = []
    endings: list[str] = []
    with wreck(folder) as rig:
        rig.configure(folder, FILTERS, COUNT)
        for number in range(RUNS_MAX):
            code = run(rig, chance, disturbed=number < RUNS_MAX - 1)
            rig.settle()
            last = [e["what"] for e in rig.told if e["event"] == "fault"][-1:]
            endings.append(f"run {number + 1} ended with {code} {last}: {rig.last_words}")
            if code not in (COMPLETE, DEVICE, INCOMPLETE, LIGHT):
                problems.append(f"exit code {code}")
            if rig.light_is_on() and code != LIGHT:
                problems.append(f"the lamp is on, and exit code {code} does not say so")
            if code == 0 or problems:
                break
        problems += spoilt(rig.flats) + missing(rig.flats, FILTERS, COUNT, DARK_FLATS)
        # Without these nobody would know what to look for.
        problems += [*endings, rig.server.log[-1000:]] if problems else []
    return [f"seed {seed}: {problem}" for problem in problems]


def main() -> int:
    """Let the nights of a few seeds pass."""
    count, first = (int(sys.argv[n]) if len(sys.argv) > n else d for n, d in ((1, 5), (2, 1)))
    broken = 0
    for seed in range(first, first + count):
        with tempfile.TemporaryDirectory(prefix="flatctl-soak-") as folder:
            problems = night(seed, Path(folder))
        broken += bool(problems)
        print(*(problems or [f"seed {seed}: all promises kept"]), sep="\n", flush=True)
    print(f"{count} nights, {broken} with broken promises")
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main())
