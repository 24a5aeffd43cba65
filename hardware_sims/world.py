"""One physical truth behind every simulated device: lamp, filter, telescope and sensor."""

import json
import secrets
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from hardware_sims.fits import Exposed
from hardware_sims.habits import BoxHabits, CameraHabits, WheelHabits
from hardware_sims.lamp import Lamp
from hardware_sims.light import Light, write_json
from hardware_sims.odd_frames import OddFrames
from hardware_sims.optics import Optics, Relative, binned
from hardware_sims.pattern import Pattern, Window
from hardware_sims.sensor import Readout, Sensor
from hardware_sims.sky.motion import MountHabits
from hardware_sims.sky.scene import RoofHabits, Scene, Seeing
from hardware_sims.sky.twilight import Sky


@dataclass(frozen=True)
class Filter:
    """A filter and the fraction of light it lets through, of wavelengths `nm`: middle and width."""

    name: str
    throughput: float
    nm: tuple[float, float] = (550.0, 300.0)


@dataclass(frozen=True)
class Scenario:
    """A rig with all its properties; `summary` says in a line what is special about it.

    Drivers that answer a switch with what they were sent, and nothing else, are `echoing`. A
    configuration for it has these `camera_keys`, and the light box as its panel where it is
    `by_lightbox`. With a `sky` that is the light; it may have a `mount` and a `roof`, without which
    the telescope stands still and is always uncovered.
    """

    name: str
    summary: str
    lamp: Lamp
    filters: tuple[Filter, ...]
    optics: Optics = field(default_factory=Optics)
    sensor: Sensor = field(default_factory=Sensor)
    odd_frames: tuple[OddFrames, ...] = ()
    camera: CameraHabits = field(default_factory=CameraHabits)
    wheel: WheelHabits = field(default_factory=WheelHabits)
    box: BoxHabits = field(default_factory=BoxHabits)
    echoing: bool = False
    camera_keys: tuple[tuple[str, object], ...] = ()
    by_lightbox: bool = False
    brightness_max: int = 255
    sky: Sky | None = None
    mount: MountHabits | None = None
    roof: RoofHabits | None = None
    seed: int = 1


@dataclass(frozen=True)
class SensorSetting:
    """How the sensor is read out; `window` None is all of it.

    `conversion` and `read_noise` are over the sensor's own: what a mode of a camera changes.
    """

    gain: float
    offset: float
    across: int = 1
    down: int = 1
    window: Window | None = None
    temperature_c: float = 20.0
    conversion: float = 1.0
    read_noise: float = 1.0


class Turret:
    """Which filter stands in the beam; with `state`, shared with other processes in that file.

    `slot` is what the wheel says, `beam` the truth: `habits.slots_off` more until it is turned.
    """

    def __init__(self, state: Path | None = None, habits: WheelHabits | None = None) -> None:
        self._state = state
        self._habits = habits or WheelHabits()
        self._slot, self._off = 0, self._habits.slots_off

    @property
    def slot(self) -> int:
        """The slot in the beam, from 0, as far as the wheel knows."""
        if self._state is not None and self._state.exists():
            known = json.loads(self._state.read_text(encoding="utf-8"))
            self._slot, self._off = int(known["slot"]), int(known["off"])
        return self._slot

    @slot.setter
    def slot(self, slot: int) -> None:
        if slot != self.slot and not self._habits.stays_off:
            self._off = 0
        self._slot = slot
        if self._state is not None:
            write_json(self._state, {"slot": slot, "off": self._off})

    def beam(self, slots: int) -> int:
        """Return the slot that really stands in the beam of a wheel with that many."""
        return (self.slot + self._off) % slots


def any_night() -> int:
    """Return a night for a rig that is served: no two have the same noise, as no two nights do."""
    return secrets.randbelow(1_000_000)


class World:
    """The rig's truth: how many electrons each pixel gets, and what the camera makes of them.

    `light` is what panels switch, `turret.slot` (from 0) what wheels turn; both may be shared
    with other processes. `now` returns the seconds in which exposures are timed. In a `still`
    world equal light gives frames that differ in their first pixel only, and cost nothing. Each
    `night` has a noise of its own. A sky begins at `start`, which is now unless told; `scene` is
    what is seen of it.
    """

    def __init__(
        self,
        scenario: Scenario,
        *,
        light: Light | None = None,
        turret: Turret | None = None,
        now: Callable[[], float] = time.monotonic,
        log: Path | None = None,
        still: bool = False,
        night: int = 0,
        start: datetime | None = None,
        state: Path | None = None,
    ) -> None:
        self.scenario = scenario
        self.now = now
        self.scene = self._scene(start or datetime.now(UTC), state)
        self.light = light or Light(scenario.brightness_max, now=now, log=log)
        self.turret = turret or Turret(habits=scenario.wheel)
        self._readout = Readout(scenario.sensor, scenario.seed + 1 + 1000 * night)
        self._relative: Relative | None = None
        self._pattern = scenario.sensor.pattern(scenario.seed)
        self._cut: tuple[tuple[int, int, Window], Relative, Pattern] | None = None
        self._frames = 0
        self._odd_rng = np.random.default_rng([scenario.seed, 2])
        self._lock = threading.Lock()
        self._still = still
        self._last: tuple[object, NDArray[np.uint16]] | None = None

    @property
    def filter(self) -> Filter:
        """The filter in the beam."""
        filters = self.scenario.filters
        return filters[self.turret.beam(len(filters))]

    @property
    def said(self) -> Filter:
        """The filter that is in the beam as far as the wheel knows."""
        return self.scenario.filters[self.turret.slot]

    def neutral(self) -> SensorSetting:
        """Return the sensor's setting when it is switched on."""
        sensor = self.scenario.sensor
        return SensorSetting(gain=sensor.gain, offset=sensor.offset)

    def prime(self) -> None:
        """Do now what the first exposure would take longer for."""
        self._digitise(self.neutral(), 0.0, self.now(), 0.0)

    def exposed(
        self,
        camera: str,
        kind: str,
        started: datetime,
        asked_s: float,
        made_s: float,
        setting: SensorSetting,
    ) -> Exposed:
        """Return what the driver of that name says of an exposure."""
        sensor, habits = self.scenario.sensor, self.scenario.camera
        return Exposed(
            camera=camera,
            kind=habits.kind_told or kind,
            exposure_s=made_s if habits.exposure_told == "made" else asked_s,
            started=started + timedelta(seconds=habits.clock_off_s),
            across=setting.across,
            down=setting.down,
            pixel_um=sensor.pixel_um,
            temperature_c=setting.temperature_c,
            gain=setting.gain,
            filter=self.said.name,
            bayer=sensor.bayer,
            more=habits.cards,
        )

    def expose(
        self, start_s: float, exposure_s: float, setting: SensorSetting
    ) -> NDArray[np.uint16]:
        """Return the frame of an exposure begun at `start_s`, shape (rows, cols), in ADU.

        Called when the exposure is over: the light is integrated over what was switched
        meanwhile. The camera has no shutter.
        """
        if self.scene is not None and not self._panel_hides_sky:
            return self._expose_sky(self.scene, start_s, exposure_s, setting)
        lamp = self.scenario.lamp
        dose_s = lamp.dose_s(
            self.light.changes(), self.light.maximum, start_s, start_s + exposure_s
        )
        with self._lock:
            self._frames += 1
            odd = [o for o in self.scenario.odd_frames if o.strike(self._frames, exposure_s)]
            light_e = lamp.flux_e_s * dose_s * self._readout.flicker(lamp.flicker_frac)
            light_e *= self.filter.throughput
            if any(each.kind == "blank" for each in odd):
                light_e = 0.0
            frame = self._read_out(setting, light_e, start_s, exposure_s)
            frame = frame.copy() if odd else frame
            for each in odd:
                each.spoil(frame, self.scenario.sensor.full_scale_adu, self._odd_rng)
            return frame

    @property
    def _panel_hides_sky(self) -> bool:
        sky = self.scenario.sky
        return sky is not None and sky.behind_panel and self.light.closed

    def _scene(self, start: datetime, state: Path | None) -> Scene | None:
        rig = self.scenario
        if rig.sky is None:
            return None
        return Scene(rig.sky, rig.mount, rig.roof, start, self.now, seed=rig.seed, state=state)

    def _expose_sky(
        self, scene: Scene, start_s: float, exposure_s: float, setting: SensorSetting
    ) -> NDArray[np.uint16]:
        beam, pixel_um = self.filter, self.scenario.sensor.pixel_um
        with self._lock:
            self._frames += 1
            light_e = scene.light_e(beam.nm, pixel_um, start_s, exposure_s) * beam.throughput
            even, _ = self._seen(setting)
            seen = scene.seen(
                even,
                Seeing(
                    start_s,
                    exposure_s,
                    pixel_um * setting.across,
                    setting.across * setting.down,
                    beam.throughput * beam.nm[1] / beam.nm[0],
                    light_e,
                ),
            )
            return self._digitise(setting, light_e, start_s, exposure_s, seen)

    def _read_out(
        self, setting: SensorSetting, light_e: float, start_s: float, exposure_s: float
    ) -> NDArray[np.uint16]:
        if not self._still:
            return self._digitise(setting, light_e, start_s, exposure_s)
        key = (setting, round(light_e, 1), exposure_s)
        if self._last is None or self._last[0] != key:
            self._last = (key, self._digitise(setting, light_e, start_s, exposure_s))
        frame = self._last[1]
        frame[0, 0] = self._frames % 1000  # no two pictures are one to the byte
        return frame

    def _digitise(
        self,
        setting: SensorSetting,
        light_e: float,
        start_s: float,
        exposure_s: float,
        seen: Relative | None = None,
    ) -> NDArray[np.uint16]:
        sensor = self.scenario.sensor
        even_e_s = self.scenario.optics.leak_e_s + sensor.dark_e_s(setting.temperature_c)
        pixels_per_bin = setting.across * setting.down
        field, pattern = self._seen(setting)
        return self._readout.digitise(
            self._rolled(field, start_s, exposure_s, setting) if seen is None else seen,
            light_e,
            even_e_s * exposure_s * pixels_per_bin,
            gain=setting.gain,
            offset=setting.offset,
            pixels_per_bin=pixels_per_bin,
            exposure_s=exposure_s,
            conversion=setting.conversion,
            read_noise=setting.read_noise,
            pattern=pattern,
        )

    def _rolled(
        self, light: Relative, start_s: float, exposure_s: float, setting: SensorSetting
    ) -> Relative:
        """Return the light with the bands of a pulsed lamp on a rolling shutter."""
        lamp, sensor = self.scenario.lamp, self.scenario.sensor
        if not (lamp.pwm_hz and exposure_s > 0):
            return light
        rows = np.arange(light.shape[0], dtype=np.float64) * (sensor.line_s * setting.down)
        factor = lamp.pulses(start_s + rows, exposure_s).astype(np.float32)
        banded: Relative = light * factor[:, None]
        return banded

    def _seen(self, setting: SensorSetting) -> tuple[Relative, Pattern]:
        """Return the light on each pixel that is read out, and how these pixels differ."""
        sensor = self.scenario.sensor
        window = setting.window or Window(0, 0, sensor.width_px, sensor.height_px)
        key = (setting.across, setting.down, window)
        if self._cut is None or self._cut[0] != key:
            left, top, width, height = window
            part = self._field()[top : top + height, left : left + width]
            part = np.ascontiguousarray(binned(part, setting.across, setting.down))
            self._cut = (key, part, self._pattern.cut(window, setting.across, setting.down))
        return self._cut[1:]

    def _field(self) -> Relative:
        if self._relative is None:
            sensor = self.scenario.sensor
            rows, cols = sensor.height_px, sensor.width_px
            self._relative = self.scenario.optics.relative(rows, cols, self.scenario.seed)
            if sensor.bayer:
                self._relative *= sensor.colours(rows, cols)
            if self._pattern.response is not None:
                self._relative *= self._pattern.response
        return self._relative
