"""The simulated camera as an INDI driver: `flatctl_sim_ccd` under indiserver."""

import asyncio
import tempfile
import zlib
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from hardware_sims.fits import Exposed, encode
from hardware_sims.indi.camera_properties import FRAME_KINDS, camera_properties
from hardware_sims.indi.driver import CCD_INTERFACE, SimDriver, run_under_indiserver
from hardware_sims.indi.vectors import chosen, turn_on
from hardware_sims.pattern import Window
from hardware_sims.shared import shared_world
from hardware_sims.world import SensorSetting, World

NAME = "Sim CCD"
AMBIENT_C = 18.0
COOLING_C_S = 20.0
COUNTDOWN_S = 1.0
COOLING_REPORT_S = 0.25


class SimCamera(SimDriver):
    """A cooled monochrome camera without a shutter, watching the world."""

    def __init__(self, world: World, name: str = NAME) -> None:
        sensor = world.scenario.sensor
        folder = str(Path(tempfile.gettempdir()))
        super().__init__(
            name, "flatctl_sim_ccd", CCD_INTERFACE, camera_properties(sensor, AMBIENT_C, folder)
        )
        self._name = name
        self._world = world
        world.prime()
        self._exposure: asyncio.Task[None] | None = None
        self._cooling: asyncio.Task[None] | None = None
        self.on_new("CCD_EXPOSURE", self._expose)
        self.on_new("CCD_ABORT_EXPOSURE", self._abort)
        self.on_new("CCD_FRAME", self._frame)
        self.on_new("CCD_FRAME_RESET", self._reset_frame)
        self.on_new("CCD_BINNING", self._take_whole_numbers)
        if sensor.isos:
            self.on_new("CCD_ISO", self._choose)
        else:
            self.on_new("CCD_GAIN", self._take_whole_numbers)
            self.on_new("CCD_OFFSET", self._take_whole_numbers)
            self.on_new("CCD_TEMPERATURE", self._set_temperature)
            self.on_new("CCD_COOLER", self._switch_cooler)
        self.on_new("UPLOAD_SETTINGS", self._take_texts)
        for plain in ("CCD_FRAME_TYPE", "UPLOAD_MODE", "CCD_TRANSFER_FORMAT", "CCD_COMPRESSION"):
            self.on_new(plain, self._choose)

    async def disconnected(self) -> None:
        """Stop what is under way."""
        self._stop_exposure()
        if self._cooling is not None:
            self._cooling.cancel()

    async def _choose(self, event: Any) -> None:
        wanted = [name for name, value in event.items() if value == "On"]
        if wanted:
            turn_on(event.vector, wanted[-1])
        await event.vector.send_setVector(state="Ok")

    async def _take_texts(self, event: Any) -> None:
        for name, value in event.items():
            # indiserver puts line breaks around texts.
            event.vector[name] = value.strip()
        await event.vector.send_setVector(state="Ok")

    async def _take_whole_numbers(self, event: Any) -> None:
        wanted = await self.accepted(event)
        if wanted is not None:
            for name, value in wanted.items():
                event.vector[name] = int(value)
            await event.vector.send_setVector(state="Ok")

    async def _frame(self, event: Any) -> None:
        wanted = await self.accepted(event)
        if wanted is None:
            return
        sensor = self._world.scenario.sensor
        right, bottom = wanted["X"] + wanted["WIDTH"], wanted["Y"] + wanted["HEIGHT"]
        if right > sensor.width_px or bottom > sensor.height_px:
            await self.refuse(event.vector, "the window reaches beyond the sensor")
            return
        await self._take_whole_numbers(event)

    async def _reset_frame(self, event: Any) -> None:
        sensor, frame = self._world.scenario.sensor, self.vector("CCD_FRAME")
        frame["X"] = frame["Y"] = 0
        frame["WIDTH"], frame["HEIGHT"] = sensor.width_px, sensor.height_px
        await event.vector.send_setVector(state="Ok")
        await frame.send_setVector(state="Ok")

    # Cooling

    async def _set_temperature(self, event: Any) -> None:
        wanted = await self.accepted(event)
        if wanted is None:
            return
        self._cool_to(wanted["CCD_TEMPERATURE_VALUE"])
        cooler = self.vector("CCD_COOLER")
        turn_on(cooler, "COOLER_ON")
        await cooler.send_setVector(state="Busy")
        await event.vector.send_setVector(state="Busy")

    async def _switch_cooler(self, event: Any) -> None:
        on = event.get("COOLER_ON") == "On"
        turn_on(event.vector, "COOLER_ON" if on else "COOLER_OFF")
        await event.vector.send_setVector(state="Busy" if on else "Idle")
        if not on:
            self._cool_to(AMBIENT_C)

    def _cool_to(self, goal_c: float) -> None:
        if self._cooling is not None:
            self._cooling.cancel()
        self._cooling = self.begin(self._cool(goal_c))

    async def _cool(self, goal_c: float) -> None:
        temperature = self.vector("CCD_TEMPERATURE")
        reach_c = COOLING_C_S * COOLING_REPORT_S
        while (lacking_c := goal_c - self._temperature_c) != 0:
            await asyncio.sleep(min(COOLING_REPORT_S, abs(lacking_c) / COOLING_C_S))
            present_c = self._temperature_c + max(-reach_c, min(reach_c, lacking_c))
            temperature["CCD_TEMPERATURE_VALUE"] = round(present_c, 3)
            await temperature.send_setVector(state="Busy")
        await temperature.send_setVector(state="Ok")

    @property
    def _temperature_c(self) -> float:
        if self._world.scenario.sensor.isos:
            return AMBIENT_C
        return float(self.vector("CCD_TEMPERATURE").getfloatvalue("CCD_TEMPERATURE_VALUE"))

    # Exposing

    async def _expose(self, event: Any) -> None:
        wanted = await self.accepted(event)
        if wanted is None:
            return
        self._stop_exposure()
        seconds = self._world.scenario.sensor.shutter(wanted["CCD_EXPOSURE_VALUE"])
        self._exposure = self.begin(self._take(seconds, self._world.now(), datetime.now(UTC)))

    def _stop_exposure(self) -> bool:
        running = self._exposure is not None and not self._exposure.done()
        if self._exposure is not None:
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

    async def _take(self, exposure_s: float, start_s: float, started: datetime) -> None:
        exposure = self.vector("CCD_EXPOSURE")
        setting = self._setting()
        left_s = exposure_s
        while left_s > 0:
            exposure["CCD_EXPOSURE_VALUE"] = round(left_s, 6)
            await exposure.send_setVector(state="Busy")
            # Whole seconds are counted down, so that the last stretch is at most one.
            tick_s = left_s % COUNTDOWN_S or COUNTDOWN_S
            await asyncio.sleep(start_s + exposure_s - left_s + tick_s - self._world.now())
            left_s = round(left_s - tick_s, 9)
        exposure["CCD_EXPOSURE_VALUE"] = 0
        await exposure.send_setVector(state="Busy")
        pixels = await asyncio.to_thread(self._world.expose, start_s, exposure_s, setting)
        exposed = Exposed(
            camera=self._name,
            kind=FRAME_KINDS[chosen(self.vector("CCD_FRAME_TYPE")) or "FRAME_LIGHT"],
            exposure_s=exposure_s,
            started=started,
            across=setting.across,
            down=setting.down,
            pixel_um=self._world.scenario.sensor.pixel_um,
            temperature_c=setting.temperature_c,
            gain=setting.gain,
            filter=self._world.filter.name,
            bayer=self._world.scenario.sensor.bayer,
        )
        if chosen(self.vector("CCD_TRANSFER_FORMAT")) == "FORMAT_FITS":
            await self._deliver(await asyncio.to_thread(encode, exposed, pixels), ".fits")
        else:
            await self._deliver(pixels.tobytes(), ".bin")
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
            temperature_c=self._temperature_c,
        )

    def _amplified(self) -> tuple[float, float]:
        """Return gain and offset, those of the ISO speed where there is one."""
        sensor = self._world.scenario.sensor
        if sensor.isos:
            speed = (chosen(self.vector("CCD_ISO")) or "ISO0").removeprefix("ISO")
            return sensor.gain_of(sensor.isos[int(speed)]), 0.0
        return (
            self.vector("CCD_GAIN").getfloatvalue("GAIN"),
            self.vector("CCD_OFFSET").getfloatvalue("OFFSET"),
        )

    async def _deliver(self, content: bytes, form: str) -> None:
        mode = chosen(self.vector("UPLOAD_MODE"))
        if mode != "UPLOAD_CLIENT":
            await self._keep(content, form)
        if mode == "UPLOAD_LOCAL":
            return
        size = len(content)
        if chosen(self.vector("CCD_COMPRESSION")) == "INDI_ENABLED":
            content, form = await asyncio.to_thread(zlib.compress, content, 1), form + ".z"
        await self.send_blob("CCD1", content, form, size)

    async def _keep(self, content: bytes, form: str) -> None:
        settings, where = self.vector("UPLOAD_SETTINGS"), self.vector("CCD_FILE_PATH")
        folder, prefix = Path(settings["UPLOAD_DIR"]), settings["UPLOAD_PREFIX"]
        for number in range(1, 1000):
            path = folder / (prefix.replace("XXX", f"{number:03d}") + form)
            if not path.exists():
                break
        try:
            path.write_bytes(content)
        except OSError as error:
            await self.refuse(where, f"can't write {path}: {error.strerror}")
            return
        where["FILE_PATH"] = str(path)
        await where.send_setVector(state="Ok")


def main() -> None:
    """Run as an INDI driver, started by indiserver."""
    run_under_indiserver(lambda: SimCamera(shared_world()))


if __name__ == "__main__":
    main()
