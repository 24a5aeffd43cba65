"""The cooler of the camera: a temperature that gets to where it is wanted, or does not."""

from typing import Literal

from hardware_sims.alpaca.devices.device import Device, Stage, must_lie_within, truth

AMBIENT_C, UNKNOWN_C = 18.0, -300.0
WARMEST_C, COLDEST_C = 50.0, -50.0
COOLING_C_S = 20.0


class Cooler:
    """Cools the camera of a device, if it `works`; see `CameraHabits`."""

    def __init__(
        self,
        device: Device,
        stage: Stage,
        habit: Literal["works", "unpowered", "blind"],
        *,
        cools: bool,
    ) -> None:
        self._now, self._works = stage.now, habit == "works"
        self._on, self._wanted_c = False, AMBIENT_C
        self._from_c, self._since_s = UNKNOWN_C if habit == "blind" else AMBIENT_C, stage.now()
        device.tell(cansetccdtemperature=cools, cangetcoolerpower=False)
        device.lack("coolerpower", "heatsinktemperature")
        if not cools:
            device.lack("ccdtemperature", "setccdtemperature", "cooleron")
            device.lack(orders=("setccdtemperature", "cooleron"))
            return
        device.tell(
            ccdtemperature=lambda: round(self.temperature_c, 3),
            setccdtemperature=lambda: self._wanted_c,
            cooleron=lambda: self._on,
        )
        device.take("setccdtemperature", self._set, SetCCDTemperature=float)
        device.take("cooleron", self._switch, CoolerOn=truth)

    @property
    def temperature_c(self) -> float:
        """How warm the sensor is."""
        goal_c = self._wanted_c if self._on else AMBIENT_C
        if not self._works:
            return self._from_c
        reach_c = (self._now() - self._since_s) * COOLING_C_S
        return self._from_c + max(-reach_c, min(reach_c, goal_c - self._from_c))

    def _set(self, wanted_c: float) -> None:
        must_lie_within("SetCCDTemperature", wanted_c, COLDEST_C, WARMEST_C)
        self._begin()
        self._wanted_c = wanted_c

    def _switch(self, on: bool) -> None:
        self._begin()
        self._on = on

    def _begin(self) -> None:
        self._from_c, self._since_s = self.temperature_c, self._now()
