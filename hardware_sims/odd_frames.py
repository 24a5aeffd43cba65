"""Frames that go wrong: now and then, or all that are short."""

import math
from dataclasses import dataclass
from typing import Literal, assert_never

import numpy as np
from numpy.typing import NDArray

Frame = NDArray[np.uint16]


@dataclass(frozen=True)
class OddFrames:
    """Which frames go wrong, and how.

    It strikes the `first` frame (from 1 on) and then, unless `every` is 0, each `every`-th, but
    only exposures shorter than `below_s`. `blank` has nothing but the level without light, `zero`
    is 0 ADU throughout, `white` full scale. In a `combed` frame each third column has 1 ADU, in a
    `checkered` one each second pixel, in a `speckled` one a twentieth of the pixels, others each
    time; the last third of a `torn` one is 0 ADU.
    """

    kind: Literal["blank", "zero", "white", "combed", "checkered", "speckled", "torn"]
    first: int = 1
    every: int = 0
    below_s: float = math.inf

    def strike(self, number: int, exposure_s: float) -> bool:
        """Say whether the frame of that number, of that exposure, goes wrong."""
        after = number - self.first
        due = after == 0 or (self.every > 0 and after > 0 and after % self.every == 0)
        return due and exposure_s < self.below_s

    def spoil(self, frame: Frame, full_adu: int, rng: np.random.Generator) -> None:
        """Spoil the frame (rows, cols) in place."""
        match self.kind:
            case "blank":
                pass  # no light came: nothing of that is left to do
            case "zero":
                frame[:] = 0
            case "white":
                frame[:] = full_adu
            case "combed":
                frame[:, ::3] = 1
            case "checkered":
                frame[::2, ::2] = frame[1::2, 1::2] = 1
            case "speckled":
                frame[rng.random(frame.shape) < 0.05] = 1
            case "torn":
                frame[-(frame.shape[0] // 3) :] = 0
            case _:
                assert_never(self.kind)
