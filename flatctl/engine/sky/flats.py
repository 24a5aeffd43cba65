"""Flats of the twilight sky: several sets at once, as the search asks for their filters in turn."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from functools import partial
from math import nan

from flatctl import events
from flatctl.core.nights.rungs import nearest_rung
from flatctl.core.nights.sun import sun_altitude_deg
from flatctl.core.pointing.bodies import moon_at
from flatctl.core.sky.filters import SkyFilter
from flatctl.core.sky.light import find_window
from flatctl.core.sky.search import SkyFlatSearch
from flatctl.core.sky.steps import Step, Why
from flatctl.core.types import FilterPlan, Outcome
from flatctl.devices.protocols import Cover, MountState
from flatctl.engine.context import RunContext
from flatctl.engine.job import SkyJob
from flatctl.engine.panel_off import known_pedestal
from flatctl.engine.set_events import OfSky
from flatctl.engine.shot import Shot
from flatctl.engine.sky.darks import learn_stuck
from flatctl.engine.sky.events import SkyEvents
from flatctl.engine.sky.mount import SkyMount
from flatctl.engine.sky.set import SkySet
from flatctl.engine.stop import StopSignals
from flatctl.errors import DeviceError
from flatctl.storage.record import SkyFacts


class SkyFlats:
    """The sets of one camera setup, taken of one twilight.

    The mount is left as `SkyPointing.end` leaves it, whatever ends this; `tell_fault` hears why
    that could not be done.
    """

    def __init__(
        self,
        context: RunContext,
        sky: SkyJob,
        plans: Sequence[FilterPlan],
        signals: StopSignals,
        tell_fault: Callable[[DeviceError, bool], None],
    ) -> None:
        self._context, self._sky = context, sky
        self._signals = signals
        self._sets = {events.set_label(plan): SkySet(context, plan) for plan in plans}
        # The search's clock is the monotonic one: nobody sets it in the middle of a twilight.
        self._epoch = context.clock.now() - timedelta(seconds=context.clock.monotonic())
        self._search: SkyFlatSearch | None = None
        self._before: Mapping[str, object] | None = None
        self._mount = SkyMount(context, sky.pointing, signals, tell_fault)
        self._telling = SkyEvents(context, self._epoch, self.sun_deg)

    def run(self) -> dict[str, Outcome]:
        """Take them; return how each set ended. What ends the whole run is raised."""
        try:
            self._make_ready()
            self._take()
        except BaseException:
            # No exposure goes on while the mount is left, and no device stands in its way.
            with self._signals.held(), suppress(DeviceError):
                self._context.rig.camera.close()
            self._mount.leave()
            self._remember()
            raise
        failure = self._mount.leave()
        self._remember()
        self._context.writer.drain()
        for name, each in self._sets.items():
            self._tell_end(name, each)
        if failure is not None:
            raise failure
        return {name: each.outcome or Outcome.OUT_OF_TIME for name, each in self._sets.items()}

    @property
    def mount_left(self) -> MountState | None:
        """How the mount was left, `None` where none was used."""
        return self._mount.left

    def finish(self, outcome: Outcome) -> None:
        """Tell, once, how the sets ended that had not ended before."""
        for each in self._sets.values():
            each.finish(outcome)

    @property
    def exposures_s(self) -> set[float]:
        """The exposures of the flats that there are, those of earlier twilights included."""
        return set().union(*(each.exposures_s for each in self._sets.values()))

    def sun_deg(self, time_s: float) -> float:
        """Return the Sun's altitude at a time of the monotonic clock."""
        return sun_altitude_deg(self._epoch + timedelta(seconds=time_s), self._sky.site)

    def _make_ready(self) -> None:
        """Put a panel out that there may be, and have its cover open."""
        rig = self._context.rig
        if not rig.light.is_off:
            self._context.recovery.retry(rig.light.put_out)
        if isinstance(rig.panel, Cover) and rig.panel.has_cover:
            self._context.recovery.retry(partial(rig.panel.open_cover, rig.timeouts.panel_s))
        for each in self._sets.values():
            each.begin()

    def _take(self) -> None:
        search = self._search = self._new_search()
        while search is not None:
            step = self._next(search)
            self._telling.plan(search.plan, search.counts)
            for name in search.outcomes:
                self._tell_end(name, self._sets[name], search)
            if step.action == "finish":
                return
            if step.action == "wait":
                self._wait(step)
            elif step.action == "switch" and step.filter is not None:
                self._switch(search, step.filter)
            elif step.filter is not None:
                self._telling.exposing()
                self._expose(search, self._sets[step.filter], step)

    def _new_search(self) -> SkyFlatSearch | None:
        """Return a search for what is missing; None where nothing is."""
        missing = [(name, each) for name, each in self._sets.items() if each.outcome is None]
        if not missing:
            return None
        band = missing[0][1].band
        pedestal = known_pedestal(self._context)
        lowest_adu = min(each.band.low_adu for _, each in missing)
        known = pedestal is not None and pedestal.is_measured and pedestal.adu < lowest_adu
        learned = self._context.history.sky(self._context.key())
        self._before = learned.at(band.full_scale_adu).stored() if learned else None
        return SkyFlatSearch(
            [self._filter(name, each) for name, each in missing],
            target_adu=band.target_adu,
            tolerance_adu=band.tolerance_adu,
            full_scale_adu=band.full_scale_adu,
            dawn=self._sky.dawn,
            sun_altitude=self.sun_deg,
            sun_altitude_range_deg=self._sky.sun_altitude_deg,
            pedestal_adu=pedestal.adu if pedestal is not None and known else None,
            memory=self._before,
            max_wobble=self._sky.max_wobble,
        )

    def _filter(self, name: str, of: SkySet) -> SkyFilter:
        plan, band, limits = of.plan, of.band, of.limits
        return SkyFilter(
            name,
            of.missing,
            exposure_range_s=(limits.shortest_s, limits.longest_s),
            throughput=plan.throughput,
            wavelength_nm=plan.wavelength_nm,
            target_adu=band.target_adu,
            tolerance_adu=band.tolerance_adu,
        )

    def _next(self, search: SkyFlatSearch) -> Step:
        """Return what to do now; before an exposure all is safe, and the telescope at rest."""
        now_s = self._context.clock.monotonic
        step = search.next(now_s())
        if step.action == "finish" or step.fact.why is Why.WINDOW:
            return step
        to_expose = step.action == "expose"
        self._mount.make_ready(self._closes, to_expose=to_expose)
        if to_expose and self._mount.here is not None:
            self._telling.pointing(self._mount.here)
        # The light has changed meanwhile, and the next exposure begins at once.
        return search.next(now_s()) if to_expose else step

    def _closes(self) -> datetime:
        now_s = self._context.clock.monotonic()
        window = find_window(self.sun_deg, self._sky.sun_altitude_deg, now_s, dawn=self._sky.dawn)
        return self._epoch + timedelta(seconds=window.closes_s if window else now_s)

    def _wait(self, step: Step) -> None:
        self._telling.waiting(step)
        self._mount.rest()
        self._context.clock.sleep(step.seconds)

    def _switch(self, search: SkyFlatSearch, name: str) -> None:
        context = self._context
        context.recovery.renew()
        try:
            self._sets[name].select()
        except DeviceError as error:
            self._give_up(search, self._sets[name], error)

    def _give_up(self, search: SkyFlatSearch, of: SkySet, error: DeviceError) -> None:
        """End a set for which a device fails again and again; the others go on."""
        self._context.writer.drain()
        of.finish(Outcome.DEVICE, str(error))
        search.drop(events.set_label(of.plan))

    def _expose(self, search: SkyFlatSearch, of: SkySet, step: Step) -> None:
        try:
            shot = of.expose(of.limits.exposure(step.exposure_s), is_flat=step.fact.why is Why.AIM)
        except DeviceError as error:
            self._give_up(search, of, error)
            return
        if shot is None:
            return
        if unmet := self._mount.unmet():
            of.reject(shot, unmet, self._told(shot))
        else:
            self._mount.check()
            self._judge(search, of, shot)
        shot.release_pixels()

    def _judge(self, search: SkyFlatSearch, of: SkySet, shot: Shot) -> None:
        """Let the search learn from a frame that was taken of the sky; keep it if it is a flat."""
        if self._context.learn_full_scale(shot):
            for each in self._sets.values():
                each.rescale()
            search.rescale(self._context.full_scale_adu)
        try:
            self._excuse_stuck(of, shot)
            spoilt = of.spoilt(shot)
        except DeviceError as error:
            self._give_up(search, of, error)
            return
        if spoilt:
            of.reject(shot, spoilt, self._told(shot))
            return
        refused = of.refusal(shot)
        verdict = search.observe(
            mid_s=shot.time_s,
            exposure_s=shot.setting.exposure_s,
            median_adu=shot.level_adu,
            clipped_frac=shot.clipped_frac,
            refused=bool(refused),
        )
        told = self._told(shot, verdict.expected)
        if verdict.accepted:
            of.keep(shot, self._facts(of, shot), told)
            search.want(events.set_label(of.plan), of.missing)
        elif refused:
            of.reject(shot, refused, told)
        else:
            of.tell_trial(shot, verdict.verdict, told)

    def _excuse_stuck(self, of: SkySet, shot: Shot) -> None:
        """See whether what is full or black in a frame of the right level is so without light."""
        context, setup = self._context, self._context.rig.setup
        if of.is_level(shot) and shot.has_lost_pixels and setup not in context.stuck:
            learn_stuck(context, of.limits.shortest_s)
            shot.stuck = context.stuck.get(setup, shot.stuck)

    def _rate_adu_s(self, shot: Shot) -> float:
        pedestal = known_pedestal(self._context)
        return (shot.level_adu - (pedestal.adu if pedestal else 0.0)) / shot.setting.exposure_s

    def _told(self, shot: Shot, expected: float = nan) -> OfSky:
        return {
            "sun_altitude_deg": self.sun_deg(shot.time_s),
            "sky_rate_adu_s": self._rate_adu_s(shot),
            "predicted_level": expected,
        }

    def _remember(self) -> None:
        """Keep what was learned of the sky for the next twilight."""
        search, context = self._search, self._context
        if search is not None and search.memory != self._before:
            key, full_scale_adu = context.key(), context.full_scale_adu
            context.history.remember_sky(key, search.memory, full_scale_adu, context.clock.now())

    def _dark_rung_s(self, plan: FilterPlan, exposure_s: float) -> float | None:
        if not self._context.job.dark_flats:
            return None
        return nearest_rung(exposure_s, plan.exposure_min_s, plan.exposure_max_s)

    def _facts(self, of: SkySet, shot: Shot) -> SkyFacts:
        here, when = self._mount.here, self._epoch + timedelta(seconds=shot.time_s)
        return SkyFacts(
            sun_alt_deg=self.sun_deg(shot.time_s),
            dawn=self._sky.dawn,
            rate_adu_s=self._rate_adu_s(shot),
            sun_distance_deg=here.sun_distance_deg if here else None,
            moon_alt_deg=moon_at(when, self._sky.site).alt_deg,
            moon_distance_deg=here.moon_distance_deg if here else None,
            direction=here.direction if here else None,
            tracking=here.tracking if here else None,
            dithers=here.dithers if here else None,
            dark_rung_s=self._dark_rung_s(of.plan, shot.setting.exposure_s),
        )

    def _tell_end(self, name: str, of: SkySet, search: SkyFlatSearch | None = None) -> None:
        search = search or self._search
        if of.outcome is not None or search is None or name not in search.outcomes:
            return
        self._context.writer.drain()
        outcome = Outcome(search.outcomes[name])
        of.finish(outcome, "" if outcome is Outcome.COMPLETE else search.facts[name])
