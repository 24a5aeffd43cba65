"""Mount, roof and safety monitor as Alpaca devices; another program has connected them already."""

from datetime import UTC, datetime

from flatctl.core.pointing.directions import Equatorial
from hardware_sims.alpaca.devices.device import (
    DRIVER_ERROR,
    PARKED,
    Device,
    Refusal,
    Stage,
    must_lie_within,
    truth,
)
from hardware_sims.sky.motion import Doing, Motion
from hardware_sims.sky.scene import Roof

MOUNT, ROOF, WEATHER = "Sim Mount", "Sim Roof", "Sim Weather"
_DEG_PER_HOUR = 15.0
_OPEN, _CLOSED, _OPENING, _CLOSING = range(4)
_MOVING = (Doing.SLEWING, Doing.PARKING)


class AlpacaMount(Device):
    """The mount of a world that has one."""

    kind, versions = "telescope", (3, 4)

    def __init__(self, stage: Stage, motion: Motion) -> None:
        super().__init__(stage, MOUNT, connected=True)
        self._motion = motion
        site, north_deg = motion.site, motion.habits.site_off_deg
        self.tell(
            alignmentmode=2,
            equatorialsystem=1,
            canfindhome=False,
            canpark=True,
            canunpark=True,
            cansetpark=False,
            cansettracking=True,
            canslew=True,
            canslewasync=True,
            canslewaltaz=False,
            canslewaltazasync=False,
            cansync=False,
            canpulseguide=False,
            cansetpierside=False,
            athome=False,
            atpark=lambda: motion.doing() is Doing.PARKED,
            slewing=lambda: motion.doing() in _MOVING,
            tracking=lambda: motion.doing() is Doing.TRACKING,
            rightascension=lambda: motion.place().ra_deg / _DEG_PER_HOUR,
            declination=lambda: motion.place().dec_deg,
            altitude=lambda: motion.direction().alt_deg,
            azimuth=lambda: motion.direction().az_deg,
            siderealtime=lambda: motion.sidereal_deg() / _DEG_PER_HOUR,
            utcdate=lambda: datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.0000000Z"),
            sitelatitude=site.latitude_deg + north_deg,
            sitelongitude=site.longitude_deg,
            siteelevation=site.elevation_m or 0.0,
        )
        self.lack("sideofpier", "targetrightascension", "targetdeclination")
        self.lack(orders=("findhome", "setpark", "synctocoordinates", "pulseguide"))
        self.take("park", self._park)
        self.take("unpark", self._unpark)
        self.take("tracking", self._track, Tracking=truth)
        self.take("abortslew", self._abort)
        for member, waits in (("slewtocoordinates", True), ("slewtocoordinatesasync", False)):
            self.take(
                member,
                lambda hours, dec_deg, waits=waits: self._slew(hours, dec_deg, waits=waits),
                RightAscension=float,
                Declination=float,
            )

    def _park(self) -> None:
        self._motion.park()
        if self.stage.habits.platform == 6:
            self._wait()

    def _wait(self) -> None:
        while self._motion.doing() in _MOVING and not self.stage.closing.wait(0.05):
            pass

    def _unpark(self) -> None:
        if self._motion.doing() is Doing.PARKED and not self._motion.unpark():
            raise Refusal(DRIVER_ERROR, "the mount does not let itself be unparked")

    def _must_not_be_parked(self) -> None:
        if self._motion.doing() in (Doing.PARKED, Doing.PARKING):
            raise Refusal(PARKED, "the mount is parked")

    def _track(self, on: bool) -> None:
        self._must_not_be_parked()
        self._motion.track(on)

    def _slew(self, hours: float, dec_deg: float, *, waits: bool) -> None:
        self._must_not_be_parked()
        must_lie_within("RightAscension", hours, 0.0, 24.0)
        must_lie_within("Declination", dec_deg, -90.0, 90.0)
        self._motion.slew(Equatorial(hours * _DEG_PER_HOUR, dec_deg))
        if waits:
            self._wait()

    def _abort(self) -> None:
        self._must_not_be_parked()
        self._motion.abort()


class AlpacaRoof(Device):
    """The roof of a world that has one, as a dome that does not turn."""

    kind, versions = "dome", (2, 3)

    def __init__(self, stage: Stage, roof: Roof) -> None:
        super().__init__(stage, ROOF, connected=True)
        self._roof, self._there_s, self._opens = roof, 0.0, False
        self.tell(
            cansetshutter=True,
            canfindhome=False,
            canpark=False,
            cansetaltitude=False,
            cansetazimuth=False,
            cansetpark=False,
            canslave=False,
            cansyncazimuth=False,
            slaved=False,
            slewing=lambda: stage.now() < self._there_s,
            shutterstatus=self._status,
        )
        self.lack("altitude", "azimuth", "athome", "atpark")
        self.lack(orders=("findhome", "park", "setpark", "slaved", "slewtoaltitude"))
        self.lack(orders=("slewtoazimuth", "synctoazimuth"))
        self.take("openshutter", lambda: self._move(is_open=True))
        self.take("closeshutter", lambda: self._move(is_open=False))
        self.take("abortslew", lambda: None)

    def _status(self) -> int:
        if self.stage.now() < self._there_s:
            return _OPENING if self._opens else _CLOSING
        return _OPEN if self._roof.is_open() else _CLOSED

    def _move(self, *, is_open: bool) -> None:
        self._opens = is_open
        moves = self._roof.is_open() != is_open
        takes_s = self._roof.move(is_open=is_open)
        self._there_s = self.stage.now() + (takes_s if moves else 0.0)


class AlpacaWeather(Device):
    """A safety monitor; `safe` is what it says, and who isn't connected hears that it isn't."""

    kind, versions = "safetymonitor", (1, 3)

    def __init__(self, stage: Stage) -> None:
        super().__init__(stage, WEATHER, connected=True)
        self.safe = True
        self.tell_always(issafe=lambda: self.safe)
