"""The published rules of other programs, written anew from their descriptions.

Each takes a night with its filter selected and returns how it ended: `accepted`, `given up`, or
`endless` where the program itself has no way to stop. Exposing programs work at half brightness;
all are given the benchmark's limits and tolerance in place of their own defaults.
"""

from bisect import insort
from collections.abc import Callable
from statistics import correlation

from random_rigs import Night, Task

ENDLESS = 60  # frames after which a loop without an end of its own is stopped
Ending = str


def nina_exposure(night: Night, task: Task) -> Ending:
    """N.I.N.A. AutoExposureFlat: the middle of the limits first; ratio in 10..90 %, else halve."""
    rig, brightness = night.rig, _half(night)
    low, high = task.shortest_s, task.longest_s
    t = (low + high) / 2
    points: list[tuple[float, float]] = []
    for _ in range(21):
        last_try = t in (low, high) and bool(points)
        level = night.expose(brightness, t)[0] / rig.full_scale_adu
        if abs(level - task.target) <= task.tolerance:
            return "accepted"
        if last_try and (t <= task.shortest_s or t >= task.longest_s):
            return "given up"
        low, high = (t, high) if level < task.target else (low, t)
        if 0.1 <= level <= 0.9:
            insort(points, (t, level))
        straight = len(points) < 3 or correlation(*zip(*points, strict=True)) ** 2 >= 0.95
        if 0.1 <= level <= 0.9 and straight:
            t = min(max(t * task.target / level, task.shortest_s), task.longest_s)
        else:
            t = (low + high) / 2
    return "given up"


def nina_brightness(night: Night, task: Task) -> Ending:
    """N.I.N.A. AutoBrightnessFlat: bisection of the steps, at the start exposure."""
    rig = night.rig
    low, high = rig.dimmest, rig.steps
    for _ in range(21):
        step = round((low + high) / 2)  # halves to even, as .NET rounds
        level = night.expose(step, task.start_s)[0] / rig.full_scale_adu
        if abs(level - task.target) <= task.tolerance:
            return "accepted"
        if step in (rig.dimmest, rig.steps):
            return "given up"
        low, high = (step, high) if level < task.target else (low, step)
    return "given up"


def ekos(night: Night, task: Task) -> Ending:
    """Ekos: x1.25 or x0.75 first, then a straight line through all points; no cap, no limits."""
    rig, brightness, t = night.rig, _half(night), task.start_s
    points: list[tuple[float, float]] = []
    for _ in range(ENDLESS):
        level = night.expose(brightness, t)[0] / rig.full_scale_adu
        if abs(level - task.target) <= task.tolerance:
            return "accepted"
        if level > 0.95:
            t *= 0.1
            continue
        points.append((t, level))
        step = t * (1.25 if level < task.target else 0.75)
        line = _line(points)
        t = (task.target - line[1]) / line[0] if line and line[0] else step
        if not 0 < t <= 180:
            t = step
    return "endless"


def ccdciel(night: Night, task: Task) -> Ending:
    """CCDciel, dome flats: plain ratio until within 1 % or crossing it; clamped, it shoots."""
    rig, brightness, t = night.rig, _half(night), task.start_s
    before = None
    for _ in range(ENDLESS):
        level = night.expose(brightness, t)[0]
        ratio = task.target * rig.full_scale_adu / max(level, 1.0)
        crossed = before is not None and (before - 1) * (ratio - 1) < 0
        if abs(1 - ratio) <= 0.01 or (crossed and level < 64000 / 65535 * rig.full_scale_adu):
            return "accepted"
        before, t = ratio, round(t * ratio, 3)
        if not task.shortest_s <= t <= task.longest_s:
            t = min(max(t, task.shortest_s), task.longest_s)
            night.expose(brightness, t)
            return "accepted"
    return "endless"


def pyobs(night: Night, task: Task) -> Ending:
    """pyobs: a bias frame, then factors within 0.1..10; waits for ever outside the limits."""
    rig, brightness, t = night.rig, _half(night), task.start_s
    bias = night.expose(rig.dimmest, 0.0)[0]
    goal = task.target * rig.full_scale_adu
    for _ in range(ENDLESS):
        within = task.shortest_s <= t <= task.longest_s
        t = min(max(t, task.shortest_s), task.longest_s)
        level = night.expose(brightness, t)[0]
        if within and abs(level - goal) <= task.tolerance * rig.full_scale_adu:
            return "accepted"
        t *= min(max((goal - bias) / max(level - bias, 1e-9), 0.1), 10.0)
    return "endless"


def _half(night: Night) -> int:
    return (night.rig.dimmest + night.rig.steps) // 2


def _line(points: list[tuple[float, float]]) -> tuple[float, float] | None:
    """Return slope and intercept of the least-squares line; None for a single time."""
    n = len(points)
    mean_t, mean_l = sum(t for t, _ in points) / n, sum(level for _, level in points) / n
    spread = sum((t - mean_t) ** 2 for t, _ in points)
    if spread <= 0:
        return None
    slope = sum((t - mean_t) * (level - mean_l) for t, level in points) / spread
    return slope, mean_l - slope * mean_t


RIVALS: dict[str, Callable[[Night, Task], Ending]] = {
    "N.I.N.A., exposure": nina_exposure,
    "N.I.N.A., brightness": nina_brightness,
    "Ekos": ekos,
    "CCDciel": ccdciel,
    "pyobs": pyobs,
}
