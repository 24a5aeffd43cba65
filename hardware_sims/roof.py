"""The simulated roof as an INDI driver of a dome: `flatctl_sim_roof` under indiserver."""

import asyncio
from typing import Any

from hardware_sims.indi.driver import DOME_INTERFACE, MAIN, SimDriver, run_under_indiserver
from hardware_sims.indi.vectors import choice, turn_on
from hardware_sims.shared import shared_world
from hardware_sims.sky.scene import Roof
from hardware_sims.world import World

NAME = "Sim Roof"
UPDATE_S = 0.2


class SimRoof(SimDriver):
    """The roof of a world that has one; another program has connected it already."""

    def __init__(self, world: World, name: str = NAME) -> None:
        if world.scene is None or world.scene.roof is None:
            raise ValueError(f"the scenario {world.scenario.name!r} has no roof")
        self._roof: Roof = world.scene.roof
        switches = choice("DOME_SHUTTER", "Shutter", MAIN, "", SHUTTER_OPEN="", SHUTTER_CLOSE="")
        super().__init__(name, "flatctl_sim_roof", DOME_INTERFACE, [switches])
        turn_on(self.vector("CONNECTION"), "CONNECT")
        self.vector("DOME_SHUTTER").enable = True
        self._told = self._roof.is_open()
        self._moving = 0
        self._turn(self._told)
        self.on_new("DOME_SHUTTER", self._move)

    async def hardware(self) -> None:
        """Tell when it opens or closes by itself."""
        while not self.stop:
            await asyncio.sleep(UPDATE_S)
            if not self._moving and self._roof.is_open() != self._told:
                await self._tell()

    async def _move(self, event: Any) -> None:
        is_open = event.get("SHUTTER_OPEN") == "On"
        self._turn(is_open)
        await self.vector("DOME_SHUTTER").send_setVector(state="Busy")
        self._moving += 1
        self.begin(self._arrive(self._roof.move(is_open=is_open)))

    async def _arrive(self, takes_s: float) -> None:
        await asyncio.sleep(takes_s + UPDATE_S)
        self._moving -= 1
        if not self._moving:
            await self._tell()

    async def _tell(self) -> None:
        self._told = self._roof.is_open()
        self._turn(self._told)
        await self.vector("DOME_SHUTTER").send_setVector(state="Ok")

    def _turn(self, is_open: bool) -> None:
        vector = self.vector("DOME_SHUTTER")
        turn_on(vector, "SHUTTER_OPEN" if is_open else "SHUTTER_CLOSE")
        vector.state = "Ok"


def main() -> None:
    """Run as an INDI driver, started by indiserver."""
    run_under_indiserver(lambda: SimRoof(shared_world()))


if __name__ == "__main__":
    main()
