"""The simulated light panel and its cover as an Alpaca device: a CoverCalibrator."""

from collections.abc import Callable
from enum import IntEnum

from hardware_sims.alpaca.devices.device import (
    DRIVER_ERROR,
    INVALID_OPERATION,
    Device,
    Refusal,
    Stage,
    must_lie_within,
    nothing,
    whole,
)

NAME = "Sim Light Box"


class CalibratorState(IntEnum):
    """CalibratorState of the API."""

    NOT_PRESENT = 0
    OFF = 1
    NOT_READY = 2
    READY = 3


class CoverState(IntEnum):
    """CoverState of the API."""

    NOT_PRESENT = 0
    CLOSED = 1
    MOVING = 2
    OPEN = 3
    UNKNOWN = 4
    ERROR = 5


class AlpacaPanel(Device):
    """A panel in a motorised cover: closed, it is before the telescope.

    To light it closes the cover, and to open the cover puts out the light. See `BoxHabits` and
    `AlpacaHabits` for those that do otherwise.
    """

    kind, versions = "covercalibrator", (1, 2)

    def __init__(self, stage: Stage) -> None:
        super().__init__(stage, NAME)
        self._light, self._habits = stage.world.light, stage.habits
        self._box = stage.world.scenario.box
        self._ready_s = 0.0
        self._moving = False
        self._halted = False
        self._failed = False
        self._call_off: Callable[[], None] = nothing
        calibrates = self._habits.calibrator
        self.tell(calibratorstate=self._calibrator_state, coverstate=self._cover_state)
        if calibrates:
            self.tell(maxbrightness=self._light.maximum, brightness=self._brightness)
            self.take("calibratoron", self._on, Brightness=whole)
            self.take("calibratoroff", self._off)
        else:
            self.lack("maxbrightness", "brightness", orders=("calibratoron", "calibratoroff"))
        if self._habits.cover:
            self.take("opencover", lambda: self._move(closed=False))
            self.take("closecover", lambda: self._move(closed=True))
        else:
            self.lack(orders=("opencover", "closecover"))
        if self._habits.halts and self._habits.cover:
            self.take("haltcover", self._halt)
        else:
            self.lack(orders=("haltcover",))
        if self._habits.platform == 7:
            self.tell(
                calibratorchanging=lambda: stage.now() < self._ready_s,
                covermoving=lambda: self._cover_state() is CoverState.MOVING,
            )

    def stop(self) -> None:
        """Let the cover stop where it is; the light is left as it is."""
        self._call_off()

    def _calibrator_state(self) -> CalibratorState:
        if not self._habits.calibrator:
            return CalibratorState.NOT_PRESENT
        if self.stage.now() < self._ready_s:
            return CalibratorState.NOT_READY
        if self._light.lit or self._habits.ready_when_off:
            return CalibratorState.READY
        return CalibratorState.OFF

    def _brightness(self) -> int:
        if self._light.lit or self._habits.keeps_brightness:
            return self._light.brightness
        return 0

    def _cover_state(self) -> CoverState:
        if not self._habits.cover:
            return CoverState.NOT_PRESENT
        if self._moving:
            return CoverState.MOVING
        if self._halted:
            return CoverState.UNKNOWN
        if self._failed:
            return CoverState.ERROR
        return CoverState.CLOSED if self._light.closed else CoverState.OPEN

    def _on(self, brightness: int) -> None:
        must_lie_within("Brightness", brightness, 0, self._light.maximum)
        if self._box.light == "refused":
            raise Refusal(DRIVER_ERROR, "the lamp does not answer")
        if not self._light.closed:
            if self._box.light == "needs_cover":
                raise Refusal(INVALID_OPERATION, "can't control the light while the cover is open")
            self._move(closed=True)
        self._light.set(lit=True, brightness=brightness)
        self._ready_s = self.stage.now() + self._habits.settles_s
        self._take_time()

    def _off(self) -> None:
        if self._box.light == "needs_cover" and not self._light.closed:
            raise Refusal(INVALID_OPERATION, "can't control the light while the cover is open")
        self._light.set(lit=False)
        self._ready_s = 0.0
        self._take_time()

    def _take_time(self) -> None:
        if self._habits.order_takes_s:
            self.stage.closing.wait(self._habits.order_takes_s)

    def _move(self, *, closed: bool) -> None:
        if self._box.cover == "refuses":
            raise Refusal(DRIVER_ERROR, "the cover is jammed")
        self._call_off()
        self._moving, self._halted = True, False
        if not closed:
            self._light.move_cover(closed=False)
            if self._box.light != "needs_cover":
                self._light.set(lit=False)
        arrive = lambda: self._arrive(closed=closed)  # noqa: E731  # because a timer takes it
        self._call_off = self.stage.timers.later(self._habits.cover_s, arrive)

    def _arrive(self, *, closed: bool) -> None:
        self._light.move_cover(closed=closed)
        self._moving = self._box.cover == "busy"
        self._failed = self._box.cover == "alerts"

    def _halt(self) -> None:
        self._call_off()
        self._halted, self._moving = self._halted or self._moving, False
