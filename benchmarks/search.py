"""Compare the search with the rules of other programs on thousands of random rigs.

python benchmarks/search.py            print the tables
python benchmarks/search.py --write    and put them into docs/explanation/search.md
"""

import argparse
import os
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from pathlib import Path

from case import Case, nights_of_search
from random_rigs import DISTRIBUTION, Night, Rig, Task
from rivals import RIVALS
from tables import insert, tables

# Two processes share the work; threads of the numeric library would only be in their way.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

PAGE = Path(__file__).parent.parent / "docs" / "explanation" / "search.md"


def run_rig(number: int, seed: int, task: Task, rivals: bool) -> list[Case]:
    """Return what every program does on one rig."""
    rig = Rig.draw(number, seed)
    reachable = [rig.reachable(k, task) for k in rig.filters]
    cases = list(nights_of_search(rig, task, reachable))
    for name, rule in RIVALS.items() if rivals else ():
        night = Night(rig)
        for i, k in enumerate(rig.filters):
            night.select(k)
            ending = rule(night, task)
            cases.append(
                Case(
                    name,
                    "any",
                    rig.steps,
                    reachable[i],
                    ending,
                    _last_in_band(night, task),
                    True,
                    night.frames,
                    night.open_s,
                    f"{number}/{i}",
                )
            )
    return cases


def _last_in_band(night: Night, task: Task) -> bool:
    full = night.rig.full_scale_adu
    return task.low * full <= night.last_adu <= task.high * full


def run_all(rigs: int, seed: int, task: Task, rivals: bool = True) -> list[Case]:
    """Return the cases of all rigs, two processes at work."""
    work = partial(run_rig, seed=seed, task=task, rivals=rivals)
    with ProcessPoolExecutor(2) as pool:
        return [case for cases in pool.map(work, range(rigs), chunksize=10) for case in cases]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rigs", type=int, default=2000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--write", action="store_true", help="put the tables into the docs")
    options = parser.parse_args()
    wide = run_all(options.rigs, options.seed, Task())
    narrow = run_all(options.rigs, options.seed, Task().with_tolerance(0.01), rivals=False)
    text = DISTRIBUTION.format(rigs=options.rigs) + "\n\n" + tables(wide, narrow)
    print(text)
    if options.write:
        insert(PAGE, text)


if __name__ == "__main__":
    main()
