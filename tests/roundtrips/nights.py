"""What other programs are given: a night of the product's, and lights of the same telescope."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
from bench import Bench
from numpy.typing import NDArray

from hardware_sims.fits import Exposed, encode
from hardware_sims.optics import Optics
from hardware_sims.sensor import Readout, Sensor

LIGHT_EXPOSURE_S = 60.0
STARTED = datetime(2026, 11, 23, 1, 0, tzinfo=UTC)


@dataclass(frozen=True)
class Night:
    """A run on the simulated rig that is over.

    `flats` holds the nights' folders. `relative` is the telescope's true light, shape (rows, cols),
    dust and vignetting included, about 1.
    """

    flats: Path
    relative: NDArray[np.float32]
    optics: Optics
    sensor: Sensor
    seed: int

    @property
    def folder(self) -> Path:
        """The night's own folder."""
        (folder,) = self.flats.iterdir()
        return folder

    def frames(self, kind: str = "*") -> list[Path]:
        """Return the files of a kind, `FLAT` or `DARKFLAT`."""
        return sorted(self.folder.glob(f"{kind}/*.fits*"))

    def light(self, level_e: float, seed: int, exposure_s: float = 0.0) -> NDArray[np.uint16]:
        """Return a light frame of an even sky, with the dark current of its exposure."""
        readout = Readout(self.sensor, seed, pool=1 << 18)
        dark_e = self.sensor.dark_e_s(20.0) * exposure_s
        return readout.digitise(self.relative, level_e, dark_e, gain=100, offset=10)

    def write_light(self, path: Path, level_e: float, filter_name: str, seed: int) -> Path:
        """Write a light frame as the camera's driver does, of no more dark current than a flat."""
        exposed = Exposed(
            camera="Fake Camera",
            kind="Light",
            exposure_s=LIGHT_EXPOSURE_S,
            started=STARTED + timedelta(seconds=seed),
            across=1,
            down=1,
            pixel_um=3.76,
            temperature_c=20.0,
            gain=100,
            filter=filter_name,
        )
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(encode(exposed, self.light(level_e, seed, exposure_s=1.0)))
        return path


def take_night(folder: Path, *, seed: int, size_px: tuple[int, int], **plan: object) -> Night:
    """Take flats and dark flats on the simulated rig, in virtual time."""
    bench = Bench(folder, seed=seed, size_px=size_px, **plan)
    assert bench.run() == 0
    scenario = bench.fake.world.scenario
    sensor = scenario.sensor
    relative = scenario.optics.relative(sensor.height_px, sensor.width_px, scenario.seed)
    return Night(folder / "flats", relative, scenario.optics, sensor, scenario.seed)


def blocks(image: NDArray[np.floating], side_px: int) -> NDArray[np.float64]:
    """Return the means of squares of pixels; what doesn't fill a square is left out."""
    rows, cols = (length // side_px for length in image.shape)
    whole = image[: rows * side_px, : cols * side_px].astype(np.float64)
    return whole.reshape(rows, side_px, cols, side_px).mean(axis=(1, 3))
