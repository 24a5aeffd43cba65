"""Builders of event streams, as the engine would send them, for the tests of the outputs."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path

import numpy as np
from astropy.io import fits
from numpy.typing import NDArray

from flatctl.events import Event, PlannedFilter, SkyPlan
from flatctl.outputs.jsonlines import to_plain
from flatctl.outputs.record import RunRecord
from flatctl.outputs.sentences.run import lines_of
from flatctl.outputs.stored import event_of, events_of

FULL_SCALE = 65535
DUSK_BEGUN = datetime(2026, 11, 9, 16, 0, tzinfo=UTC)


def typed(event: str, **keys: object) -> Event:
    """Return an event of these keys, unknown what is not among them."""
    made = event_of({"event": event, "time": "2026-11-22T17:15:31.000Z", **keys})
    assert made is not None
    return made


def told(listener: Callable[[Event, RunRecord], None], events: Iterable[Event]) -> RunRecord:
    """Tell a listener of events as a run does, and return the record of them."""
    record = RunRecord()
    for event in events:
        record.take(event)
        listener(event, record)
    return record


def kept(events: Iterable[Event]) -> list[dict[str, object]]:
    """Return events as `run.json` keeps them."""
    return [to_plain(event) for event in events]


class Night:
    """A night's events, one call per happening; the clock goes on with every exposure."""

    def __init__(
        self,
        folder: Path | str = "/data/flats/2026-11-22",
        filters: tuple[str, ...] = ("L", "R", "Ha"),
        *,
        rig: str = "mono-refractor",
        camera: str = "CCD Simulator",
        panel: str = "Flip-Flat on /dev/ttyUSB0",
        target: float = 0.51,
        tolerance: float = 0.05,
        maximum: int = 255,
        start: datetime = datetime(2026, 11, 22, 17, 15, 30, 123000, tzinfo=UTC),
    ) -> None:
        self.now = start
        self.begun = start
        self.folder = Path(folder)
        self.events: list[dict[str, object]] = []
        self.outcomes: dict[str, str] = dict.fromkeys(filters, "stopped")
        self.frames = 0
        self._trials: dict[str, int] = {}
        self._flats: dict[str, int] = {}
        self._say(
            "run_started",
            run=start.strftime("%Y%m%dT%H%M%SZ"),
            rig=rig,
            filters=list(filters),
            folder=str(folder),
            camera=camera,
            panel=panel,
            brightness_min=0,
            brightness_max=maximum,
            full_scale_adu=float(FULL_SCALE),
            target=dict.fromkeys(filters, target),
            tolerance=dict.fromkeys(filters, tolerance),
        )

    def _say(self, event: str, **keys: object) -> dict[str, object]:
        stamp = self.now.isoformat(timespec="milliseconds").replace("+00:00", "Z")
        plain: dict[str, object] = {"event": event, "time": stamp, **keys}
        self.events.append(plain)
        return plain

    def begin(self, filter_: str, *, wanted: int = 30, present: int = 0, **keys: object) -> Night:
        self._flats[filter_] = present
        self._trials[filter_] = 0
        defaults = {"start_brightness": 128, "start_exposure_s": 1.0, "trained": False}
        self._say(
            "filter_started", filter=filter_, wanted=wanted, present=present, **(defaults | keys)
        )
        return self

    def trial(
        self,
        filter_: str,
        level: float,
        brightness: int = 128,
        exposure_s: float = 1.0,
        **keys: object,
    ) -> Night:
        self._pass(exposure_s)
        self._trials[filter_] += 1
        verdict = "accepted" if abs(level - 0.51) <= 0.05 else "too_dim"
        verdict = "too_bright" if level > 0.56 else verdict
        verdict = "clipped" if level >= 1.0 else verdict
        figures = {
            "n": self._trials[filter_],
            "brightness": brightness,
            "exposure_s": exposure_s,
            "median_adu": level * FULL_SCALE,
            "level": level,
            "clipped_frac": 1.0 if level >= 1.0 else 0.0,
            "verdict": verdict,
        }
        self._say("trial", filter=filter_, **(figures | keys))
        return self

    def curve(self, filter_: str, points: list[tuple[int, float]]) -> Night:
        """Tell the learned curve: pairs of brightness and level at one second."""
        self._say(
            "panel_curve",
            filter=filter_,
            pedestal_adu=0.0,
            brightness=[step for step, _ in points],
            light_adu_s=[level * FULL_SCALE for _, level in points],
        )
        return self

    def quality(self, filter_: str, **keys: object) -> Night:
        self._say("set_quality", filter=filter_, **keys)
        return self

    def flat(
        self,
        filter_: str,
        level: float = 0.51,
        brightness: int = 128,
        exposure_s: float = 4.2,
        *,
        count: int = 30,
        write: bool = False,
        **keys: object,
    ) -> Night:
        self._pass(exposure_s)
        self._flats[filter_] += 1
        self.frames += 1
        index = self._flats[filter_]
        path = self.folder / "FLAT" / f"FLAT_FILTER-{safe(filter_)}_{index:04d}.fits"
        median = level * FULL_SCALE
        if write:
            write_flat(path, median, seed=index, filter_=filter_)
        figures = {
            "index": index,
            "count": count,
            "brightness": brightness,
            "exposure_s": exposure_s,
            "median_adu": median,
            "level": level,
            "path": str(path),
            "statistics": {
                "count": 1280 * 1024,
                "mean": median * 0.985,
                "median": median,
                "std": median * 0.035,
                "mad": median * 0.022,
                "min": median * 0.71 // 1,
                "max": median * 1.09 // 1,
                "clipped_frac": 0.0,
            },
        }
        self._say("flat", filter=filter_, **(figures | keys))
        return self

    def reject(self, filter_: str, level: float = 0.58, exposure_s: float = 4.2) -> Night:
        self._pass(exposure_s)
        self._say(
            "rejected",
            filter=filter_,
            reason=f"level {100 * level:.1f} % is outside 46.0 % to 56.0 %",
            brightness=128,
            exposure_s=exposure_s,
            median_adu=level * FULL_SCALE,
            level=level,
            clipped_frac=0.0,
        )
        return self

    def dark(self, index: int, count: int = 10, exposure_s: float = 4.2) -> Night:
        self._pass(exposure_s)
        self.frames += 1
        path = self.folder / "DARKFLAT" / f"DARKFLAT_{index:04d}.fits"
        self._say("dark_flat", exposure_s=exposure_s, index=index, count=count, path=str(path))
        return self

    def skip(self, name: str, reason: str) -> Night:
        self._say("skipped", path=str(self.folder / "FLAT" / name), reason=reason)
        return self

    def fault(self, device: str, what: str, *, recovered: bool = True) -> Night:
        self._say("fault", device=device, what=what, recovered=recovered)
        return self

    def end(self, filter_: str, outcome: str = "complete", reason: str = "") -> Night:
        self.outcomes[filter_] = outcome
        self._say(
            "filter_finished",
            filter=filter_,
            outcome=outcome,
            trials=self._trials.get(filter_, 0),
            flats=self._flats.get(filter_, 0),
            reason=reason,
        )
        return self

    def over(self, exit_code: int = 0, reason: str = "") -> Night:
        self._say(
            "run_finished",
            exit_code=exit_code,
            filters=dict(self.outcomes),
            frames=self.frames,
            seconds=(self.now - self.begun).total_seconds(),
            reason=reason,
        )
        return self

    def _pass(self, exposure_s: float) -> None:
        self.now += timedelta(seconds=exposure_s + 0.8)

    def __iter__(self) -> Iterator[Event]:
        return events_of({"events": self.events})


def complete_night(folder: Path | str = "/data/flats/2026-11-22", flats: int = 4) -> Night:
    """Two filters, both complete, with one rejected frame."""
    night = Night(folder, ("L", "Ha"))
    night.begin("L", wanted=flats).trial("L", 0.93).trial("L", 0.511, 70)
    for _ in range(flats):
        night.flat("L", 0.511, 70, 1.0, count=flats)
    night.end("L")
    night.begin("Ha", wanted=flats).trial("Ha", 0.02).trial("Ha", 0.09, 255).trial(
        "Ha", 0.5, 255, 6.2
    )
    for index in range(flats):
        if index == 1:
            night.reject("Ha")
        night.flat("Ha", 0.5 + 0.002 * index, 255, 6.2, count=flats)
    return night.end("Ha").over()


def mixed_night(folder: Path | str = "/data/flats/2026-11-22", *, write: bool = False) -> Night:
    """A long night with everything in it: clipped trials, rejects, faults, a filter that failed."""
    night = Night(folder, ("L", "R", "G", "Ha", "OIII", "SII"))
    rng = np.random.default_rng(7)
    night.begin("L").trial("L", 1.0, 128).trial("L", 0.043, 4).trial("L", 0.41, 30)
    night.trial("L", 0.507, 38)
    for index in range(30):
        level = 0.507 + 0.03 * math.exp(-index / 6) + rng.normal(0, 0.003)
        if index == 2:
            night.reject("L", 0.574, 1.0)
        night.flat("L", level, 38, 1.0, write=write)
    night.end("L")
    night.begin("R", trained=True, start_brightness=96, start_exposure_s=1.0, present=12)
    night.trial("R", 0.522, 96)
    for _ in range(18):
        night.flat("R", 0.522 + rng.normal(0, 0.002), 96, 1.0, write=write)
    night.fault("Flip-Flat on /dev/ttyUSB0", "no reply within 2.0 s, asked again")
    night.end("R")
    night.begin("G").trial("G", 0.71).trial("G", 0.5, 88)
    for _ in range(30):
        night.flat("G", 0.5 + rng.normal(0, 0.002), 88, 1.0)
    night.end("G")
    night.begin("Ha").trial("Ha", 0.021).trial("Ha", 0.041, 255).trial("Ha", 0.489, 255, 21.4)
    for _ in range(30):
        night.flat("Ha", 0.489 + rng.normal(0, 0.004), 255, 21.4, write=write)
    night.end("Ha")
    night.begin("OIII").trial("OIII", 0.012).trial("OIII", 0.016, 255).trial(
        "OIII", 0.143, 255, 30.0
    )
    night.end(
        "OIII",
        "too_dim",
        "14.3 % at brightness 255 of 255 and 30.0 s, the longest exposure allowed: "
        "raise exposure_s.max to about 120 s, or bring the panel closer",
    )
    night.begin("SII").fault(
        "Filter Simulator", "did not reach slot 6 within 30 s", recovered=False
    )
    night.end(
        "SII", "device", "Filter Simulator: did not reach slot 6 within 30 s; check the wheel"
    )
    for index in range(10):
        night.dark(index + 1, exposure_s=21.4)
    return night.over(5, "2 filters are not complete")


def run_of(night: Night) -> dict[str, object]:
    """The part of `run.json` that the report reads."""
    return {"events": night.events}


def safe(name: str) -> str:
    return "".join(c if c.isalnum() else "-" for c in name)


@cache
def falloff(rows: int) -> NDArray[np.float64]:
    """Return the light of vignetting and three dust rings, 1.08 in the middle."""
    cols = rows * 5 // 4
    y, x = np.mgrid[0:rows, 0:cols]
    radius = np.hypot(x - cols * 0.52, y - rows * 0.48) / rows
    light = 1.08 - 0.35 * radius**2
    for row, col, size in ((0.3, 0.2, 40), (0.7, 0.8, 70), (0.55, 0.4, 25)):
        ring = np.hypot(x - cols * col, y - rows * row) / (size * rows / 1024)
        light -= 0.05 * np.exp(-((ring - 1) ** 2) / 0.05)
    return light


def write_flat(
    path: Path, median: float, *, seed: int = 1, filter_: str = "L", rows: int = 1024
) -> None:
    """Write a flat with vignetting, dust rings and noise, as a real one looks."""
    path.parent.mkdir(parents=True, exist_ok=True)
    light = falloff(rows)
    pixels = median * light + np.random.default_rng(seed).normal(0, 120, light.shape)
    frame = fits.PrimaryHDU(pixels.clip(0, 65535).astype(np.uint16))
    frame.header["FILTER"] = filter_
    frame.header["ROWORDER"] = "TOP-DOWN"
    frame.writeto(path, checksum=True, overwrite=True)


class Dusk:
    """The record of a run of the sky, one event at a time."""

    def __init__(self, *filters: str, panel_steps: int = 0, wanted: int = 20) -> None:
        self.run = RunRecord()
        self.said: list[str] = []
        self.tell(
            "run_started",
            run="1",
            rig="backyard",
            filters=list(filters),
            folder="/flats/2026-11-09",
            brightness_max=panel_steps,
            full_scale_adu=65535.0,
            light="sky",
        )
        for name in filters:
            self.tell("filter_started", filter=name, wanted=wanted, present=0, start_exposure_s=1.0)

    def tell(self, event: str, **keys: object) -> list[str]:
        made = event_of({"event": event, "time": "2026-11-09T16:00:00Z", **keys})
        assert made is not None
        return self.take(made)

    def take(self, event: Event) -> list[str]:
        self.run.take(event)
        self.said = lines_of(self.run, event)
        return self.said

    def plan(self, *names: str) -> list[str]:
        filters = tuple(planned(name, i) for i, name in enumerate(names))
        return self.take(SkyPlan(time=DUSK_BEGUN, filters=filters))

    def flat(
        self, name: str, index: int, exposure_s: float, sun_deg: float, after_s: float = 0.0
    ) -> None:
        self.tell(
            "flat",
            filter=name,
            index=index,
            count=20,
            path=f"/flats/{name}_{index}.fits",
            exposure_s=exposure_s,
            level=0.51,
            median_adu=33423.0,
            sun_altitude_deg=sun_deg,
            sky_rate_adu_s=33000.0 / exposure_s,
            predicted_level=0.5,
            exposed_at=(DUSK_BEGUN + timedelta(seconds=after_s or index)).isoformat(),
        )


def planned(name: str, nth: int) -> PlannedFilter:
    opens = DUSK_BEGUN + timedelta(minutes=10 * nth)
    return PlannedFilter(
        filter=name,
        opens=opens,
        closes=opens + timedelta(minutes=17),
        sun_altitude_deg=(-1.0 - nth, -3.5 - nth),
        frames=20,
        ends=opens + timedelta(minutes=2),
        light_adu_s=tuple(60000.0 * 0.6**i for i in range(9)),
    )
