"""Camera, wheel and panel as one instrument, which can be brought back after a fault."""

from collections import deque
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass

from flatctl.core.types import Bank, CameraSetup, FrameKind, Setting
from flatctl.devices.protocols import (
    Banked,
    Camera,
    CameraInfo,
    CameraState,
    CoverState,
    FilterWheel,
    Focuser,
    Frame,
    LightPanel,
    Rotator,
)
from flatctl.engine.clock import Clock
from flatctl.errors import DeviceError, Fault

OFF = -1
PANEL_TIMEOUT_S = 90.0
"""How long a panel may take for anything; its cover moves meanwhile."""
# A frame comes this much later than the last ones at most, unless the configuration grants less.
LATE_TIMES, LATE_MIN_S, FRAMES_LEARNED = 5.0, 10.0, 5
_NO_DEVICE = "name its device in the configuration, or take it out of the set"


@dataclass(frozen=True, kw_only=True)
class Timeouts:
    """How long each kind of answer may take, in seconds.

    `cooling_s` is granted for reaching the set temperature, `readout_s` on top of the exposure,
    until the first frames have shown what this camera takes. What the rig doesn't have needs none.
    """

    open_s: float
    cooling_s: float
    readout_s: float
    wheel_s: float = 0.0
    rotator_s: float = 0.0
    focuser_s: float = 0.0
    settings_s: float = 30.0
    panel_s: float = PANEL_TIMEOUT_S


class Rig:
    """The devices of one telescope. The panel is opened and closed by the lamp guard.

    `cover_at_end` is where the panel's cover is left by it, `None` for as it is; `usual_bank` the
    panel's range of light where nobody asks for another.
    """

    def __init__(
        self,
        camera: Camera,
        wheel: FilterWheel | None,
        panel: LightPanel,
        *,
        setup: CameraSetup,
        timeouts: Timeouts,
        clock: Clock,
        rotator: Rotator | None = None,
        focuser: Focuser | None = None,
        settle_s: float = 0.5,
        cover_at_end: CoverState | None = None,
        usual_bank: Bank | None = None,
    ) -> None:
        self.camera = camera
        self.wheel = wheel
        self.panel = panel
        self.rotator = rotator
        self.focuser = focuser
        self.setup = setup
        self.clock = clock
        self.settle_s = settle_s
        self.timeouts = timeouts
        self.cover_at_end = cover_at_end
        self.usual_bank = usual_bank
        self.info = CameraInfo(camera.name)
        self.state = CameraState(setup.binning)
        self.slots: Sequence[str] = ()
        self.rotator_deg: float | None = None  # as reported last, None for unknown
        self.focuser_steps: int | None = None
        self._light: int | None = None  # the step it shines at, OFF, or None for unknown
        self._light_bank: Bank | None = None  # the panel's range of light in which it shines
        self._bank: Bank | None = None  # the one for the filter selected last
        self._light_in_doubt = False
        self._settled_s = 0.0
        self._filter: str | None = None
        self._arrived = True
        self._on_its_way = False
        self._over_s = 0.0  # when the exposure begun last is over
        self._readouts_s: deque[float] = deque(maxlen=FRAMES_LEARNED)
        self._placed: tuple[float | None, int | None] = (None, None)

    def open(self) -> None:
        """Reach camera, wheel, rotator and focuser. Nothing moves yet."""
        self.info = self.camera.open(self.timeouts.open_s)
        if self.wheel is not None:
            self.slots = tuple(self.wheel.open(self.timeouts.open_s))
        if self.rotator is not None:
            self.rotator_deg = self.rotator.open(self.timeouts.open_s)
        if self.focuser is not None:
            self.focuser_steps = self.focuser.open(self.timeouts.open_s)

    def prepare(self) -> None:
        """Make the camera stand as the setup wants it, temperature included."""
        wait = self.timeouts.settings_s
        if self.setup.temperature_c is not None:
            wait = self.timeouts.cooling_s
        self.state = self.camera.prepare(self.setup, wait)

    def select(self, filter_name: str | None, bank: Bank | None = None) -> None:
        """Turn the wheel; afterwards the panel is told again, since some follow the wheel.

        `bank` is the panel's range of light for this filter, where it has two.
        """
        self._light_in_doubt = True
        # Where the wheel can't come, it is not sent again on the way back from that.
        self._filter, self._bank, self._arrived = filter_name, bank, False
        if self.wheel is not None and filter_name is not None:
            self.wheel.select(filter_name, self.timeouts.wheel_s)
        self._arrived, self._on_its_way = True, False

    def place(self, rotator_deg: float | None, focuser_steps: int | None) -> None:
        """Bring rotator and focuser to where they are wanted; `None` leaves one alone.

        Raises `Fault` where one is wanted that the rig doesn't have.
        """
        # Where one can't come, nobody goes again on the way back from another fault.
        self._placed = (None, None)
        if rotator_deg is not None:
            if self.rotator is None:
                raise Fault("rotator", f"{rotator_deg:g}° are wanted and there is none", _NO_DEVICE)
            self.rotator_deg = self.rotator.turn(rotator_deg, self.timeouts.rotator_s)
        if focuser_steps is not None:
            if self.focuser is None:
                raise Fault("focuser", f"{focuser_steps} is wanted and there is none", _NO_DEVICE)
            self.focuser_steps = self.focuser.move(focuser_steps, self.timeouts.focuser_s)
        self._placed = (rotator_deg, focuser_steps)

    def start_next(
        self, filter_name: str | None, brightness: int, bank: Bank | None = None
    ) -> None:
        """Set out for the next filter and its light while the last frame is being dealt with.

        `begin` comes back if the filter selected last is needed once more. What goes wrong here
        goes wrong again, and is dealt with, when the next filter is selected.
        """
        with suppress(DeviceError):
            if self.wheel is not None and filter_name is not None:
                self._on_its_way = True
                self.wheel.start(filter_name, self.timeouts.wheel_s)
            self._shine(brightness, bank)

    def begin(self, setting: Setting) -> None:
        """Light the panel as `setting` says, wait until it has settled, and begin a flat."""
        if self._on_its_way or not self._arrived:
            self.select(self._filter, self._bank)
        self._shine(setting.brightness, self._bank)
        self._begin(setting.exposure_s, FrameKind.FLAT)

    def begin_dark(self, exposure_s: float) -> None:
        """Begin a dark flat with the panel off."""
        if self._light != OFF:
            self.darken()
        self._begin(exposure_s, FrameKind.DARK_FLAT)

    def darken(self) -> None:
        """Put the panel's light out; the next flat lights it again."""
        self._light = None
        self.panel.light_off(self.timeouts.panel_s)
        self._lit(OFF)

    def read(self, exposure_s: float) -> Frame:
        """Return the frame begun last, of that exposure."""
        frame = self.camera.read(exposure_s + self.readout_s)
        self._readouts_s.append(max(0.0, self.clock.monotonic() - self._over_s))
        return frame

    @property
    def readout_s(self) -> float:
        """How long after its exposure a frame may come: learned from the last ones."""
        if not self._readouts_s:
            return self.timeouts.readout_s
        late_s = max(LATE_MIN_S, LATE_TIMES * max(self._readouts_s))
        return min(self.timeouts.readout_s, late_s)

    def _shine(self, brightness: int, bank: Bank | None) -> None:
        before, self._light = self._light, None
        as_before = brightness == before and bank == self._light_bank
        if not as_before or self._light_in_doubt:
            if isinstance(self.panel, Banked):
                self.panel.use_bank(bank)
            self.panel.set_brightness(brightness, self.timeouts.panel_s)
        self._light_in_doubt, self._light_bank = False, bank
        if as_before:
            self._light = brightness
        else:
            self._lit(brightness)

    def _lit(self, light: int) -> None:
        self._light = light
        self._settled_s = self.clock.monotonic() + self.settle_s

    def _begin(self, exposure_s: float, kind: FrameKind) -> None:
        self.clock.sleep(self._settled_s - self.clock.monotonic())
        self.camera.start(exposure_s, kind)
        self._over_s = self.clock.monotonic() + exposure_s

    def reopen(self) -> None:
        """Let go of everything, reach it again and make it stand as it stood."""
        self._readouts_s.clear()
        self.close()
        self.panel.close()
        self.panel.open(self.timeouts.open_s)
        self.open()
        self.prepare()
        if self._arrived:
            self.select(self._filter, self._bank)
        self.place(*self._placed)

    def close(self) -> None:
        """Let go of everything but the panel."""
        self._light = None
        for device in (self.camera, self.wheel, self.rotator, self.focuser):
            if device is not None:
                device.close()
