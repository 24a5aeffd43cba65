"""A rotator and a focuser as Alpaca devices. Nothing of the world turns or moves with them."""

from collections.abc import Callable

from hardware_sims.alpaca.devices.device import (
    Device,
    Stage,
    must_lie_within,
    whole,
)

ROTATOR, FOCUSER = "Sim Rotator", "Sim Focuser"
MAX_STEP = 50_000
_TURN = 360.0


class _Axis:
    """A position that gets to where it is sent, in a given time."""

    def __init__(self, at: float, now: Callable[[], float], takes_s: float) -> None:
        self._from, self._goal, self._now, self._takes_s = at, at, now, takes_s
        self._since_s = now() - takes_s

    @property
    def goal(self) -> float:
        """Where it goes, or is."""
        return self._goal

    @property
    def moving(self) -> bool:
        """Whether it is on its way."""
        return self._now() < self._since_s + self._takes_s and self._from != self._goal

    @property
    def at(self) -> float:
        """Where it is."""
        if not self.moving:
            return self._goal
        gone = (self._now() - self._since_s) / self._takes_s
        return self._from + gone * (self._goal - self._from)

    def go(self, to: float) -> None:
        """Set off."""
        self._from, self._goal, self._since_s = self.at, to, self._now()

    def halt(self) -> None:
        """Stop where it is."""
        self._from = self._goal = self.at


class AlpacaRotator(Device):
    """A rotator: its Position is that of the sky once it was told where that is."""

    kind, versions = "rotator", (3, 4)

    def __init__(self, stage: Stage) -> None:
        super().__init__(stage, ROTATOR)
        self._axis = _Axis(0.0, stage.now, stage.habits.axis_s)
        self._sky_off = 0.0
        self.tell(
            canreverse=False,
            reverse=False,
            stepsize=0.01,
            ismoving=lambda: self._axis.moving,
            mechanicalposition=lambda: self._axis.at % _TURN,
            position=lambda: (self._axis.at + self._sky_off) % _TURN,
            targetposition=lambda: (self._axis.goal + self._sky_off) % _TURN,
        )
        self.lack(orders=("reverse",))
        self.take("halt", self._axis.halt)
        self.take("move", lambda by: self._axis.go(self._axis.at + by), Position=float)
        self.take("moveabsolute", self._move_in_sky, Position=float)
        self.take("movemechanical", self._move, Position=float)
        self.take("sync", self._sync, Position=float)

    def _move(self, to: float) -> None:
        must_lie_within("Position", to, 0.0, _TURN)
        self._axis.go(to % _TURN)

    def _move_in_sky(self, to: float) -> None:
        must_lie_within("Position", to, 0.0, _TURN)
        self._axis.go((to - self._sky_off) % _TURN)

    def _sync(self, to: float) -> None:
        must_lie_within("Position", to, 0.0, _TURN)
        self._sky_off = to - self._axis.at


class AlpacaFocuser(Device):
    """An absolute focuser."""

    kind, versions = "focuser", (3, 4)

    def __init__(self, stage: Stage) -> None:
        super().__init__(stage, FOCUSER)
        self._axis = _Axis(MAX_STEP / 2, stage.now, stage.habits.axis_s)
        self.tell(
            absolute=True,
            ismoving=lambda: self._axis.moving,
            maxincrement=MAX_STEP,
            maxstep=MAX_STEP,
            position=lambda: round(self._axis.at),
            stepsize=2.0,
            tempcomp=False,
            tempcompavailable=False,
        )
        self.lack("temperature", orders=("tempcomp",))
        self.take("halt", self._axis.halt)
        self.take("move", self._move, Position=whole)

    def _move(self, to: int) -> None:
        must_lie_within("Position", to, 0, MAX_STEP)
        self._axis.go(float(to))
