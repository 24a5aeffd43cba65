"""How the frames of a simulated camera get to its client: forms, files, and a link with habits."""

import asyncio
import zlib
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from hardware_sims.fits import Exposed, encode
from hardware_sims.habits import STREAM_S, CameraHabits, PixelForm
from hardware_sims.indi.driver import SimDriver
from hardware_sims.indi.vectors import chosen

STREAMED_S = 1.0


class Delivery:
    """Delivers the frames of a driver in the form that was chosen, to where it was chosen."""

    def __init__(self, driver: SimDriver, habits: CameraHabits) -> None:
        self._driver = driver
        self._habits = habits
        driver.on_new("UPLOAD_SETTINGS", driver.take_texts)
        for plain in (
            "UPLOAD_MODE",
            "CCD_TRANSFER_FORMAT",
            "CCD_COMPRESSION",
            "CCD_VIDEO_STREAM",
            habits.formats_in,
        ):
            driver.on_new(plain, driver.choose)

    @property
    def streams(self) -> bool:
        """Whether a live view is on."""
        if not self._habits.streaming:
            return False
        return chosen(self._driver.vector("CCD_VIDEO_STREAM")) == "STREAM_ON"

    async def stream(self) -> None:
        """Send the live view for as long as it is on; not all of its frames, to spare the wire."""
        while True:
            if self.streams:
                await self._driver.send_blob("CCD1", bytes(1000), ".stream", 1000)
            await asyncio.sleep(STREAMED_S)

    def gathers_s(self, exposure_s: float) -> float:
        """Return how long light is gathered: of a live view no longer than for a frame of it."""
        return min(exposure_s, STREAM_S) if self.streams else exposure_s

    async def deliver(self, exposed: Exposed, pixels: NDArray[np.uint16]) -> None:
        """Encode a frame, keep it and send it, as the client chose."""
        if chosen(self._driver.vector("CCD_TRANSFER_FORMAT")) == "FORMAT_FITS":
            form = self._pixel_form()
            content = await asyncio.to_thread(
                encode, exposed, pixels, form, unpadded=self._habits.unpadded
            )
            await self._deliver(content, ".jpg" if form == "jpeg" else ".fits")
        else:
            await self._deliver(pixels.tobytes(), ".bin")

    def _pixel_form(self) -> PixelForm:
        if not self._habits.formats:
            return "raw16"
        element = chosen(self._driver.vector(self._habits.formats_in))
        return next(f.pixels for f in self._habits.formats if f.element == element)

    async def _deliver(self, content: bytes, form: str) -> None:
        mode = chosen(self._driver.vector("UPLOAD_MODE"))
        if mode != "UPLOAD_CLIENT":
            await self._keep(content, form)
        if mode == "UPLOAD_LOCAL":
            return
        size = len(content)
        if chosen(self._driver.vector("CCD_COMPRESSION")) == "INDI_ENABLED":
            content, form = await asyncio.to_thread(zlib.compress, content, 1), form + ".z"
        await self._driver.send_blob("CCD1", content, form, size)
        if self._habits.link.repeats_after_s is not None:
            self._driver.begin(self._repeat(content, form, size))

    async def _repeat(self, content: bytes, form: str, size: int) -> None:
        await asyncio.sleep(self._habits.link.repeats_after_s or 0.0)
        await self._driver.send_blob("CCD1", content, form, size)

    async def _keep(self, content: bytes, form: str) -> None:
        settings = self._driver.vector("UPLOAD_SETTINGS")
        where = self._driver.vector("CCD_FILE_PATH")
        folder, prefix = Path(settings["UPLOAD_DIR"]), settings["UPLOAD_PREFIX"]
        for number in range(1, 1000):
            path = folder / (prefix.replace("XXX", f"{number:03d}") + form)
            if not path.exists():
                break
        try:
            path.write_bytes(content)
        except OSError as error:
            await self._driver.refuse(where, f"can't write {path}: {error.strerror}")
            return
        where["FILE_PATH"] = str(path)
        await where.send_setVector(state="Ok")
