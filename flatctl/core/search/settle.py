"""Settling: wait until repeats of one exposure agree."""

from math import isfinite

AGREE_FRAC = 0.005
REPEATS = 3
WAIT_MAX = 20


class SettleCheck:
    """Tell when a light stands still: the last `repeats` levels agree to `agree_frac`.

    Expose with one and the same setting and hand every median to `observe`, until it returns True
    or `expired` is True: the light has then had its `limit` frames and the set starts anyway.
    """

    def __init__(
        self, *, agree_frac: float = AGREE_FRAC, repeats: int = REPEATS, limit: int = WAIT_MAX
    ) -> None:
        if not 0 < agree_frac < 1:
            raise ValueError(f"agree_frac must lie in 0..1: {agree_frac}")
        if not 2 <= repeats <= limit:
            raise ValueError(f"2 <= repeats <= limit is needed: {repeats}, {limit}")
        self._agree_frac = agree_frac
        self._repeats = repeats
        self._limit = limit
        self._levels: list[float] = []

    @property
    def expired(self) -> bool:
        """Tell whether the limit was reached without the levels agreeing."""
        return len(self._levels) >= self._limit and not self.settled

    @property
    def settled(self) -> bool:
        """Tell whether the last repeats agree: their spread over the newest of them."""
        last = self._levels[-self._repeats :]
        if len(last) < self._repeats:
            return False
        return max(last) - min(last) <= self._agree_frac * last[-1]

    def observe(self, median_adu: float) -> bool:
        """Take in the median (ADU) of one more repeat; True once the light has settled.

        Raises:
            ValueError: the median is not finite or negative.

        """
        if not (isfinite(median_adu) and median_adu >= 0):
            raise ValueError(f"median_adu must be a number >= 0: {median_adu}")
        self._levels.append(median_adu)
        return self.settled
