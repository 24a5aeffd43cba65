"""The simulated filter wheel as an INDI driver: `flatctl_sim_wheel` under indiserver."""

import asyncio
from typing import Any

from hardware_sims.indi.driver import FILTER_INTERFACE, MAIN, SimDriver, run_under_indiserver
from hardware_sims.indi.vectors import Number, numbers, texts
from hardware_sims.shared import shared_world
from hardware_sims.world import World

NAME = "Sim Wheel"
SLOT_S = 0.25


class SimWheel(SimDriver):
    """A wheel with the filters of the scenario."""

    def __init__(self, world: World, name: str = NAME) -> None:
        filters = world.scenario.filters
        slot = Number("FILTER_SLOT_VALUE", "Filter", world.turret.slot + 1, 1, len(filters), 1)
        names = {f"FILTER_SLOT_NAME_{n}": each.name for n, each in enumerate(filters, start=1)}
        super().__init__(
            name,
            "flatctl_sim_wheel",
            FILTER_INTERFACE,
            [
                numbers("FILTER_SLOT", "Filter Slot", MAIN, slot),
                texts("FILTER_NAME", "Filter", "Filter Wheel", **names),
            ],
            echoing=world.scenario.echoing,
        )
        self._world = world
        self._move: asyncio.Task[None] | None = None
        self.on_new("FILTER_SLOT", self._turn)
        self.on_new("FILTER_NAME", self.take_texts)

    async def disconnected(self) -> None:
        """Stop turning."""
        if self._move is not None:
            self._move.cancel()

    async def _turn(self, event: Any) -> None:
        wanted = await self.accepted(event)
        if wanted is None:
            return
        await self.disconnected()
        self._move = self.begin(self._turn_to(int(wanted["FILTER_SLOT_VALUE"])))

    async def _turn_to(self, slot: int) -> None:
        vector = self.vector("FILTER_SLOT")
        vector["FILTER_SLOT_VALUE"] = self._world.turret.slot + 1
        await vector.send_setVector(state="Busy")
        await asyncio.sleep(SLOT_S * abs(slot - 1 - self._world.turret.slot))
        self._world.turret.slot = slot - 1
        vector["FILTER_SLOT_VALUE"] = slot
        await vector.send_setVector(state="Ok")


def main() -> None:
    """Run as an INDI driver, started by indiserver."""
    run_under_indiserver(lambda: SimWheel(shared_world()))


if __name__ == "__main__":
    main()
