"""How long flats will take, from what earlier nights took."""

import os
from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from statistics import mean, median

from flatctl.core.nights.history import PastRun, SettingKey, Trained
from flatctl.core.types import MODES, CameraSetup, FilterPlan, FrameKind
from flatctl.errors import ExitCode
from flatctl.outputs.tables.plan import Estimate
from flatctl.settings.models import Settings
from flatctl.settings.plan import plan_flats
from flatctl.storage.directory import size_of
from flatctl.storage.history import History
from flatctl.storage.naming import FOLDERS

USUAL_OVERHEAD_S = 5.0
SEARCH_TRIALS = 3
_RUNS = 20


def expected(settings: Settings, plans: Sequence[FilterPlan]) -> list[Estimate]:
    """Return how long each set of a run will take; a history that isn't there is not begun."""
    with history_of(settings) as history:
        experience = Experience(history, settings.rig.name, settings.camera.setup)
    return [experience.estimate(plan, settings.dark_flats.count) for plan in plans]


def room_before(settings: Settings) -> tuple[int, Path]:
    """Return the bytes that a run needs by the frames of the last one, and their night's folder.

    0 where no frames of an earlier run are there. What filters a run takes may not be known: it is
    then as many frames as the largest of late has taken.
    """
    with history_of(settings) as history:
        runs = history.runs(settings.rig.name, _RUNS)
    for past in runs:
        night = Path(past.directory)
        files = (night / FOLDERS[FrameKind.FLAT]).glob("*")
        largest = max(map(size_of, files), default=0)
        if largest:
            plans = plan_flats(settings)
            flats = sum(plan.count for plan in plans)
            frames = flats + settings.dark_flats.count if plans else max(run.frames for run in runs)
            return frames * largest, night
    return 0, Path()


def history_of(settings: Settings) -> History:
    """Return the history, in memory where there is none: looking ahead does not begin one."""
    place = settings.output.history
    return History(place if os.path.exists(place) else Path(":memory:"))


class Experience:
    """What a rig's history says of exposures and of all the time that is lost around them.

    `setup` is that of the sets that have none of their own.
    """

    def __init__(self, history: History, rig: str, setup: CameraSetup | None = None) -> None:
        self._own = setup
        self._trained = history.all_trained(rig)
        self.overhead_s = _overhead(history.runs(rig, _RUNS), self._trained)

    def estimate(self, plan: FilterPlan, dark_flats: int) -> Estimate:
        """Return how long a set and its dark flats will take; cooling and turning apart."""
        exposure_s = self._exposure(plan)
        known = exposure_s is not None
        each_s = (plan.exposure_start_s if exposure_s is None else exposure_s) + self.overhead_s
        frames = plan.count + dark_flats + (0 if known else SEARCH_TRIALS)
        return Estimate(frames * each_s, known)

    def flat_s(self, plan: FilterPlan) -> float | None:
        """Return how long a flat of a set takes; `None` where none was taken before."""
        exposure_s = self._exposure(plan)
        return None if exposure_s is None else exposure_s + self.overhead_s

    def _exposure(self, plan: FilterPlan) -> float | None:
        of_set = replace(plan, setup=plan.setup or self._own)
        fitting = [trained for key, trained in self._trained if _fits(key, of_set)]
        return max(fitting, key=lambda t: t.time).exposure_s if fitting else None


def _fits(key: SettingKey, plan: FilterPlan) -> bool:
    """Say whether a trained setting is of this set; what the set doesn't say, fits."""
    return key.filter == plan.filter and plan.setup is not None and fits_setup(key, plan.setup)


def fits_setup(key: SettingKey, setup: CameraSetup) -> bool:
    """Say whether what was learned holds for a camera setup; what that doesn't say, fits."""
    if key.binning != setup.binning:
        return False
    names = ("gain", "offset", "iso", *MODES)
    pairs = [(getattr(setup, name), getattr(key, name)) for name in names]
    return all(wanted is None or wanted == found for wanted, found in pairs)


def _overhead(runs: Sequence[PastRun], trained: Sequence[tuple[SettingKey, Trained]]) -> float:
    """Return the usual seconds per frame beyond the exposure: readout, search, wheel."""
    exposures: dict[str, list[float]] = {}
    for key, found in trained:
        exposures.setdefault(key.filter or "none", []).append(found.exposure_s)
    lost = []
    for run in runs:
        filters = [_filter_of(name, exposures) for name in run.filters]
        known = [exposure for one in filters if one for exposure in exposures[one]]
        if run.exit_code == ExitCode.COMPLETE and run.frames and known:
            lost.append(max(0.0, run.seconds / run.frames - mean(known)))
    return median(lost) if lost else USUAL_OVERHEAD_S


def _filter_of(name: str, filters: Iterable[str]) -> str | None:
    """Return which of `filters` a set's name begins with: it is the filter's, or that and more."""
    fitting = (each for each in filters if f"{name}, ".startswith((f"{each}, ", f"{each} (")))
    return max(fitting, key=len, default=None)
