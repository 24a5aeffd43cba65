"""Flats of a simulated telescope, frame by frame, with whatever is wrong with it."""

from dataclasses import replace

import numpy as np

from flatctl.core.quality.findings import Finding, Kind, QualityLimits
from flatctl.core.quality.frames import SetJudge, digest_of
from flatctl.core.quality.sets import SetQuality, SetRecord, judge_set, record_of
from hardware_sims.lamp import Lamp
from hardware_sims.optics import Mote, Optics
from hardware_sims.sensor import Readout, Sensor

ROWS, COLS = 240, 320
PEDESTAL_ADU = 1000.0
LEVEL_ADU = 33_400.0
GAIN, OFFSET = 100, 10


class Telescope:
    """A telescope of one `seed`: its own dust and noise. `optics` and `sensor` may be changed."""

    def __init__(self, seed: int, rows: int = ROWS, cols: int = COLS, **sensor: object) -> None:
        self.seed = seed
        self.optics = Optics()
        self.sensor = Sensor(width_px=cols, height_px=rows, line_s=20e-6, **sensor)
        self.lamp = Lamp(1.0)
        self._readout = Readout(self.sensor, seed, pool=1 << 18)
        self._rng = np.random.default_rng(seed + 10_000)
        self._relative: dict[Optics, np.ndarray] = {}

    def flat(self, *, exposure_s: float = 0.5, level_adu: float = LEVEL_ADU) -> np.ndarray:
        """Take a flat whose median is about that level, whatever the pedestal."""
        if self.optics not in self._relative:
            light = self.optics.relative(self.sensor.height_px, self.sensor.width_px, self.seed)
            if self.sensor.bayer:
                light *= self.sensor.colours(*light.shape)
            self._relative[self.optics] = light
        light = self._relative[self.optics]
        signal_adu = level_adu - self.sensor.pedestal_adu(OFFSET)
        signal_e = signal_adu * self.sensor.e_per_adu(GAIN) / float(np.median(light))
        signal_e *= self._readout.flicker(0.003)
        if self.lamp.pwm_hz:
            begun_s = self._rng.uniform(0, 100) + np.arange(light.shape[0]) * self.sensor.line_s
            light = light * self.lamp.pulses(begun_s, exposure_s).astype(np.float32)[:, None]
        return self._readout.digitise(light, signal_e, 0.0, gain=GAIN, offset=OFFSET)

    def lit_from_one_side(self, frac: float) -> np.ndarray:
        """Take a flat with stray light on it: `frac` of the light at one side, none opposite."""
        flat = self.flat()
        angle = self._rng.uniform(0, 2 * np.pi)
        y, x = (np.linspace(-0.5, 0.5, length) for length in flat.shape)
        across = np.cos(angle) * x[None, :] + np.sin(angle) * y[:, None]
        share = (across - across.min()) / (across.max() - across.min())
        stray_e = frac * share * (LEVEL_ADU - PEDESTAL_ADU) * self.sensor.e_per_adu(GAIN)
        return flat + (self._rng.poisson(stray_e) / self.sensor.e_per_adu(GAIN)).astype(np.uint16)

    def with_optics(self, **changes: object) -> None:
        """Change the optics from here on."""
        self.optics = replace(self.optics, **changes)

    def with_sensor(self, **changes: object) -> None:
        """Change the sensor from here on."""
        self.sensor = replace(self.sensor, **changes)
        self._readout = Readout(self.sensor, self.seed + 77, pool=1 << 18)

    def mote(self, depth_frac: float) -> Mote:
        """Return a grain of dust somewhere inside the frame, of a usual size."""
        rows, cols = self.sensor.height_px, self.sensor.width_px
        row, col = self._rng.uniform(0.1, 0.9) * rows, self._rng.uniform(0.1, 0.9) * cols
        return Mote(row, col, float(self._rng.uniform(0.03, 0.05)) * rows, depth_frac)


class Taken:
    """A set as the engine takes it: frames judged one by one, good ones kept."""

    def __init__(
        self, pedestal_adu: float = PEDESTAL_ADU, limits: QualityLimits | None = None
    ) -> None:
        self.judge = SetJudge(limits or QualityLimits(), pedestal_adu)
        self.rejected: list[tuple[Finding, ...]] = []

    def take(self, *frames: np.ndarray) -> tuple[Finding, ...]:
        """Judge frames and keep the good ones; return what was found in the last."""
        found: tuple[Finding, ...] = ()
        for frame in frames:
            look = digest_of(frame, self.judge.pedestal_adu)
            found = self.judge.judge(look)
            if found:
                self.rejected.append(found)
            else:
                self.judge.keep(look)
        return found

    def flats(self, telescope: Telescope, count: int, **how: float) -> "Taken":
        """Take so many flats."""
        for _ in range(count):
            self.take(telescope.flat(**how))
        return self

    def record(self) -> SetRecord:
        """Return what the history keeps of it."""
        return SetRecord.from_json(record_of(self.judge, LEVEL_ADU).to_json())

    def quality(self, last: SetRecord | None = None) -> SetQuality:
        """Return the judgement of the whole set."""
        return judge_set(self.judge, last)


def kinds(findings: tuple[Finding, ...]) -> set[Kind]:
    return {each.kind for each in findings}
