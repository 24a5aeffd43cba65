"""The simulated mount as an INDI driver: `flatctl_sim_mount` under indiserver.

It does as INDI's own simulator of a telescope, on the clock of the world: a refusal is Idle with
the old values, a goto that makes no sense is not answered, every goto ends with the tracking on,
and while it tracks it says nothing.
"""

import asyncio
from typing import Any

from flatctl.core.pointing.directions import Equatorial
from hardware_sims.indi.driver import MAIN, TELESCOPE_INTERFACE, SimDriver, run_under_indiserver
from hardware_sims.indi.vectors import Number, button, choice, numbers, texts, turn_on
from hardware_sims.shared import shared_world
from hardware_sims.sky.motion import Doing, Motion
from hardware_sims.world import World

NAME = "Sim Mount"
UPDATE_S = 0.1
SITE = "Site Management"
_DEG_PER_HOUR = 15.0


class SimMount(SimDriver):
    """The mount of a world that has one; another program has connected it already."""

    def __init__(self, world: World, name: str = NAME) -> None:
        if world.scene is None or world.scene.mount is None:
            raise ValueError(f"the scenario {world.scenario.name!r} has no mount")
        self._motion: Motion = world.scene.mount
        site = self._motion.site
        latitude_deg = site.latitude_deg + self._motion.habits.site_off_deg
        super().__init__(
            name,
            "flatctl_sim_mount",
            TELESCOPE_INTERFACE,
            [
                choice("ON_COORD_SET", "On Set", MAIN, "TRACK", TRACK="", SLEW="", SYNC=""),
                numbers(
                    "EQUATORIAL_EOD_COORD",
                    "Eq. Coordinates",
                    MAIN,
                    Number("RA", "RA (hh:mm:ss)", 0.0, 0, 24, 0, "%010.6m"),
                    Number("DEC", "DEC (dd:mm:ss)", 0.0, -90, 90, 0, "%010.6m"),
                ),
                choice("TELESCOPE_TRACK_STATE", "Tracking", MAIN, "", TRACK_ON="", TRACK_OFF=""),
                choice("TELESCOPE_PARK", "Parking", MAIN, "", PARK="", UNPARK=""),
                button("TELESCOPE_ABORT_MOTION", "Abort Motion", MAIN, "ABORT"),
                numbers(
                    "GEOGRAPHIC_COORD",
                    "Scope Location",
                    SITE,
                    Number("LAT", "Lat", latitude_deg, -90, 90, 0, "%012.8m"),
                    Number("LONG", "Lon", site.longitude_deg % 360.0, 0, 360, 0, "%012.8m"),
                    Number("ELEV", "Elev", site.elevation_m or 0.0, -200, 10000, 0, "%g"),
                ),
                texts("TIME_UTC", "UTC", SITE, UTC="", OFFSET="0"),
                *self._clock(),
            ],
        )
        self._told: Doing | None = None
        self._aborted = False
        self.received: list[str] = []
        turn_on(self.vector("CONNECTION"), "CONNECT")
        for vector in self._later:
            vector.enable = True
        self._show()
        self.on_new("EQUATORIAL_EOD_COORD", self._goto)
        self.on_new("ON_COORD_SET", self.choose)
        self.on_new("TELESCOPE_TRACK_STATE", self._track)
        self.on_new("TELESCOPE_PARK", self._park)
        self.on_new("TELESCOPE_ABORT_MOTION", self._abort)
        self.on_new("GEOGRAPHIC_COORD", self.take_numbers)
        self.on_new("TIME_UTC", self.take_texts)

    def _clock(self) -> list[Any]:
        """Return what tells of its clock, if anything does."""
        if self._motion.habits.clock_off_s is None:
            return []
        hours = self._motion.sidereal_deg() / _DEG_PER_HOUR
        return [numbers("TIME_LST", "LST", SITE, Number("LST", "LST", hours, 0, 24, 0, "%010.6m"))]

    async def hardware(self) -> None:
        """Tell of every change, as long as the driver runs."""
        while not self.stop:
            await asyncio.sleep(UPDATE_S)
            if self.vector("CONNECTION")["CONNECT"] == "On":
                await self._tell()
                if self._motion.habits.clock_off_s is not None:
                    clock = self.vector("TIME_LST")
                    clock["LST"] = self._motion.sidereal_deg() / _DEG_PER_HOUR
                    await clock.send_setVector(state="Ok")

    async def rxevent(self, event: Any) -> None:
        """Deal with what a client sent; `received` lists it."""
        self.received.append(event.vectorname)
        await super().rxevent(event)

    async def _goto(self, event: Any) -> None:
        vector = self.vector("EQUATORIAL_EOD_COORD")
        hours, dec_deg = (event.getfloatvalue(each) for each in ("RA", "DEC"))
        if not (0.0 <= hours <= 24.0 and -90.0 <= dec_deg <= 90.0):
            return
        if self._motion.doing() in (Doing.PARKED, Doing.PARKING):
            await self.say("[WARNING] Please unpark the mount before issuing any motion commands.")
            await vector.send_setVector(state="Idle")
        elif self.vector("ON_COORD_SET")["SYNC"] == "On":
            await self.say("[INFO] Sync is successful.")
            await vector.send_setVector(state="Ok")
        else:
            self._motion.slew(Equatorial(hours * _DEG_PER_HOUR, dec_deg))
            await self._tell()

    async def _track(self, event: Any) -> None:
        vector, on = self.vector("TELESCOPE_TRACK_STATE"), event.get("TRACK_ON") == "On"
        if self._motion.doing() in (Doing.PARKED, Doing.PARKING):
            await self.say("[WARNING] Mount is parked, cannot change tracking state.")
            await vector.send_setVector(state="Idle")
        elif self._motion.doing() is Doing.SLEWING:
            turn_on(vector, "TRACK_ON" if on else "TRACK_OFF")  # forgotten when the slew ends
            await vector.send_setVector(state="Busy" if on else "Idle")
        else:
            self._motion.track(on)
            self._told = None
            await self._tell()

    async def _park(self, event: Any) -> None:
        vector = self.vector("TELESCOPE_PARK")
        if event.get("PARK") == "On":
            self._motion.park()
            turn_on(vector, "PARK")
            await vector.send_setVector(state="Busy")
            await self._tell()
        elif self._motion.unpark():
            turn_on(vector, "UNPARK")
            await vector.send_setVector(state="Ok")
            await self._tell()
        else:
            await self.say("[ERROR] The mount does not let itself be unparked.")
            await vector.send_setVector(state="Idle")

    async def _abort(self, event: Any) -> None:
        self._motion.abort()
        turn_on(event.vector, None)
        await event.vector.send_setVector(state="Ok")
        await self._tell()

    def _show(self) -> None:
        """Let the properties say how the mount stands, without telling anybody."""
        doing, place = self._motion.doing(), self._motion.place()
        coordinates = self.vector("EQUATORIAL_EOD_COORD")
        coordinates["RA"], coordinates["DEC"] = place.ra_deg / _DEG_PER_HOUR, place.dec_deg
        moves = doing in (Doing.SLEWING, Doing.PARKING)
        tracks = doing is Doing.TRACKING
        coordinates.state = "Busy" if moves else "Ok" if tracks else "Idle"
        if not moves:
            turn_on(self.vector("TELESCOPE_TRACK_STATE"), "TRACK_ON" if tracks else "TRACK_OFF")
            parked = doing is Doing.PARKED
            turn_on(self.vector("TELESCOPE_PARK"), "PARK" if parked else "UNPARK")

    async def _tell(self) -> None:
        doing = self._motion.doing()
        if doing is self._told and doing in (Doing.TRACKING, Doing.PARKED):
            return
        before, self._told = self._told, doing
        self._show()
        if doing is Doing.SLEWING and self._dies:
            await self._die()
            return
        if doing is not before:
            if doing in (Doing.TRACKING, Doing.STANDING, Doing.PARKED):
                tracking = "Busy" if doing is Doing.TRACKING else "Idle"
                await self.vector("TELESCOPE_TRACK_STATE").send_setVector(state=tracking)
            if doing is Doing.PARKED:
                await self.vector("TELESCOPE_PARK").send_setVector(state="Ok")
        coordinates = self.vector("EQUATORIAL_EOD_COORD")
        await coordinates.send_setVector(state=coordinates.state)

    @property
    def _dies(self) -> bool:
        return self._motion.slews == self._motion.habits.dies_in_slew

    async def _die(self) -> None:
        """Lose the mount, as a driver whose cable was pulled: its properties are gone."""
        connection = self.vector("CONNECTION")
        turn_on(connection, "DISCONNECT")
        await connection.send_setVector(state="Idle")
        for each in self._later:
            await each.send_delProperty()


def main() -> None:
    """Run as an INDI driver, started by indiserver."""
    run_under_indiserver(lambda: SimMount(shared_world()))


if __name__ == "__main__":
    main()
