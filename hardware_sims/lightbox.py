"""The simulated light box as an INDI driver: `flatctl_sim_lightbox` under indiserver."""

import asyncio
from typing import Any

from hardware_sims.indi.driver import (
    DUSTCAP_INTERFACE,
    LIGHTBOX_INTERFACE,
    MAIN,
    SimDriver,
    run_under_indiserver,
)
from hardware_sims.indi.vectors import Number, choice, numbers, turn_on
from hardware_sims.shared import shared_world
from hardware_sims.world import World

NAME = "Sim Light Box"
CAP_MOVE_S = 1.0


class SimLightBox(SimDriver):
    """A panel in a motorised cap, as a Flip-Flat: parked it is before the telescope.

    The light stays off while the cap is not parked. See `BoxHabits` for those that refuse.
    """

    def __init__(self, world: World, name: str = NAME) -> None:
        light = world.light
        super().__init__(
            name,
            "flatctl_sim_lightbox",
            LIGHTBOX_INTERFACE | DUSTCAP_INTERFACE,
            [
                choice(
                    "FLAT_LIGHT_CONTROL",
                    "Flat Light",
                    MAIN,
                    "FLAT_LIGHT_ON" if light.lit else "FLAT_LIGHT_OFF",
                    FLAT_LIGHT_ON="On",
                    FLAT_LIGHT_OFF="Off",
                ),
                numbers(
                    "FLAT_LIGHT_INTENSITY",
                    "Brightness",
                    MAIN,
                    Number(
                        "FLAT_LIGHT_INTENSITY_VALUE",
                        "Value",
                        light.brightness,
                        0,
                        light.maximum,
                        1,
                        "%.f",
                    ),
                ),
                choice(
                    "CAP_PARK",
                    "Dust Cover",
                    MAIN,
                    "PARK" if light.closed else "UNPARK",
                    PARK="Park",
                    UNPARK="Unpark",
                ),
            ],
            echoing=world.scenario.echoing,
        )
        self._light = light
        self._habits = world.scenario.box
        self._move: asyncio.Task[None] | None = None
        self.on_new("FLAT_LIGHT_CONTROL", self._switch)
        self.on_new("FLAT_LIGHT_INTENSITY", self._dial)
        self.on_new("CAP_PARK", self._move_cap)

    async def disconnected(self) -> None:
        """Let the cap stop where it is; the light is left as it is."""
        if self._move is not None:
            self._move.cancel()

    async def _switch(self, event: Any) -> None:
        lit = event.get("FLAT_LIGHT_ON") == "On"
        if why := self._refusal(lit=lit):
            await self.refuse(event.vector, why)
            return
        self._light.set(lit=lit)
        self.switch(event, "FLAT_LIGHT_ON" if lit else "FLAT_LIGHT_OFF")
        await event.vector.send_setVector(state="Ok")

    def _refusal(self, *, lit: bool) -> str:
        """Return why the light can't be switched that way, or nothing."""
        if self._habits.light == "refused" and lit:
            return "the lamp does not answer"
        if self._light.closed:
            return ""
        if self._habits.light == "needs_cover":
            return "can't control the light while the cap is unparked"
        return "the cap has to be parked first" if lit else ""

    async def _dial(self, event: Any) -> None:
        wanted = await self.accepted(event)
        if wanted is not None:
            brightness = int(wanted["FLAT_LIGHT_INTENSITY_VALUE"])
            self._light.set(brightness=brightness)
            event.vector["FLAT_LIGHT_INTENSITY_VALUE"] = brightness
        # Real light boxes end a refusal like this too: Alert, and then Ok with the old value.
        await event.vector.send_setVector(state="Ok")

    async def _move_cap(self, event: Any) -> None:
        if self._habits.cover == "refuses":
            await self.refuse(event.vector, "the cap is jammed")
            return
        if self._move is not None:
            self._move.cancel()
        closed = event.get("PARK") == "On"
        self.switch(event, "PARK" if closed else "UNPARK")
        self._move = self.begin(self._move_cap_to(closed=closed))

    async def _move_cap_to(self, *, closed: bool) -> None:
        cap, control = self.vector("CAP_PARK"), self.vector("FLAT_LIGHT_CONTROL")
        await cap.send_setVector(state="Busy")
        if not closed:
            self._light.move_cover(closed=False)
            if self._habits.light != "needs_cover":
                self._light.set(lit=False)
                turn_on(control, "FLAT_LIGHT_OFF")
                await control.send_setVector(state="Ok")
        await asyncio.sleep(CAP_MOVE_S)
        self._light.move_cover(closed=closed)
        if self._habits.cover == "alerts":
            await self.say("[ERROR] CAP_PARK: the answer was not understood")
        if self._habits.cover != "busy":
            await cap.send_setVector(state="Alert" if self._habits.cover == "alerts" else "Ok")


def main() -> None:
    """Run as an INDI driver, started by indiserver."""
    run_under_indiserver(lambda: SimLightBox(shared_world()))


if __name__ == "__main__":
    main()
