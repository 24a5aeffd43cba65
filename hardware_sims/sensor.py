"""The sensor: photons to electrons to ADU, with their noise.

Mean signal in electrons, plus shot noise (Poisson), limited by the full well, plus read noise
(normal), divided by the gain in electrons per ADU, plus pedestal, rounded and limited by the
converter: the usual photon transfer model (Janesick, Photon Transfer, SPIE 2007).
"""

import math
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from hardware_sims.optics import Relative
from hardware_sims.pattern import PLAIN, Blemishes, Overscan, Pattern, Tap, drawn

# Below this mean a normal distribution is no longer a good likeness of Poisson's.
POISSON_BELOW_E = 30.0
CHUNK = 1 << 16
NOISE_POOL = 1 << 22
# For small frames, whose whole night would else cost less than drawing the pool.
FRAMES_IN_POOL = 64


@dataclass(frozen=True)
class Sensor:
    """A camera's sensor and converter.

    `gain` is in the driver's own units, a tenth of a decibel each; `e_per_adu` tells what it
    means at 16 bit. A converter of fewer `bits` delivers its values shifted up to 16, or as they
    are unless `shifted`. The pedestal is `pedestal_per_offset_adu` for each unit of offset, and
    `pedestal_error_adu` more than anybody knows.

    A colour camera has a `bayer` pattern, whose pixels see `colour_frac` (red, green, blue) of the
    light. A DSLR has `isos` instead of gain and offset, and only the shutter speeds `shutter_s`.
    The rows of a rolling shutter begin `line_s` after one another.

    What real ones have besides: exposures are made whole steps of `exposure_step_s`, rounded up,
    and no shorter than `exposure_floor_s`; nothing above `white_adu` is delivered, wherever full
    scale is; the shortest exposures have `pedestal_short_adu` more pedestal, which is gone after
    some `pedestal_tau_s`; and the differences between pixels of `pattern`: `blemishes`,
    `overscan` and the `taps`.
    """

    width_px: int = 1280
    height_px: int = 1024
    pixel_um: float = 3.76
    bits: int = 16
    full_well_e: float = 50_000.0
    e_per_adu_at_gain_0: float = 0.75
    read_noise_e: float = 1.5
    pedestal_per_offset_adu: float = 100.0
    dark_e_s_at_0c: float = 0.02
    gain_max: int = 300
    gain: int = 100
    offset_max: int = 100
    offset: int = 10
    exposure_min_s: float = 0.001
    exposure_max_s: float = 3600.0
    binning_max: int = 4
    shifted: bool = True
    pedestal_error_adu: float = 0.0
    bayer: str | None = None
    colour_frac: tuple[float, float, float] = (0.6, 1.0, 0.7)
    isos: tuple[int, ...] = ()
    shutter_s: tuple[float, ...] = ()
    line_s: float = 0.0
    exposure_step_s: float = 0.0
    exposure_floor_s: float = 0.0
    white_adu: int | None = None
    pedestal_short_adu: float = 0.0
    pedestal_tau_s: float = 0.1
    blemishes: Blemishes = field(default_factory=Blemishes)
    overscan: Overscan = field(default_factory=Overscan)
    taps: tuple[Tap, ...] = ()

    @property
    def full_scale_adu(self) -> int:
        """The highest value that is ever delivered."""
        converter_adu = ((1 << self.bits) - 1) << self.shift
        return converter_adu if self.white_adu is None else min(self.white_adu, converter_adu)

    @property
    def shift(self) -> int:
        """By how many bits the converter's values are shifted up."""
        return 16 - self.bits if self.shifted else 0

    def e_per_adu(self, gain: float) -> float:
        """Return electrons per 16-bit ADU at `gain`."""
        return float(self.e_per_adu_at_gain_0 * 10.0 ** (-gain / 200.0))

    def pedestal_adu(self, offset: float, exposure_s: float = math.inf) -> float:
        """Return the level of a frame without light, in ADU."""
        steady_adu = self.pedestal_per_offset_adu * offset + self.pedestal_error_adu
        return steady_adu + self.pedestal_short_adu * math.exp(-exposure_s / self.pedestal_tau_s)

    def pattern(self, seed: int) -> Pattern:
        """Return the differences between its pixels."""
        return drawn(
            self.height_px,
            self.width_px,
            seed,
            blemishes=self.blemishes,
            overscan=self.overscan,
            taps=self.taps,
        )

    @staticmethod
    def gain_of(iso: int) -> float:
        """Return the gain of an ISO speed, ISO 100 being 0: each doubling is 6 dB."""
        return float(200.0 * math.log10(iso / 100.0))

    def shutter(self, exposure_s: float) -> float:
        """Return the exposure really made: of a DSLR's shutter, the nearest speed."""
        if self.shutter_s:
            return min(self.shutter_s, key=lambda speed: abs(math.log(speed / exposure_s)))
        if self.exposure_step_s:
            # What is a whole step, but for rounding, stays.
            steps = math.ceil(exposure_s / self.exposure_step_s - 1e-6)
            exposure_s = steps * self.exposure_step_s
        return max(exposure_s, self.exposure_floor_s)

    def colours(self, rows: int, cols: int) -> Relative:
        """Return the fraction of the light that each pixel's colour lets through."""
        fractions = dict(zip("RGB", self.colour_frac, strict=True))
        cell = np.array([fractions[c] for c in self.bayer or "GGGG"], dtype=np.float32)
        whole = np.tile(cell.reshape(2, 2), (rows // 2 + 1, cols // 2 + 1))
        return whole[:rows, :cols]

    def dark_e_s(self, temperature_c: float) -> float:
        """Return the dark current in electrons per second and pixel; it doubles every 6 degrees."""
        return float(self.dark_e_s_at_0c * 2.0 ** (temperature_c / 6.0))


class Readout:
    """Turns the mean signal of a sensor into frames, each with noise of its own.

    Normal deviates come from a pool drawn once: every stretch of a frame takes a stretch of the
    pool that begins anywhere, so that the same pixel practically never meets the same deviate in
    two frames, and a frame costs a fraction of drawing it anew. The pool holds `pool` deviates, at
    least `CHUNK`; absent, as many as the sensor's frames ask for.
    """

    def __init__(self, sensor: Sensor, seed: int, pool: int | None = None) -> None:
        self._sensor = sensor
        frames_px = FRAMES_IN_POOL * sensor.width_px * sensor.height_px
        self._pool_size = pool or min(NOISE_POOL, max(4 * CHUNK, frames_px))
        self._rng = np.random.default_rng(seed)
        self._pool = np.empty(0, dtype=np.float32)

    def flicker(self, frac: float) -> float:
        """Return a factor about 1 with standard deviation `frac`, never negative."""
        return max(0.0, 1.0 + frac * float(self._rng.standard_normal())) if frac > 0 else 1.0

    def digitise(
        self,
        relative: Relative,
        light_e: float,
        even_e: float,
        *,
        gain: float,
        offset: float,
        pixels_per_bin: int = 1,
        exposure_s: float = math.inf,
        conversion: float = 1.0,
        read_noise: float = 1.0,
        pattern: Pattern = PLAIN,
    ) -> NDArray[np.uint16]:
        """Return a frame in ADU, same shape as `relative` (rows, cols), uint16.

        The mean signal of a pixel is `light_e * relative + even_e` electrons, or more where
        `pattern` has it. `conversion` (counts per electron) and `read_noise` are over the
        sensor's own.
        """
        sensor = self._sensor
        frame = np.empty(relative.shape, dtype=np.uint16)
        mean_flat, frame_flat = relative.reshape(-1), frame.reshape(-1)
        well_e = sensor.full_well_e * pixels_per_bin
        noise_e = sensor.read_noise_e * read_noise
        adu_per_e = conversion / sensor.e_per_adu(gain)
        dark_e = pattern.even_e(even_e, exposure_s)
        pedestal_adu = sensor.pedestal_adu(offset, exposure_s)
        level_adu = self._level_adu(relative.shape, pattern, noise_e * adu_per_e)
        for first in range(0, frame_flat.size, CHUNK):
            chunk = slice(first, first + CHUNK)
            electrons = mean_flat[chunk] * np.float32(light_e)
            electrons += _part(dark_e, chunk)
            electrons = self._with_shot_noise(electrons)
            np.minimum(electrons, np.float32(well_e), out=electrons)
            electrons += self._deviates(electrons.size) * np.float32(noise_e)
            if pattern.gain is not None:
                electrons *= _part(pattern.gain, chunk)
            part_adu = _part(level_adu, chunk)
            frame_flat[chunk] = self._converted(electrons, adu_per_e, pedestal_adu, part_adu)
        if pattern.full is not None:
            frame[pattern.full] = sensor.full_scale_adu
        if pattern.dead is not None:
            frame[pattern.dead] = 0
        return frame

    def _level_adu(
        self, shape: tuple[int, ...], pattern: Pattern, noise_adu: float
    ) -> float | Relative:
        """Return what is added to the pedestal: the fixed pattern, and each row's own noise."""
        level_adu = 0.0 if pattern.level_adu is None else pattern.level_adu
        row_noise_adu = self._sensor.blemishes.row_noise_frac * noise_adu
        if not row_noise_adu:
            return level_adu
        rows = self._rng.standard_normal(shape[0], dtype=np.float32)[:, None]
        whole = np.broadcast_to(level_adu + np.float32(row_noise_adu) * rows, shape)
        return np.ascontiguousarray(whole)

    def _with_shot_noise(self, mean_e: Relative) -> Relative:
        if float(mean_e.max()) < POISSON_BELOW_E:
            return self._rng.poisson(mean_e).astype(np.float32)
        noise = np.sqrt(mean_e)
        noise *= self._deviates(mean_e.size)
        noise += mean_e
        return noise

    def _deviates(self, count: int) -> Relative:
        if not self._pool.size:
            self._pool = self._rng.standard_normal(self._pool_size, dtype=np.float32)
        first = int(self._rng.integers(0, self._pool_size - count + 1))
        return self._pool[first : first + count]

    def _converted(
        self,
        electrons: Relative,
        adu_per_e: float,
        pedestal_adu: float,
        level_adu: np.float32 | Relative,
    ) -> NDArray[np.uint16]:
        sensor = self._sensor
        # The gain is that of 16 bits; fewer that stay at the bottom are coarser steps.
        step = float(1 << (16 - sensor.bits))
        electrons *= np.float32(adu_per_e / step)
        # Half a count more, since the cast to integers cuts off.
        electrons += np.float32(pedestal_adu / step + 0.5)
        if np.any(level_adu):
            electrons += level_adu / np.float32(step)
        np.clip(electrons, 0.0, float(sensor.full_scale_adu >> sensor.shift), out=electrons)
        counts = electrons.astype(np.uint16)
        return counts << np.uint16(sensor.shift) if sensor.shift else counts


def _part(of: float | Relative, chunk: slice) -> np.float32 | Relative:
    return of.reshape(-1)[chunk] if isinstance(of, np.ndarray) else np.float32(of)
