"""The cooler of a simulated camera: a temperature that gets to where it is wanted, or does not."""

import asyncio
from typing import Any, Literal

from hardware_sims.indi.driver import SimDriver
from hardware_sims.indi.vectors import turn_on

AMBIENT_C = 18.0
UNKNOWN_C = -300.0
COOLING_C_S = 20.0
REPORT_S = 0.25


class Cooler:
    """Cools the camera of a driver, if it `works`; see `CameraHabits`."""

    def __init__(self, driver: SimDriver, habit: Literal["works", "unpowered", "blind"]) -> None:
        self._driver = driver
        self._works = habit == "works"
        self._cooling: asyncio.Task[None] | None = None
        driver.on_new("CCD_TEMPERATURE", self._set)
        driver.on_new("CCD_COOLER", self._switch)

    @property
    def temperature_c(self) -> float:
        """How warm the sensor is, as far as the driver knows."""
        vector = self._driver.vector("CCD_TEMPERATURE")
        return float(vector.getfloatvalue("CCD_TEMPERATURE_VALUE"))

    def stop(self) -> None:
        """Leave the temperature where it is."""
        if self._cooling is not None:
            self._cooling.cancel()

    async def _set(self, event: Any) -> None:
        wanted = await self._driver.accepted(event)
        if wanted is None:
            return
        cooler = self._driver.vector("CCD_COOLER")
        turn_on(cooler, "COOLER_ON")
        if not self._works:
            await cooler.send_setVector(state="Ok")
            await event.vector.send_setVector(state="Ok")
            return
        self._go_to(wanted["CCD_TEMPERATURE_VALUE"])
        await cooler.send_setVector(state="Busy")
        await event.vector.send_setVector(state="Busy")

    async def _switch(self, event: Any) -> None:
        on = event.get("COOLER_ON") == "On"
        self._driver.switch(event, "COOLER_ON" if on else "COOLER_OFF")
        await event.vector.send_setVector(state="Busy" if on else "Idle")
        if not on and self._works:
            self._go_to(AMBIENT_C)

    def _go_to(self, goal_c: float) -> None:
        self.stop()
        self._cooling = self._driver.begin(self._cool(goal_c))

    async def _cool(self, goal_c: float) -> None:
        vector = self._driver.vector("CCD_TEMPERATURE")
        reach_c = COOLING_C_S * REPORT_S
        while (lacking_c := goal_c - self.temperature_c) != 0:
            await asyncio.sleep(min(REPORT_S, abs(lacking_c) / COOLING_C_S))
            present_c = self.temperature_c + max(-reach_c, min(reach_c, lacking_c))
            vector["CCD_TEMPERATURE_VALUE"] = round(present_c, 3)
            await vector.send_setVector(state="Busy")
        await vector.send_setVector(state="Ok")
