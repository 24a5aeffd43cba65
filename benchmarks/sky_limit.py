"""What a clairvoyant makes of a twilight: he knows all its light, clouds and all."""

from math import inf

from sky_rigs import CHANGE_S, RANGE_DEG, Twilight


class Clairvoyant:
    """The exact optimum over all orders of the filters, by earliest finish of each set of them.

    `sets` is how many can be completed, `frames` those of them and of the best set left undone.
    """

    def __init__(self, twilight: Twilight) -> None:
        self._twilight, rig = twilight, twilight.rig
        self._levels = tuple(
            twilight.target + off - rig.pedestal
            for off in (-twilight.tolerance, 0.0, twilight.tolerance)
        )
        self._known: dict[tuple[str, int], tuple[int, float]] = {}
        done_s = [inf] * (1 << len(rig.filters))
        done_s[0] = twilight.begins_s
        best = (0, 0)
        for done, after_s in enumerate(done_s):
            if after_s == inf:
                continue
            fill = 0
            for i, name in enumerate(rig.filters):
                if done & (1 << i):
                    continue
                frames, ends_s = self._set(name, after_s + CHANGE_S)
                if frames == rig.flats:
                    with_it = done | (1 << i)
                    done_s[with_it] = min(done_s[with_it], ends_s)
                else:
                    fill = max(fill, frames)
            best = max(best, (done.bit_count(), done.bit_count() * rig.flats + fill))
        self.sets, self.frames = best

    def _set(self, name: str, begins_s: float) -> tuple[int, float]:
        """Return the frames of a set that begins at a time, and when the last one is over."""
        key = (name, round(begins_s))
        if key not in self._known:
            self._known[key] = self._taken(name, begins_s)
        return self._known[key]

    def _taken(self, name: str, when_s: float) -> tuple[int, float]:
        twilight, rig = self._twilight, self._twilight.rig
        low, aim, high = self._levels
        frames = 0
        while frames < rig.flats and when_s < twilight.ends_s:
            exposure_s = twilight.exposure_for(name, when_s, aim)
            exposure_s = min(max(exposure_s, rig.shortest_s), rig.longest_s)
            in_range = RANGE_DEG[0] <= rig.sun_altitude(when_s) <= RANGE_DEG[1]
            if in_range and low <= twilight.light(name, when_s, exposure_s) <= high:
                when_s += exposure_s + rig.overhead_s
                frames += 1
            else:
                when_s += 1.0
        return frames, when_s
