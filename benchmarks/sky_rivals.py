"""How other programs take sky flats, rewritten from what their sources and manuals say.

Each gets the right order of the filters, the band of the benchmark, and yesterday's calibration
where it needs one. None is told less than its own users tell it.
"""

from collections.abc import Callable, Iterator
from math import exp, log

import numpy as np
from sky_rigs import CHANGE_S, RANGE_DEG, Rig, Twilight


class OverError(Exception):
    """The Sun has left its range."""


class Rival:
    """What the programs have in common: a twilight, a filter, and a shutter with limits."""

    def __init__(self, twilight: Twilight) -> None:
        self.twilight, self.rig = twilight, twilight.rig
        self.shortest, self.longest = self.rig.shortest_s, self.rig.longest_s

    @property
    def target(self) -> float:
        """Return the level aimed at, of full scale."""
        return self.twilight.target

    @property
    def coming(self) -> Callable[[float], bool]:
        """Tell of an exposure asked for whether the light for it is yet to come."""
        if self.rig.dawn:
            return lambda exposure_s: exposure_s > self.longest
        return lambda exposure_s: exposure_s < self.shortest

    def fits(self, exposure_s: float) -> bool:
        """Tell whether the shutter can do it."""
        return self.shortest <= exposure_s <= self.longest

    def clamped(self, exposure_s: float) -> float:
        """Return the nearest exposure that the shutter can do."""
        return min(max(exposure_s, self.shortest), self.longest)

    def wait(self, seconds: float) -> None:
        """Let the sky come."""
        self.twilight.wait(seconds)
        if self.twilight.is_over:
            raise OverError

    def expose(self, exposure_s: float, *, keeps_all: bool = False) -> float:
        """Take a frame, keep it if it is in the band, and return its level."""
        twilight = self.twilight
        while twilight.is_before:
            twilight.wait(5.0)
        if twilight.is_over:
            raise OverError
        level, _ = twilight.expose(self.clamped(exposure_s))
        if keeps_all or twilight.in_band(level):
            twilight.keep(level)
        return level

    def first_s(self) -> float:
        """Return the exposure that is tried first without any knowledge."""
        return self.longest if self.rig.dawn else self.shortest

    def filters(self) -> Iterator[str]:
        """Yield the filters in the order in which their light goes, each with its wheel turned."""
        names = sorted(self.rig.filters, key=lambda name: self.rig.throughputs[name])
        for name in reversed(names) if self.rig.dawn else names:
            self.twilight.switch(name)
            yield name

    def yesterday(self, name: str) -> Callable[[float], float]:
        """Return what the night before told: full scales per second by the Sun's altitude."""
        night = Twilight(self.rig, self.target, self.twilight.tolerance, self.twilight.night + 100)
        times = np.arange(night.begins_s, night.ends_s, 20.0)
        heights = np.array([self.rig.sun_altitude(t) for t in times])
        rates = np.array([max(night.light(name, t, 10.0) / 10.0, 1e-12) for t in times])
        fit = np.polyfit(heights, np.log(rates), 2)
        return lambda height: exp(float(np.polyval(fit, height)))

    def run(self) -> None:
        """Take all filters, one after another."""
        try:
            for name in self.filters():
                self.take(name)
        except OverError:
            return

    def take(self, name: str) -> None:
        """Take the flats of one filter."""
        raise NotImplementedError


class RatioRule(Rival):
    """SGPro, Voyager, MaxIm, CCDAutoPilot as documented: the exposure times target over level."""

    def take(self, name: str) -> None:
        exposure_s = self.first_s()
        while not self.twilight.done(name):
            exposure_s *= self.target / max(self.expose(exposure_s), 1e-3)
            while not self.fits(exposure_s) and self.coming(exposure_s):
                self.wait(30.0)
                level = self.expose(self.first_s())
                exposure_s = self.first_s() * self.target / max(level, 1e-3)
            if not self.fits(exposure_s):
                return


class CCDciel(Rival):
    """Every filter begins at the least exposure; steps of 1 ms; waits 30 s while the sky comes."""

    def take(self, name: str) -> None:
        exposure_s = self.shortest
        while not self.twilight.done(name):
            level = self.expose(exposure_s)
            wanted_s = round(self.clamped(exposure_s) * self.target / max(level, 1e-3), 3)
            if self.fits(wanted_s):
                exposure_s = wanted_s
            elif self.coming(wanted_s):
                self.wait(30.0)
                exposure_s = self.first_s()
            else:
                return


class Pyobs(Rival):
    """The exposure by the Sun's altitude until it fits, then by the ratio with a bias taken off."""

    def take(self, name: str) -> None:
        rate, bias = self.yesterday(name), self.rig.pedestal

        def by_sun() -> float:
            return (self.target - bias) / rate(self.twilight.sun_deg)

        while not self.fits(by_sun()):
            if not self.coming(by_sun()):
                return
            self.wait(10.0)
        exposure_s = by_sun()
        while not self.twilight.done(name):
            level = self.expose(exposure_s)
            ratio = (self.target - bias) / max(level - bias, 1e-4)
            exposure_s *= min(max(ratio, 0.1), 10.0)
            if not self.fits(exposure_s):
                if not self.coming(exposure_s):
                    return
                self.wait(10.0)
                exposure_s = self.clamped(exposure_s)


class Huntsman(Rival):
    """The ratio, and a factor of two for every three minutes since the last frame."""

    def take(self, name: str) -> None:
        exposure_s, bright = self.first_s(), 0
        while not self.twilight.done(name):
            before_s = self.twilight.time_s
            level = self.expose(exposure_s)
            gone = (self.twilight.time_s - before_s) / 180.0
            fade = 2.0 ** (-gone if self.rig.dawn else gone)
            exposure_s = self.clamped(exposure_s) * self.target / max(level, 1e-3) * fade
            if self.fits(exposure_s):
                continue
            if not self.coming(exposure_s):
                return
            bright += 1
            if bright >= 10 and not self.rig.dawn:
                return
            self.wait(60.0 if self.rig.dawn else 0.1)
            exposure_s = self.clamped(exposure_s)


class Nina(Rival):
    """Bisection until in the band; then a line through the last five exposures over time."""

    retries = True

    def take(self, name: str) -> None:
        while not self.twilight.done(name):
            found = self.found()
            if found is None:
                return
            self.series(name, found)
            if not self.retries:
                return

    def found(self) -> float | None:
        """Return the exposure that met the band; None where the light has gone."""
        low, high = self.shortest, self.longest
        while True:
            exposure_s = (low + high) / 2
            level = self.expose(exposure_s)
            if self.twilight.in_band(level):
                return exposure_s * self.target / level
            if level > self.target:
                high = exposure_s
            else:
                low = exposure_s
            if high - low < 0.02 * high:
                at_bottom = high < 1.1 * self.shortest
                if not self.retries or at_bottom == self.rig.dawn:
                    return None
                self.wait(10.0)
                low, high = self.shortest, self.longest

    def series(self, name: str, exposure_s: float) -> None:
        """Take frames until the set is full or the exposure leaves its range."""
        seen: list[tuple[float, float]] = []
        while not self.twilight.done(name):
            before_s = self.twilight.time_s
            level = self.expose(exposure_s)
            seen.append((before_s, log(exposure_s * self.target / max(level, 1e-3))))
            seen = seen[-5:]
            if len(seen) > 1:
                line = np.polyfit([t for t, _ in seen], [y for _, y in seen], 1)
                exposure_s = exp(min(float(np.polyval(line, self.twilight.time_s)), 20.0))
            else:
                exposure_s *= self.target / max(level, 1e-3)
            if not self.fits(exposure_s):
                return


class NinaOnce(Nina):
    """The same as its users start it: once for each filter."""

    retries = False


class Ekos(Rival):
    """A line through the last points of exposure and level; steps by a quarter where it fails."""

    def take(self, name: str) -> None:
        exposure_s, points = 1.0, list[tuple[float, float]]()
        exposure_s = self.clamped(exposure_s)
        gone = 0
        while not self.twilight.done(name) and gone < 5:
            level = self.expose(exposure_s)
            if self.twilight.in_band(level):
                gone = 0
                continue
            points = [*points, (exposure_s, level)][-3:]
            wish_s = self.wished(points)
            gone += not self.fits(wish_s) and not self.coming(wish_s)
            exposure_s = self.clamped(wish_s)

    def wished(self, points: list[tuple[float, float]]) -> float:
        """Return the next exposure."""
        exposure_s, level = points[-1]
        if level > 0.95:
            return exposure_s * 0.1
        usable = [p for p in points if p[1] < 0.95]
        if len({e for e, _ in usable}) > 1:
            slope, offset = np.polyfit([e for e, _ in usable], [y for _, y in usable], 1)
            wish = (self.target - offset) / slope if slope else 0.0
            if wish > 0:
                return float(wish)
        return exposure_s * (1.25 if level < self.target else 0.75)


class Chimera(Rival):
    """The light summed up by yesterday's curve; the last residual is added from then on."""

    def take(self, name: str) -> None:
        rate, more = self.yesterday(name), 0.0
        while not self.twilight.done(name):
            when, light, exposure_s = self.twilight.time_s, self.rig.pedestal, 0.0
            while light < self.target and exposure_s < 2 * self.longest:
                height = self.rig.sun_altitude(when + exposure_s)
                light += max(rate(height) + more, 1e-9) * 0.05
                exposure_s += 0.05
            if exposure_s > self.longest:
                if not self.rig.dawn:
                    return
                self.wait(6.0)
                continue
            if exposure_s < self.shortest and not self.rig.dawn:
                self.wait(6.0)
                continue
            level = self.expose(exposure_s, keeps_all=True)
            more += (level - light) / exposure_s


class Goto(Rival):
    """One glance for each filter, then exposures listed beforehand (Tyson and Gal 1993)."""

    def take(self, name: str) -> None:
        glance_s = self.clamped(1.0 if not self.rig.dawn else 5.0)
        level = min(max(self.expose(glance_s) - self.rig.pedestal, 1e-3), 1.0)
        exposure_s = glance_s * (self.target - self.rig.pedestal) / level
        # Half the light in so many seconds, as the twilight at the equator's equinox does, scaled.
        per_s = log(10) * 0.094 / 60 * (-1 if self.rig.dawn else 1)
        while not self.twilight.done(name):
            if not self.fits(exposure_s) and not self.coming(exposure_s):
                return
            begun_s = self.twilight.time_s
            self.expose(exposure_s, keeps_all=True)
            exposure_s *= exp(per_s * (self.twilight.time_s - begun_s))


RIVALS: dict[str, type[Rival]] = {
    "pyobs": Pyobs,
    "ratio rule (SGPro, Voyager, MaxIm)": RatioRule,
    "Huntsman": Huntsman,
    "CCDciel": CCDciel,
    "N.I.N.A., retried": Nina,
    "N.I.N.A., as started": NinaOnce,
    "Ekos": Ekos,
    "chimera, keeps all": Chimera,
    "GOTO, keeps all": Goto,
}
__all__ = ["CHANGE_S", "RANGE_DEG", "RIVALS", "Rig", "Rival"]
