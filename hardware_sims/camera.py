"""The simulated camera as an INDI driver: `flatctl_sim_ccd` under indiserver."""

import asyncio
import math
import tempfile
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from hardware_sims.habits import Mode, ModeSwitch
from hardware_sims.indi.camera_properties import FRAME_KINDS, camera_properties
from hardware_sims.indi.cooler import AMBIENT_C, Cooler
from hardware_sims.indi.delivery import Delivery
from hardware_sims.indi.driver import CCD_INTERFACE, SimDriver, run_under_indiserver
from hardware_sims.indi.vectors import chosen, turn_on
from hardware_sims.pattern import Window
from hardware_sims.shared import shared_world
from hardware_sims.world import SensorSetting, World

NAME = "Sim CCD"
COUNTDOWN_S = 1.0


class SimCamera(SimDriver):
    """A cooled monochrome camera without a shutter, watching the world."""

    def __init__(self, world: World, name: str = NAME) -> None:
        sensor, habits = world.scenario.sensor, world.scenario.camera
        folder = str(Path(tempfile.gettempdir()))
        super().__init__(
            name,
            "flatctl_sim_ccd",
            CCD_INTERFACE,
            camera_properties(sensor, habits, folder),
            echoing=world.scenario.echoing,
        )
        self._name = name
        self._world = world
        self._habits = habits
        world.prime()
        self._exposure: asyncio.Task[None] | None = None
        self._streaming: asyncio.Task[None] | None = None
        self._frames = 0
        self._delivery = Delivery(self, habits)
        self.on_new("CCD_EXPOSURE", self._expose)
        self.on_new("CCD_ABORT_EXPOSURE", self._abort)
        self.on_new("CCD_FRAME", self._frame)
        self.on_new("CCD_FRAME_RESET", self._reset_frame)
        self.on_new("CCD_BINNING", self.take_whole_numbers)
        self.on_new("CCD_FRAME_TYPE", self.choose)
        self._cooler: Cooler | None = None
        if sensor.isos:
            self.on_new("CCD_ISO", self.choose)
        else:
            self._cooler = Cooler(self, habits.cooler)
            self.on_new(habits.gain.vector, self.take_whole_numbers)
            self.on_new(habits.offset.vector, self.take_whole_numbers)
        for switch in habits.modes:
            self.on_new(switch.vector, self.choose)

    async def connected(self) -> None:
        """Begin what goes on by itself."""
        if self._habits.streaming:
            self._streaming = self.begin(self._delivery.stream())

    async def disconnected(self) -> None:
        """Stop what is under way."""
        self._stop_exposure()
        if self._exposure is not None:
            self._exposure.cancel()
        if self._cooler is not None:
            self._cooler.stop()
        if self._streaming is not None:
            self._streaming.cancel()

    async def _frame(self, event: Any) -> None:
        wanted = await self.accepted(event)
        if wanted is None:
            return
        sensor = self._world.scenario.sensor
        right, bottom = wanted["X"] + wanted["WIDTH"], wanted["Y"] + wanted["HEIGHT"]
        if right > sensor.width_px or bottom > sensor.height_px:
            await self.refuse(event.vector, "the window reaches beyond the sensor")
            return
        await self.take_whole_numbers(event)

    async def _reset_frame(self, event: Any) -> None:
        sensor, frame = self._world.scenario.sensor, self.vector("CCD_FRAME")
        frame["X"] = frame["Y"] = 0
        frame["WIDTH"], frame["HEIGHT"] = sensor.width_px, sensor.height_px
        await event.vector.send_setVector(state="Ok")
        await frame.send_setVector(state="Ok")

    # Exposing

    async def _expose(self, event: Any) -> None:
        wanted = await self.accepted(event)
        if wanted is None:
            return
        self._stop_exposure()
        seconds = wanted["CCD_EXPOSURE_VALUE"]
        self._exposure = self.begin(self._take(seconds, self._world.now(), datetime.now(UTC)))

    def _stop_exposure(self) -> bool:
        running = self._exposure is not None and not self._exposure.done()
        if self._exposure is not None and not self._habits.link.delivers_aborted:
            self._exposure.cancel()
        return running

    async def _abort(self, event: Any) -> None:
        running = self._stop_exposure()
        turn_on(event.vector, None)
        await event.vector.send_setVector(state="Ok")
        if running:
            exposure = self.vector("CCD_EXPOSURE")
            exposure["CCD_EXPOSURE_VALUE"] = 0
            await exposure.send_setVector(state="Idle")

    async def _take(self, asked_s: float, start_s: float, started: datetime) -> None:
        exposure = self.vector("CCD_EXPOSURE")
        setting = self._setting()
        modes = [
            f"{switch.card:8}= '{mode.label:8}'"
            for switch, mode in self._modes()
            if switch.card is not None
        ]
        made_s = self._delivery.gathers_s(self._world.scenario.sensor.shutter(asked_s))
        left_s = made_s
        while left_s > 0:
            exposure["CCD_EXPOSURE_VALUE"] = round(left_s, 6)
            await exposure.send_setVector(state="Busy")
            # Whole seconds are counted down, so that the last stretch is at most one.
            tick_s = left_s % COUNTDOWN_S or COUNTDOWN_S
            await asyncio.sleep(start_s + made_s - left_s + tick_s - self._world.now())
            left_s = round(left_s - tick_s, 9)
        exposure["CCD_EXPOSURE_VALUE"] = 0
        await exposure.send_setVector(state="Busy")
        pixels = await asyncio.to_thread(self._world.expose, start_s, made_s, setting)
        self._frames += 1
        sensor = self._world.scenario.sensor
        size_frac = pixels.size / (sensor.width_px * sensor.height_px)
        await asyncio.sleep(self._habits.link.delay_s(self._frames, size_frac))
        kind = FRAME_KINDS[chosen(self.vector("CCD_FRAME_TYPE")) or "FRAME_LIGHT"]
        exposed = self._world.exposed(self._name, kind, started, asked_s, made_s, setting)
        exposed = replace(exposed, more=(*exposed.more, *modes))
        await self._delivery.deliver(exposed, pixels)
        await exposure.send_setVector(state="Ok")

    def _setting(self) -> SensorSetting:
        frame, binning = self.vector("CCD_FRAME"), self.vector("CCD_BINNING")
        window = Window(*(int(frame.getfloatvalue(n)) for n in ("X", "Y", "WIDTH", "HEIGHT")))
        gain, offset = self._amplified()
        return SensorSetting(
            gain=gain,
            offset=offset,
            across=int(binning.getfloatvalue("HOR_BIN")),
            down=int(binning.getfloatvalue("VER_BIN")),
            window=window,
            temperature_c=self._cooler.temperature_c if self._cooler else AMBIENT_C,
            conversion=math.prod(mode.conversion for _, mode in self._modes()),
            read_noise=math.prod(mode.read_noise for _, mode in self._modes()),
        )

    def _modes(self) -> list[tuple[ModeSwitch, Mode]]:
        """Return what is chosen of each switch of modes."""
        found = []
        for switch in self._habits.modes:
            element = chosen(self.vector(switch.vector))
            found.append((switch, next(mode for mode in switch.modes if mode.element == element)))
        return found

    def _amplified(self) -> tuple[float, float]:
        """Return gain and offset, those of the ISO speed where there is one."""
        sensor = self._world.scenario.sensor
        if sensor.isos:
            speed = (chosen(self.vector("CCD_ISO")) or "ISO0").removeprefix("ISO")
            return sensor.gain_of(sensor.isos[int(speed)]), 0.0
        gain, offset = self._habits.gain, self._habits.offset
        return (
            self.vector(gain.vector).getfloatvalue(gain.element),
            self.vector(offset.vector).getfloatvalue(offset.element),
        )


def main() -> None:
    """Run as an INDI driver, started by indiserver."""
    run_under_indiserver(lambda: SimCamera(shared_world()))


if __name__ == "__main__":
    main()
