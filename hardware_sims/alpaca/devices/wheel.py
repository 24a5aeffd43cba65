"""The simulated filter wheel as an Alpaca device."""

from collections.abc import Callable

from hardware_sims.alpaca.devices.device import Device, Stage, must_lie_within, nothing, whole

NAME = "Sim Wheel"
MOVING = -1


class AlpacaWheel(Device):
    """A wheel with the filters of the scenario."""

    kind, versions = "filterwheel", (2, 3)

    def __init__(self, stage: Stage) -> None:
        super().__init__(stage, NAME)
        self._world, self._moving = stage.world, False
        self._call_off: Callable[[], None] = nothing
        filters = stage.world.scenario.filters
        self._slots = len(filters)
        self.tell(names=[each.name for each in filters], focusoffsets=[0] * self._slots)
        self.tell(position=lambda: MOVING if self._moving else self._world.turret.slot)
        self.take("position", self._turn, Position=whole)

    def stop(self) -> None:
        """Stop turning."""
        self._call_off()

    def _turn(self, slot: int) -> None:
        must_lie_within("Position", slot, 0, self._slots - 1)
        self._call_off()
        way = abs(slot - self._world.turret.slot)
        takes_s = self.stage.habits.slot_s * way
        if self.stage.habits.wheel_blocks:
            self.stage.closing.wait(takes_s)
            takes_s = 0.0
        self._moving = True
        self._call_off = self.stage.timers.later(takes_s, lambda: self._arrive(slot))

    def _arrive(self, slot: int) -> None:
        self._world.turret.slot = slot
        self._moving = False
