"""The mount and the roof inside one process, on a clock that takes no time."""

from collections.abc import Callable
from dataclasses import replace

from flatctl.core.pointing.directions import Equatorial
from flatctl.devices.protocols import ConditionStatus, MountReport, MountState
from flatctl.errors import Fault, NoReply
from hardware_sims.clock import VirtualClock
from hardware_sims.sky.motion import Doing, Motion
from hardware_sims.sky.scene import Roof

_COMMAND_S, _LOOK_S = 0.05, 0.5
_STATES = {
    Doing.PARKED: MountState.PARKED,
    Doing.PARKING: MountState.SLEWING,
    Doing.SLEWING: MountState.SLEWING,
    Doing.TRACKING: MountState.TRACKING,
    Doing.STANDING: MountState.STANDING,
}


class FakeMount:
    """A mount of the world, obeying `flatctl.devices.protocols.Mount`.

    `commands` lists what it was told to do, but not what it was asked.
    """

    def __init__(self, motion: Motion, clock: VirtualClock, name: str = "Fake Mount") -> None:
        self.motion = motion
        self.may_move = False
        self.commands: list[str] = []
        self._clock = clock
        self._name = name

    @property
    def name(self) -> str:
        """The name by which users know it."""
        return self._name

    def status(self, timeout_s: float) -> ConditionStatus:  # noqa: ARG002  # because the Protocol has it
        """Return whether it is parked."""
        parked = self.motion.doing() is Doing.PARKED
        return ConditionStatus(parked, "parked" if parked else "not parked")

    def report(self, timeout_s: float) -> MountReport:  # noqa: ARG002  # because the Protocol has it
        """Return how it stands."""
        site = self.motion.site
        believed = replace(site, latitude_deg=site.latitude_deg + self.motion.habits.site_off_deg)
        state = _STATES[self.motion.doing()]
        clock = self.motion.habits.clock_off_s is not None
        return MountReport(
            state,
            self.motion.place(),
            believed,
            switches_tracking=True,
            flips=False,
            sidereal_deg=self.motion.sidereal_deg() if clock else None,
        )

    def park(self, timeout_s: float) -> None:
        """Park it and wait until it is there."""
        self._told("park")
        self.motion.park()
        self._wait(Doing.PARKED, timeout_s, lambda _: None)

    def unpark(self, timeout_s: float) -> None:  # noqa: ARG002  # because the Protocol has it
        """Unpark it where it is parked."""
        self._must_move()
        if self.motion.doing() is Doing.PARKED:
            self._told("unpark")
            if not self.motion.unpark():
                raise Fault(self._name, "refuses to be unparked")

    def slew(
        self,
        at: Equatorial,
        timeout_s: float,
        *,
        tracking: bool,
        on_way: Callable[[Equatorial], None] = lambda _: None,
    ) -> None:
        """Point to a place of the sky and wait until it is there and tracks as wanted."""
        self._must_move()
        if self.motion.doing() is Doing.PARKED:
            raise Fault(self._name, "is parked", "unpark it")
        self._told("slew")
        self.motion.slew(at)
        try:
            self._wait(Doing.TRACKING, timeout_s, on_way)
        except BaseException:
            self.motion.abort()
            raise
        if self.motion.slews == self.motion.habits.dies_in_slew:
            raise Fault(self._name, "its driver died or disconnected meanwhile")
        self.track(tracking, timeout_s)

    def track(self, on: bool, timeout_s: float) -> None:  # noqa: ARG002  # because the Protocol has it
        """Switch its tracking on or off."""
        self._must_move()
        if self.motion.doing() is (Doing.TRACKING if on else Doing.PARKED):
            return
        self._told("track on" if on else "track off")
        if not self.motion.track(on):
            raise Fault(self._name, f"refuses to switch its tracking {'on' if on else 'off'}")

    def abort(self, timeout_s: float) -> None:  # noqa: ARG002  # because the Protocol has it
        """Stop a slew."""
        self._must_move()
        if self.motion.doing() in (Doing.SLEWING, Doing.PARKING):
            self._told("abort")
            self.motion.abort()

    def _must_move(self) -> None:
        if not self.may_move:
            raise Fault(self._name, "may not be moved", "allow it: [mount] move = true")

    def _told(self, what: str) -> None:
        self.commands.append(what)
        self._clock.sleep(_COMMAND_S)

    def _wait(self, wanted: Doing, timeout_s: float, on_way: Callable[[Equatorial], None]) -> None:
        until_s = self._clock.monotonic() + timeout_s
        while self.motion.doing() is not wanted:
            if self._clock.monotonic() >= until_s:
                raise NoReply(self._name, "moves and does not arrive in the time it is granted")
            self._clock.sleep(_LOOK_S)
            on_way(self.motion.place())


class FakeRoof:
    """A roof of the world, obeying `flatctl.devices.protocols.Dome`."""

    def __init__(self, roof: Roof, name: str = "Fake Roof") -> None:
        self.roof = roof
        self._name = name

    @property
    def name(self) -> str:
        """The name by which users know it."""
        return self._name

    def status(self, timeout_s: float) -> ConditionStatus:  # noqa: ARG002  # because the Protocol has it
        """Return whether it is closed."""
        is_open = self.roof.is_open()
        return ConditionStatus(not is_open, "not closed" if is_open else "closed")

    def open_status(self, timeout_s: float) -> ConditionStatus:  # noqa: ARG002  # because the Protocol has it
        """Return whether it is open."""
        is_open = self.roof.is_open()
        return ConditionStatus(is_open, "open" if is_open else "not open")
