"""Mounts behind INDI.

A mount is only asked, and not even connected (merely connecting some of them moves them), unless it
may be moved; parking apart, which has a key of its own.

What drivers do (INDI's simulator of a telescope, and others): a refusal is no Alert but Idle with
the old values, or no answer at all. Each goto ends with the tracking on, whatever was wished
before; TRACK_OFF sent in a slew is forgotten at its end. While it tracks a mount says nothing.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace

from flatctl.core.nights.sun import Site
from flatctl.core.pointing.directions import Equatorial, around
from flatctl.devices.deadline import Deadline
from flatctl.devices.indi.connecting import await_rest, connect
from flatctl.devices.indi.observatory import ask
from flatctl.devices.indi.session import IndiDevice
from flatctl.devices.indi.wire.client import IndiClient
from flatctl.devices.indi.wire.registry import Property, Registry
from flatctl.devices.protocols import ConditionStatus, MountReport, MountState
from flatctl.devices.slewing import DEG_PER_HOUR, TURN_DEG_PER_S, Slew
from flatctl.devices.transports import Role
from flatctl.errors import DeviceError, Fault, NoReply

_PARK = "TELESCOPE_PARK"
_PLACE = "EQUATORIAL_EOD_COORD"
_TRACKING = "TELESCOPE_TRACK_STATE"
_AFTER_GOTO = "ON_COORD_SET"
_ABORT = "TELESCOPE_ABORT_MOTION"
_SITE = "GEOGRAPHIC_COORD"
_CLOCK = "TIME_LST"
_SIDE = "TELESCOPE_PIER_SIDE"
_BY_HAND = "see where the mount is, and indiserver's log"

# It answers within this, or not at all; so long it may rest where it is before that is a refusal.
_ANSWERS_S, _RESTS_S = 5.0, 2.0


class IndiMount(IndiDevice):
    """A mount behind INDI; with a panel it is as it must be once it is parked."""

    def __init__(self, client: IndiClient, device: str) -> None:
        super().__init__(client, device)
        self.may_move = False
        self._sent = False  # somewhere, and is not known to have come to rest

    def status(self, timeout_s: float) -> ConditionStatus:
        """Return whether the mount reports to be parked and at rest."""
        known = ask(self._client, self._device, (_PARK,), timeout_s)
        if isinstance(known, ConditionStatus):
            return known
        if known.state == "Busy":
            return ConditionStatus(False, "on its way")
        return (
            ConditionStatus(True, "parked")
            if known.chosen("PARK")
            else ConditionStatus(False, "not parked")
        )

    def park(self, timeout_s: float) -> None:
        """Park it and wait until it reports to be there.

        Raises `Fault` where it refuses, `NoReply` where it has not arrived in time.
        """
        deadline = Deadline(timeout_s)
        known = ask(self._client, self._device, (_PARK,), timeout_s)
        if isinstance(known, ConditionStatus):
            raise Fault(self._device, f"can't be parked: it {known.text}")
        if known.chosen("PARK") and known.state != "Busy":
            return
        values = {"PARK": True}
        since = self._client.send(self._device, _PARK, values, deadline.left_s)
        parked = self._client.await_change(
            self._device,
            _PARK,
            since,
            lambda now: now.chosen("PARK"),
            deadline.left_s,
            doing="while it parked",
            remedy=_BY_HAND,
        )
        if parked is None:
            what = f"has not parked within {timeout_s:.0f} s"
            raise NoReply(self._device, what, "see whether something is in its way")
        if parked.alerted > since:
            raise self._client.refusal(self._device, since, "refuses to park")

    def report(self, timeout_s: float) -> MountReport:
        """Return how it stands; see `Mount`."""
        self._reach(timeout_s)
        return self._client.look(self._report)

    def unpark(self, timeout_s: float) -> None:
        """Unpark it where it is parked."""
        if self._moving(timeout_s).state is MountState.PARKED:
            self._switch(_PARK, "UNPARK", "refuses to be unparked", timeout_s)

    def slew(
        self,
        at: Equatorial,
        timeout_s: float,
        *,
        tracking: bool,
        on_way: Callable[[Equatorial], None] = lambda _: None,
    ) -> None:
        """Point to a place of the sky and wait until it is there and tracks as wanted."""
        deadline = Deadline(timeout_s)
        before = self._moving(timeout_s)
        if before.state is MountState.PARKED:
            raise Fault(self._device, "is parked", "unpark it")
        # Somebody may have left it so that a goto only tells it where it points.
        then = self._client.find(self._device, _AFTER_GOTO)
        if then is not None and not then.chosen("TRACK"):
            self._client.set_switch(self._device, _AFTER_GOTO, "TRACK", deadline.left_s)
        try:
            self._go(at, before.at, on_way, deadline)
        except BaseException:
            self._stop_quietly()
            raise
        self.track(tracking, max(deadline.left_s, _ANSWERS_S))

    def track(self, on: bool, timeout_s: float) -> None:
        """Switch its tracking on or off, and read that back."""
        now = self._moving(timeout_s)
        # Off is said again where it seems to be off: a goto may be about to switch it on.
        if now.state is (MountState.TRACKING if on else MountState.PARKED):
            return
        if not now.switches_tracking:
            raise Fault(self._device, f"can't switch its tracking {'on' if on else 'off'}")
        refuses = f"refuses to switch its tracking {'on' if on else 'off'}"
        self._switch(_TRACKING, "TRACK_ON" if on else "TRACK_OFF", refuses, timeout_s)

    def abort(self, timeout_s: float) -> None:
        """Stop a slew; the tracking stays as it is."""
        moves = self._moving(timeout_s).state is MountState.SLEWING
        if not moves and not self._sent:
            return
        since = self._client.send(self._device, _ABORT, {"ABORT": True}, timeout_s)

        def look(registry: Registry) -> bool | None:
            moving = self._report(registry).state is MountState.SLEWING
            return None if moving or registry.serial <= since else True

        # One that was sent and does not move yet may be about to set off.
        patience_s = timeout_s if moves else min(timeout_s, _ANSWERS_S)
        stopped = self._client.wait_for(look, patience_s) is not None
        if not stopped and self._client.look(self._report).state is MountState.SLEWING:
            what = f"still moves {timeout_s:.0f} s after it was told to stop"
            raise NoReply(self._device, what, "stop it by hand")
        self._sent = False

    def _go(
        self,
        at: Equatorial,
        before: Equatorial | None,
        on_way: Callable[[Equatorial], None],
        deadline: Deadline,
    ) -> None:
        slew = Slew(at, before)
        wish = {"RA": at.ra_deg % 360.0 / DEG_PER_HOUR, "DEC": at.dec_deg}
        self._sent = True
        since = self._client.send(self._device, _PLACE, wish, deadline.left_s)
        sent_s = time.monotonic()

        def there(now: Property) -> bool:
            place = _place(now)
            if place is None:
                return False
            on_way(place)
            moved = now.state == "Ok" or any(begun > since for begun in now.begun)
            return moved and slew.has_ended(place, now.arrived_s - sent_s)

        refuses = f"refuses to go to {slew.words}"
        self._arrive(_PLACE, since, there, refuses, deadline)
        self._sent = False

    def _switch(self, name: str, element: str, refuses: str, timeout_s: float) -> None:
        deadline = Deadline(timeout_s)
        since = self._client.send(self._device, name, {element: True}, timeout_s)
        self._arrive(name, since, lambda now: now.chosen(element), refuses, deadline)

    def _arrive(
        self,
        name: str,
        since: int,
        there: Callable[[Property], bool],
        refuses: str,
        deadline: Deadline,
    ) -> None:
        """Wait until a property that was sent is at rest and `there`, which sees each report.

        Raises `Fault` where the driver says no in any way, `NoReply` where it takes too long.
        """
        answer = _Answer(self._device, name, since, there)
        match self._client.wait_for(answer.look, deadline.left_s):
            case "there":
                return
            case "silent" if self._stood(name, there):
                return
            case "refused" | "silent":
                raise self._client.refusal(self._device, since, refuses, _BY_HAND)
            case _:
                what = "moves and does not arrive" if answer.heard else "says nothing"
                raise NoReply(self._device, f"{what} in the time that it is granted", _BY_HAND)

    def _stood(self, name: str, there: Callable[[Property], bool]) -> bool:
        """Say whether a property was `there` before it was sent; some drivers say nothing then."""
        now = self._client.find(self._device, name)
        return now is not None and there(now)

    def _moving(self, timeout_s: float) -> MountReport:
        """Return how it stands, before it is told to do something."""
        if not self.may_move:
            raise Fault(self._device, "may not be moved", "allow it: [mount] move = true")
        return self.report(timeout_s)

    def _reach(self, timeout_s: float) -> None:
        """Wait until the mount has told where it points, and whether it is parked."""
        deadline = Deadline(timeout_s)
        known = ask(self._client, self._device, (_PLACE,), timeout_s)
        if isinstance(known, ConditionStatus) and self.may_move:
            connect(self._client, self._device, Role.MOUNT, (_PLACE,), deadline.left_s)
        elif isinstance(known, ConditionStatus):
            raise Fault(self._device, known.text, "connect it with the program that moves it")

        await_rest(self._client, self._device, deadline.left_s)

        def look(registry: Registry) -> bool | None:
            park = registry.find(self._device, _PARK)
            # It is defined first with neither on, and told right after.
            settled = park is None or park.on("PARK") or park.on("UNPARK")
            return settled or None

        self._client.wait_for(look, min(_RESTS_S, deadline.left_s))

    def _report(self, registry: Registry) -> MountReport:
        return report_of(registry, self._device)

    def _stop_quietly(self) -> None:
        """Stop a slew that went wrong; that it did is what is told, not whether it could be."""
        try:
            self.abort(_ANSWERS_S)
        except DeviceError:
            return


class _Answer:
    """What a driver makes of a property that it was sent after the event `since`.

    `there` sees each report, and says whether it is what was asked for.
    """

    def __init__(
        self, device: str, name: str, since: int, there: Callable[[Property], bool]
    ) -> None:
        self._device, self._name = device, name
        self._since = self._seen = since
        self._there = there
        self._silent, self._resting = Deadline(_ANSWERS_S), Deadline(_RESTS_S)

    @property
    def heard(self) -> bool:
        """Whether the driver has said anything yet."""
        return self._seen > self._since

    def look(self, registry: Registry) -> str | None:
        """Return "there", "refused" or "silent", `None` while it may yet get there."""
        now = registry.find(self._device, self._name)
        if now is None or registry.devices[self._device].born > self._since:
            raise Fault(self._device, "its driver died or disconnected meanwhile", _BY_HAND)
        if now.serial > self._seen:
            self._seen = now.serial
            arrived = self._there(now)
            if self._moves(now):
                self._resting = Deadline(_RESTS_S)
            elif arrived:
                return "there"
        at_rest = self.heard and not self._moves(now) and self._resting.over
        if now.alerted > self._since or at_rest:
            return "refused"
        return None if self.heard or not self._silent.over else "silent"

    def _moves(self, now: Property) -> bool:
        # A mount is busy with its tracking for as long as it tracks.
        return now.state == "Busy" and self._name != _TRACKING


def report_of(registry: Registry, device: str) -> MountReport:
    """Return how a mount stands, by what its driver has told so far."""
    park, place, tracking, site, side = (
        registry.find(device, name) for name in (_PARK, _PLACE, _TRACKING, _SITE, _SIDE)
    )
    state = _state(park, place, tracking)
    at = None if place is None else _place(place)
    if at is not None and place is not None and state is MountState.STANDING:
        # The sky has gone on since it said so.
        age_s = time.monotonic() - place.arrived_s
        at = replace(at, ra_deg=(at.ra_deg + age_s * TURN_DEG_PER_S) % 360.0)
    return MountReport(
        state,
        at,
        _site(site),
        switches_tracking=tracking is not None,
        flips=side is not None and any(map(side.on, side.elements)),
        sidereal_deg=_sidereal_deg(registry.find(device, _CLOCK)),
    )


def _state(park: Property | None, place: Property | None, tracking: Property | None) -> MountState:
    # What a parked mount said of its place while it went there says nothing any more.
    if park is not None and park.chosen("PARK") and park.state != "Busy":
        return MountState.PARKED
    if any(each is not None and each.state == "Busy" for each in (park, place)):
        return MountState.SLEWING
    if place is None:
        return MountState.UNKNOWN
    if tracking is not None:
        return MountState.TRACKING if tracking.on("TRACK_ON") else MountState.STANDING
    return MountState.TRACKING if place.state == "Ok" else MountState.STANDING


def _place(now: Property) -> Equatorial | None:
    hours, dec_deg = now.number("RA"), now.number("DEC")
    if hours is None or dec_deg is None:
        return None
    return Equatorial(hours * DEG_PER_HOUR, dec_deg)


def _site(now: Property | None) -> Site | None:
    """Return the site that a mount knows; 0, 0 is what nobody has told it."""
    latitude_deg = now.number("LAT") if now else None
    longitude_deg = now.number("LONG") if now else None
    if latitude_deg is None or longitude_deg is None or latitude_deg == longitude_deg == 0.0:
        return None
    return Site(latitude_deg, around(longitude_deg))


def _sidereal_deg(now: Property | None) -> float | None:
    """Return the sidereal time that a mount's clock shows by now."""
    hours = now.number("LST") if now is not None and now.state != "Alert" else None
    if now is None or hours is None:
        return None
    age_s = time.monotonic() - now.arrived_s
    return (hours * DEG_PER_HOUR + age_s * TURN_DEG_PER_S) % 360.0
