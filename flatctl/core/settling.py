"""Settling: how long after a change the light stands still, from frames one after another."""

from math import inf

AGREE_FRAC = 0.005
SETTLE_LIMIT_S = 180.0


class Settling:
    """Tell when a light stands still: the last levels agree to half a per cent.

    `repeats` frames have to agree; with `watch_s`, so much time has to have passed as well, and all
    of its later half agrees, so that slow lamps are waited for longer. `over` is True as well once
    the light has had `limit_s` or `frames_max`, and has not settled.
    """

    def __init__(
        self,
        *,
        repeats: int,
        watch_s: float = 0.0,
        limit_s: float = inf,
        frames_max: float = inf,
    ) -> None:
        self._repeats = repeats
        self._watch_s = watch_s
        self._limit_s = limit_s
        self._frames_max = frames_max
        self._seen: list[tuple[float, float]] = []

    def observe(self, begun_s: float, level_adu: float) -> None:
        """Take in a frame begun `begun_s` after the change, its level less the pedestal."""
        self._seen.append((begun_s, level_adu))

    @property
    def standing(self) -> bool:
        """Return whether the light stands still."""
        if len(self._seen) < self._repeats or self._seen[-1][0] < self._watch_s:
            return False
        half_s = self._seen[-1][0] / 2 if self._watch_s else inf
        levels = [level for _, level in self._seen[-self._repeats :]]
        levels += [level for begun_s, level in self._seen[: -self._repeats] if begun_s >= half_s]
        return max(levels) - min(levels) <= AGREE_FRAC * self._seen[-1][1]

    @property
    def over(self) -> bool:
        """Return whether no more frames are wanted."""
        seen = self._seen
        spent = len(seen) >= self._frames_max or bool(seen and seen[-1][0] >= self._limit_s)
        return spent or self.standing

    @property
    def settle_s(self) -> float | None:
        """Return the start of the first frame from which on all agree with the end, or `None`."""
        if not self.standing:
            return None
        settled_s, final_adu = self._seen[-1]
        for begun_s, level_adu in reversed(self._seen):
            if abs(level_adu - final_adu) > AGREE_FRAC * final_adu:
                break
            settled_s = begun_s
        return settled_s
