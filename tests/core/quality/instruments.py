"""Flats of cameras with parts that no light reaches: overscan, masked and dead lines, four taps."""

from collections.abc import Callable

import numpy as np

ROWS, COLS = 240, 336
PEDESTAL_ADU = 2600.0
E_PER_ADU = 1.2
READ_NOISE_ADU = 6.0


class Instrument:
    """A camera of one `seed` before a lamp: its pixels' response, dust and lit area are its own.

    `lit` are the rows and columns that light reaches; `dead_cols` and `dead_rows` never see any.
    `taps_adu` are pedestals of the four quarters over the common one.
    """

    def __init__(
        self,
        seed: int,
        *,
        lit: tuple[slice, slice] = (slice(0, ROWS), slice(0, COLS)),
        taps_adu: tuple[float, ...] = (0.0, 0.0, 0.0, 0.0),
        tap_gains: tuple[float, ...] = (1.0, 1.0, 1.0, 1.0),
        dead_cols: tuple[int, ...] = (),
        dead_rows: tuple[int, ...] = (),
        vignetting: float = 0.2,
        bayer: bool = False,
    ) -> None:
        self._odds = np.random.default_rng(seed)
        self._lit, self._dead_cols, self._dead_rows = lit, dead_cols, dead_rows
        y, x = np.mgrid[-1 : 1 : ROWS * 1j, -1.05 : 0.95 : COLS * 1j]
        response = 1 + 0.004 * self._odds.standard_normal((ROWS, COLS))
        self.light = (1 - vignetting * (x**2 + y**2) / 2) * response
        for _ in range(4):
            row, col = self._odds.uniform(30, ROWS - 30), self._odds.uniform(30, COLS - 30)
            rows, cols = np.mgrid[0:ROWS, 0:COLS]
            self.light *= 1 - 0.04 * np.exp(-((rows - row) ** 2 + (cols - col) ** 2) / 72)
        if bayer:
            self.light[::2, ::2] *= 0.6
            self.light[1::2, 1::2] *= 0.7
        self._pedestal, self._gain = np.full((ROWS, COLS), PEDESTAL_ADU), np.ones((ROWS, COLS))
        quarters = (
            [np.s_[: ROWS // 2], np.s_[ROWS // 2 :]],
            [np.s_[: COLS // 2], np.s_[COLS // 2 :]],
        )
        for n, tap in enumerate((rows, cols) for rows in quarters[0] for cols in quarters[1]):
            self._pedestal[tap] += taps_adu[n]
            self._gain[tap] = tap_gains[n]

    def flat(
        self, level_adu: float = 30_000.0, shape: Callable | None = None, veil_adu: float = 0.0
    ) -> np.ndarray:
        """Return a flat whose lit pixels have about that light over the pedestal.

        `shape(rows, cols)` is what is wrong with the lamp's light, `veil_adu` even light added.
        """
        light = self.light if shape is None else self.light * shape(*np.mgrid[0:ROWS, 0:COLS])
        seen = np.zeros((ROWS, COLS))
        seen[self._lit] = (level_adu * light + veil_adu)[self._lit]
        seen[:, list(self._dead_cols)] = 0.0
        seen[list(self._dead_rows)] = 0.0
        electrons = self._odds.poisson(seen * E_PER_ADU) / E_PER_ADU * self._gain
        noise = self._odds.normal(0, READ_NOISE_ADU, (ROWS, COLS))
        return np.clip(np.round(electrons + self._pedestal + noise), 0, 65535).astype(np.uint16)


OVERSCAN = (slice(0, ROWS - 9), slice(23, COLS - 17))
KINDS = {
    "mono": {},
    "bayer": {"bayer": True},
    "overscan": {"lit": OVERSCAN},
    "bayer with overscan": {"lit": OVERSCAN, "bayer": True},
    "dead lines": {"dead_cols": (100, 101, 205), "dead_rows": (77,)},
    "four taps": {
        "lit": (slice(0, ROWS), slice(20, COLS - 20)),
        "taps_adu": (-60.0, 0.0, 40.0, 160.0),
        "tap_gains": (1.0, 0.995, 1.003, 0.99),
    },
    "hardly vignetted": {"vignetting": 0.03, "lit": OVERSCAN},
}
