"""The exposures of a simulated camera: each in a thread of its own, from its start to its frame."""

import threading
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from enum import IntEnum

from hardware_sims.alpaca.devices.device import INVALID_OPERATION, Refusal, Stage
from hardware_sims.alpaca.images import Image, image
from hardware_sims.world import SensorSetting


class CameraState(IntEnum):
    """CameraState of the API."""

    IDLE = 0
    EXPOSING = 2
    READING = 3
    DOWNLOADING = 4


@dataclass
class Exposure:
    """An exposure under way; `ends` is set to stop it before its time."""

    asked_s: float
    made_s: float
    start_s: float
    started: datetime
    setting: SensorSetting
    ends: threading.Event = field(default_factory=threading.Event)


@dataclass(frozen=True)
class Taken:
    """What is known of the exposure that was over last."""

    image: Image
    duration_s: float
    started: datetime


class Exposures:
    """Exposes the world, one exposure at a time, and keeps the last frame until the next begins."""

    def __init__(self, stage: Stage) -> None:
        self._stage = stage
        self._lock = threading.Lock()
        self._under_way: Exposure | None = None
        self._state = CameraState.IDLE
        self._taken: Taken | None = None
        self._forsaken: Exposure | None = None
        self._frames = 0

    @property
    def state(self) -> CameraState:
        """What the camera does."""
        return self._state

    @property
    def taken(self) -> Taken | None:
        """The last frame, until the next exposure begins."""
        return self._taken

    @property
    def done_frac(self) -> float:
        """How much of the exposure is over."""
        running = self._under_way
        if running is None:
            return 1.0
        past_s = self._stage.now() - running.start_s
        return min(1.0, past_s / running.made_s) if running.made_s > 0 else 1.0

    def begin(self, asked_s: float, setting: SensorSetting) -> None:
        """Begin an exposure. Raises `Refusal` while another is under way."""
        made_s = self._stage.world.scenario.sensor.shutter(asked_s) if asked_s > 0 else 0.0
        begun = Exposure(asked_s, made_s, self._stage.now(), datetime.now(UTC), setting)
        with self._lock:
            if self._under_way is not None:
                raise Refusal(INVALID_OPERATION, "an exposure is under way")
            self._taken = None
            self._state = CameraState.EXPOSING
            self._under_way = begun
            if self._forsaken is not None:
                # The frame of the aborted exposure will come first, in this one's place.
                self._under_way, self._forsaken = self._forsaken, None
                return
        threading.Thread(target=self._expose, args=[begun], daemon=True).start()

    def stop(self) -> None:
        """End the exposure now; its frame is what was gathered."""
        with self._lock:
            if self._under_way is not None:
                self._under_way.ends.set()

    def abort(self) -> None:
        """Forget the exposure, if one is under way."""
        with self._lock:
            running, self._under_way = self._under_way, None
            self._state = CameraState.IDLE
            if running is not None and self._stage.habits.late_after_abort:
                self._forsaken = running
            elif running is not None:
                running.ends.set()

    def drop(self) -> None:
        """Forget all of it, the last frame too: the server goes."""
        with self._lock:
            for running in (self._under_way, self._forsaken):
                if running is not None:
                    running.ends.set()
            self._under_way = self._forsaken = self._taken = None

    def _expose(self, begun: Exposure) -> None:
        stage, sensor = self._stage, self._stage.world.scenario.sensor
        if begun.ends.wait(max(0.0, begun.start_s + begun.made_s - stage.now())):
            begun.made_s = min(begun.made_s, max(0.0, stage.now() - begun.start_s))
        if not self._enter(begun, CameraState.READING):
            return
        pixels = stage.world.expose(begun.start_s, begun.made_s, begun.setting)
        self._frames += 1
        if not self._enter(begun, CameraState.DOWNLOADING):
            return
        link = stage.world.scenario.camera.link
        size_frac = pixels.size / (sensor.width_px * sensor.height_px)
        if stage.closing.wait(link.delay_s(self._frames, size_frac)):
            return
        planes = 3 if stage.habits.planes else 1
        self._end(begun, image(pixels, stage.habits.element, planes))

    def _enter(self, begun: Exposure, state: CameraState) -> bool:
        """Go on to another state; return whether the exposure is wanted still."""
        with self._lock:
            if self._under_way is begun:
                self._state = state
            return begun in (self._under_way, self._forsaken)

    def _end(self, begun: Exposure, frame: Image) -> None:
        habits = self._stage.world.scenario.camera
        told_s = begun.made_s if habits.exposure_told == "made" else begun.asked_s
        started = begun.started + timedelta(seconds=habits.clock_off_s)
        with self._lock:
            if self._forsaken is begun:
                self._forsaken = None
            if self._under_way is begun:
                self._under_way = None
                self._state = CameraState.IDLE
                self._taken = Taken(frame, told_s, started)
