"""What the sensor sees of the sky: the twilight through the roof, where the telescope points."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import numpy as np

from hardware_sims.light import write_json
from hardware_sims.optics import Relative
from hardware_sims.sky.motion import Motion, MountHabits
from hardware_sims.sky.stars import starlight
from hardware_sims.sky.twilight import Sky, Twilight

_TRACK_POINTS = 9
_LASTS = timedelta(hours=3)


@dataclass(frozen=True)
class RoofHabits:
    """A dome or roof that is open at first, or not, and may close by itself after a while."""

    starts_open: bool = True
    closes_after_s: float | None = None
    takes_s: float = 5.0


@dataclass(frozen=True)
class Seeing:
    """An exposure of the sky: when, through what, and the electrons of the sky in a pixel."""

    start_s: float
    exposure_s: float
    pixel_um: float
    pixels_per_bin: int
    bandwidth: float
    sky_e: float


class Roof:
    """A roof: when it was open. It lets no light through while it moves."""

    def __init__(
        self, habits: RoofHabits, now: Callable[[], float], state: Path | None = None
    ) -> None:
        self._habits, self._now, self._state = habits, now, state
        begun_s = now()
        self._course: list[tuple[float, bool]] = [(-1e9, habits.starts_open)]
        if habits.closes_after_s is not None:
            self._course.append((begun_s + habits.closes_after_s, False))

    def is_open(self, time_s: float | None = None) -> bool:
        """Return whether it is all open, now or at another time."""
        when = self._now() if time_s is None else time_s
        return [is_open for since_s, is_open in self._read() if since_s <= when][-1]

    def move(self, *, is_open: bool) -> float:
        """Open or close it; return the seconds that takes."""
        now_s = self._now()
        if self.is_open() != is_open:
            there_s = now_s + self._habits.takes_s
            kept = [each for each in self._read() if each[0] < now_s]
            self._course = [*kept, (now_s, False), (there_s, is_open)]
            if self._state is not None:
                write_json(self._state, self._course)
        return self._habits.takes_s

    def open_frac(self, start_s: float, exposure_s: float) -> float:
        """Return the share of an exposure in which it was open."""
        times = np.linspace(start_s, start_s + exposure_s, 33)
        return float(np.mean([self.is_open(float(each)) for each in times]))

    def _read(self) -> list[tuple[float, bool]]:
        if self._state is not None and self._state.exists():
            told = json.loads(self._state.read_text(encoding="utf-8"))
            self._course = [(float(since_s), bool(is_open)) for since_s, is_open in told]
        return self._course


class Scene:
    """The sky over one telescope. `mount` and `roof` are None where there is none."""

    def __init__(
        self,
        sky: Sky,
        mount: MountHabits | None,
        roof: RoofHabits | None,
        start: datetime,
        now: Callable[[], float],
        *,
        seed: int,
        state: Path | None = None,
    ) -> None:
        start, start_s = _begun(start, now(), state)
        self.twilight = Twilight(sky, start, start_s, seed)
        self.roof = None if roof is None else Roof(roof, now, _part(state, "roof"))
        self.mount = None if mount is None else self._motion(mount, now, state)
        self._still = self._motion(MountHabits(), now, None)
        self._seed = seed

    def light_e(
        self, nm: tuple[float, float], pixel_um: float, start_s: float, exposure_s: float
    ) -> float:
        """Return the electrons of the sky in a pixel at the centre of the field."""
        middle_s = start_s + exposure_s / 2
        open_frac = 1.0 if self.roof is None else self.roof.open_frac(start_s, exposure_s)
        at = self._pointing.direction(middle_s)
        brightness, _, _ = self.twilight.evenness(at, middle_s)
        ends = (start_s, start_s + exposure_s)
        return self.twilight.electrons(nm, pixel_um, *ends) * brightness * open_frac

    def seen(self, field: Relative, seeing: Seeing) -> Relative:
        """Return the light on each pixel over `sky_e`: the field's, uneven, with stars in it."""
        scope = self.twilight.sky.telescope
        scale = scope.arcsec_per_px(seeing.pixel_um)
        rows, cols = field.shape
        middle_s = seeing.start_s + seeing.exposure_s / 2
        at = self._pointing.direction(middle_s)
        _, aside, up = self.twilight.evenness(at, middle_s)
        degrees_per_px = scale / 3600.0
        across = (np.arange(cols, dtype=np.float32) - cols / 2) * np.float32(aside * degrees_per_px)
        down = (np.arange(rows, dtype=np.float32) - rows / 2) * np.float32(up * degrees_per_px)
        seen: Relative = field * (np.float32(1.0) + across[None, :] + down[:, None])
        if seeing.sky_e <= 0:
            return seen
        times = np.linspace(
            seeing.start_s, seeing.start_s + seeing.exposure_s, _TRACK_POINTS
        ).tolist()
        stars_e = starlight(
            (rows, cols),
            [self._pointing.place(each) for each in times],
            scale,
            scope.electrons_at_zero(seeing.bandwidth) * seeing.exposure_s,
            seeing.sky_e,
            density=self.twilight.sky.stars,
            seed=self._seed,
        )
        seen += field * (stars_e / np.float32(seeing.sky_e * seeing.pixels_per_bin))
        return seen

    @property
    def _pointing(self) -> Motion:
        return self._still if self.mount is None else self.mount

    def _motion(self, habits: MountHabits, now: Callable[[], float], state: Path | None) -> Motion:
        path = _part(state, "mount")
        return Motion(habits, self.twilight.site, now, self.twilight.utc, path)


def _part(state: Path | None, name: str) -> Path | None:
    return None if state is None else state / f"{name}.json"


def _begun(start: datetime, start_s: float, state: Path | None) -> tuple[datetime, float]:
    """Return when the sky began: the first of several processes says so, for one twilight."""
    if state is None:
        return start, start_s
    path = state / "sky.json"
    if path.exists():
        told = json.loads(path.read_text(encoding="utf-8"))
        begun = datetime.fromisoformat(told[0]), float(told[1])
        if timedelta() <= start - begun[0] < _LASTS and begun[1] <= start_s:
            return begun
    for name in ("mount", "roof"):
        state.joinpath(f"{name}.json").unlink(missing_ok=True)
    write_json(path, [start.isoformat(), start_s])
    return start, start_s
