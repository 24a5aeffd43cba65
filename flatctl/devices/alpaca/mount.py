"""Telescopes behind Alpaca: mounts.

A mount is only asked, and not even connected (merely connecting some of them moves them), unless it
may be moved; parking apart, which has a key of its own.

Places are told and taken in the mount's own equinox (EquatorialSystem of the API), here always of
date. A slew is refused unless the mount tracks. Older drivers answer an order to park once it is
carried out.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from flatctl.core.nights.sun import Site
from flatctl.core.pointing.directions import Equatorial, around
from flatctl.core.pointing.precession import of_date, of_j2000
from flatctl.devices.alpaca.asking import Linger, granted_s, optional, poll
from flatctl.devices.alpaca.observatory import not_connected, unknown
from flatctl.devices.deadline import Deadline
from flatctl.devices.protocols import ConditionStatus, MountReport, MountState
from flatctl.devices.slewing import DEG_PER_HOUR, Slew
from flatctl.errors import DeviceError, Fault, NoReply

if TYPE_CHECKING:
    from flatctl.devices.alpaca.session import AlpacaSession

_GERMAN = 2  # AlignmentModes of the API
# EquatorialCoordinateType of the API: 0 is another one, which mostly is that of date.
_OF_DATE, _J2000, _ELSE = (0, 1), 2, {3: "J2050", 4: "B1950"}
_BY_HAND = "see where the mount is, and its driver's log"
_ANSWERS_S, _RESTS_S = 5.0, 3.0


class AlpacaMount:
    """A mount behind Alpaca; with a panel it is as it must be once it is parked."""

    def __init__(self, session: AlpacaSession, device: str) -> None:
        self._client = session.client(device, connects=False)
        self.may_move = False
        self._sent = False  # somewhere, and is not known to have come to rest

    @property
    def name(self) -> str:
        """Its address, as it is configured."""
        return self._client.name

    def status(self, timeout_s: float) -> ConditionStatus:
        """Return whether the mount reports to be parked and at rest."""
        deadline = Deadline(timeout_s)
        try:
            if absent := not_connected(self._client, deadline):
                return absent
            if not optional(self._client.truth, "canpark", deadline.left_s):
                return ConditionStatus(False, "can't be parked, says its driver", known=False)
            if self._is("slewing", deadline):
                return ConditionStatus(False, "on its way")
            parked = self._is("atpark", deadline)
        except DeviceError as error:
            return unknown(error)
        return ConditionStatus(parked, "parked" if parked else "not parked")

    def park(self, timeout_s: float) -> None:
        """Park it and wait until it reports to be there.

        Raises `Fault` where it refuses or comes to rest elsewhere, `NoReply` where it has not
        arrived in time.
        """
        deadline = Deadline(timeout_s)
        status = self.status(deadline.left_s)
        if not status.known:
            raise Fault(self.name, f"can't be parked: it {status.text}")
        if status.met:
            return
        # One that answers late may park all the same.
        with suppress(NoReply):
            self._client.put("park", deadline.left_s)
        rests = Linger(_RESTS_S)

        def look() -> bool | None:
            if self._is("slewing", deadline):
                rests.again()
                return None
            return True if self._is("atpark", deadline) else (False if rests.over else None)

        match poll(look, deadline):
            case None:
                what = f"has not parked within {timeout_s:.0f} s"
                raise NoReply(self.name, what, "see whether something is in its way")
            case False:
                raise Fault(self.name, "came to rest and is not parked", _BY_HAND)

    def report(self, timeout_s: float) -> MountReport:
        """Return how it stands; see `Mount`."""
        deadline = Deadline(timeout_s)
        self._reach(deadline)
        state = self._state(deadline)
        hours = optional(self._client.number, "siderealtime", deadline.left_s)
        return MountReport(
            state,
            None if state is MountState.PARKED else self._place(deadline),
            self._site(deadline),
            switches_tracking=self._is("cansettracking", deadline),
            flips=optional(self._client.whole, "alignmentmode", deadline.left_s) == _GERMAN,
            sidereal_deg=None if hours is None else (hours * DEG_PER_HOUR) % 360.0,
        )

    def unpark(self, timeout_s: float) -> None:
        """Unpark it where it is parked."""
        deadline = Deadline(timeout_s)
        self._allowed(deadline)
        if self._state(deadline) is MountState.PARKED:
            self._order("unpark", "refuses to be unparked", deadline)
            self._await("atpark", False, "refuses to be unparked", deadline)

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
        self._allowed(deadline)
        if self._state(deadline) is MountState.PARKED:
            raise Fault(self.name, "is parked", "unpark it")
        if not self._is("canslewasync", deadline):
            what = "can't slew and be watched meanwhile (CanSlewAsync)"
            raise Fault(self.name, what, 'point it by hand, and set [sky] position = "stay"')
        try:
            self._go(at, on_way, deadline)
        except BaseException:
            with suppress(DeviceError):  # that it went wrong is what is told
                self.abort(_ANSWERS_S)
            raise
        self.track(tracking, max(deadline.left_s, _ANSWERS_S))

    def track(self, on: bool, timeout_s: float) -> None:
        """Switch its tracking on or off, and read that back."""
        deadline = Deadline(timeout_s)
        self._allowed(deadline)
        now = self._state(deadline)
        # Off is said again where it seems to be off: a slew may be about to switch it on.
        if now is (MountState.TRACKING if on else MountState.PARKED):
            return
        how = "on" if on else "off"
        if not self._is("cansettracking", deadline):
            if now is MountState.STANDING and not on:
                return
            raise Fault(self.name, f"can't switch its tracking {how}")
        refuses = f"refuses to switch its tracking {how}"
        self._order("tracking", refuses, deadline, Tracking=on)
        self._await("tracking", on, refuses, deadline)

    def abort(self, timeout_s: float) -> None:
        """Stop a slew; the tracking stays as it is."""
        deadline = Deadline(timeout_s)
        self._allowed(deadline)
        if not self._sent and not self._is("slewing", deadline):
            return
        self._client.put("abortslew", deadline.left_s)
        if poll(lambda: None if self._is("slewing", deadline) else True, deadline) is None:
            what = f"still moves {timeout_s:.0f} s after it was told to stop"
            raise NoReply(self.name, what, "stop it by hand")
        self._sent = False

    def _go(self, at: Equatorial, on_way: Callable[[Equatorial], None], deadline: Deadline) -> None:
        if not self._is("tracking", deadline):
            self.track(True, deadline.left_s)
        slew = Slew(at, self._place(deadline))
        goal = of_j2000(at, datetime.now(UTC)) if self._is_j2000(deadline) else at
        wish = {"RightAscension": goal.ra_deg % 360.0 / DEG_PER_HOUR, "Declination": goal.dec_deg}
        self._sent = True
        began_s = time.monotonic()
        self._client.put("slewtocoordinatesasync", deadline.left_s, **wish)
        rests = Linger(_RESTS_S)

        def look() -> bool | None:
            moves = self._is("slewing", deadline)
            place = self._place(deadline)
            if place is not None:
                on_way(place)
            if moves:
                rests.again()
                return None
            there = place is not None and slew.has_ended(place, time.monotonic() - began_s)
            return True if there else (False if rests.over else None)

        match poll(look, deadline):
            case None:
                raise NoReply(self.name, "does not arrive in the time that it is granted", _BY_HAND)
            case False:
                what = f"was sent to {slew.words} and came to rest elsewhere"
                raise Fault(self.name, what, _BY_HAND)
        self._sent = False

    def _order(self, member: str, refuses: str, deadline: Deadline, **form: bool) -> None:
        """Order something; raise `Fault` where it is refused."""
        try:
            self._client.put(member, deadline.left_s, **form)
        except Fault as refusal:
            raise Fault(self.name, f"{refuses} ({refusal.what})", _BY_HAND) from refusal

    def _await(self, member: str, wanted: bool, refuses: str, deadline: Deadline) -> None:
        """Wait until a member is as wanted; raise `Fault` where it stays otherwise."""
        wait = Deadline(min(_ANSWERS_S, deadline.left_s))
        if poll(lambda: True if self._is(member, wait) is wanted else None, wait) is None:
            raise Fault(self.name, refuses, _BY_HAND)

    def _allowed(self, deadline: Deadline) -> None:
        """Raise `Fault` where it may not be told to do something; reach it where it may."""
        if not self.may_move:
            raise Fault(self.name, "may not be moved", "allow it: [mount] move = true")
        self._reach(deadline)

    def _reach(self, deadline: Deadline) -> None:
        self._client.connects = self.may_move
        if self.may_move:
            self._client.connect(deadline.left_s)
        elif absent := not_connected(self._client, deadline):
            raise Fault(self.name, absent.text, "connect it with the program that moves it")

    def _is(self, member: str, deadline: Deadline) -> bool:
        """Return what a member says; false where the mount has no such thing."""
        return bool(optional(self._client.truth, member, granted_s(deadline)))

    def _state(self, deadline: Deadline) -> MountState:
        if self._is("slewing", deadline):
            return MountState.SLEWING
        if self._is("atpark", deadline):
            return MountState.PARKED
        return MountState.TRACKING if self._is("tracking", deadline) else MountState.STANDING

    def _place(self, deadline: Deadline) -> Equatorial | None:
        """Return where it points, of date."""
        is_j2000 = self._is_j2000(deadline)
        hours = optional(self._client.number, "rightascension", granted_s(deadline))
        dec_deg = optional(self._client.number, "declination", granted_s(deadline))
        if hours is None or dec_deg is None:
            return None
        place = Equatorial(hours * DEG_PER_HOUR, dec_deg)
        return of_date(place, datetime.now(UTC)) if is_j2000 else place

    def _is_j2000(self, deadline: Deadline) -> bool:
        """Say whether it counts its places by the equinox of J2000; else by that of date.

        Raises `Fault` for another one.
        """
        equinox = optional(self._client.whole, "equatorialsystem", granted_s(deadline))
        if equinox in (None, *_OF_DATE):
            return False
        if equinox == _J2000:
            return True
        what = f"counts its places by the equinox {_ELSE.get(equinox or 0, f'number {equinox}')}"
        raise Fault(self.name, what, "set its driver to JNow (topocentric), or J2000")

    def _site(self, deadline: Deadline) -> Site | None:
        """Return the site that it knows; 0, 0 is what nobody has told it."""
        latitude_deg = optional(self._client.number, "sitelatitude", granted_s(deadline))
        longitude_deg = optional(self._client.number, "sitelongitude", granted_s(deadline))
        if latitude_deg is None or longitude_deg is None or latitude_deg == longitude_deg == 0.0:
            return None
        return Site(latitude_deg, around(longitude_deg))
