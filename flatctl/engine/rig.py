"""Camera, wheel and panel as one instrument, which can be brought back after a fault."""

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass

from flatctl.core.nights.history import SettingKey
from flatctl.core.quality.findings import Finding, Kind
from flatctl.core.types import MODES, Bank, CameraSetup, FrameKind, Setting
from flatctl.devices.protocols import (
    Camera,
    CameraInfo,
    CameraState,
    Considerate,
    CoverState,
    FilterWheel,
    Focuser,
    Frame,
    LightPanel,
    Progress,
    Restorable,
    Rotator,
    TakenByHand,
    Telling,
)
from flatctl.engine.clock import Clock
from flatctl.engine.light import PanelLight
from flatctl.engine.sharing import in_use
from flatctl.errors import DeviceError, Fault, InUse

PANEL_TIMEOUT_S = 90.0
"""How long a panel may take for anything; its cover moves meanwhile."""
COOLING_LEAST_S = 10.0
PUT_BACK_S = 20.0
"""How long putting back the settings of the camera may take."""
_USUAL_BITS = 16


@dataclass(frozen=True, kw_only=True)
class Timeouts:
    """How long each kind of answer may take, in seconds.

    `cooling_s` is granted for reaching the set temperature, `readout_s` on top of the exposure.
    What the rig doesn't have needs none.
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

    `cover_at_end` is where the panel's cover is left by it, `None` for as it is.
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
    ) -> None:
        self.camera = camera
        self.wheel = wheel
        self.panel = panel
        self.rotator = rotator
        self.focuser = focuser
        self.setup = setup
        self.clock = clock
        self.light = PanelLight(panel, clock, settle_s=settle_s, timeout_s=timeouts.panel_s)
        self.timeouts = timeouts
        self.cover_at_end = cover_at_end
        self.info = CameraInfo(camera.name)
        self.state = CameraState(setup.binning)
        self.slots: Sequence[str] = ()
        self.rotator_deg: float | None = None  # as reported last, None for unknown
        self.focuser_steps: int | None = None
        self._bank: Bank | None = None  # the panel's range of light for the filter selected last
        self._filter: str | None = None
        self._cooling_left_s = timeouts.cooling_s
        self._arrived = True
        self._on_its_way = False
        self._placed: tuple[float | None, int | None] = (None, None)
        self._looked = True
        self.disturbances: list[Finding] = []  # what others did to wheel and light
        if isinstance(camera, TakenByHand):
            self.light.on_change = camera.light_changed
        if isinstance(panel, Considerate):
            panel.disturbs = self.disturbs

    def listen(self, tell: Callable[[Progress], None]) -> None:
        """Let `tell` hear how devices get on while they are waited for."""
        devices: tuple[object, ...] = (self.camera, self.wheel, self.rotator, self.focuser)
        for device in (*devices, self.panel):
            if isinstance(device, Telling):
                device.tell = tell

    def disturbs(self) -> InUse | None:
        """Say whom a move of the cover would disturb: whoever exposes with the camera beside us."""
        with suppress(DeviceError):  # where nobody can be asked nobody is known to
            return in_use(self.camera)
        return None

    def ensure_free(self) -> None:
        """Raise `InUse` before anything is turned or lit in front of another's exposure."""
        if used := in_use(self.camera):
            raise used

    def put_back(self) -> None:
        """Put back the camera's settings as they were found.

        Raises `DeviceError` where that could not be done.
        """
        if isinstance(self.camera, Restorable):
            self.camera.put_back(PUT_BACK_S)

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
        wait_s, began_s = self.timeouts.settings_s, self.clock.monotonic()
        if self.setup.temperature_c is not None:
            wait_s = max(COOLING_LEAST_S, self._cooling_left_s)
        try:
            self.state = self.camera.prepare(self.setup, wait_s)
        except DeviceError:
            # Cooling is granted its time once, however often the camera is reached anew.
            self._cooling_left_s -= self.clock.monotonic() - began_s
            raise
        self._cooling_left_s = self.timeouts.cooling_s

    def select(self, filter_name: str | None, bank: Bank | None = None) -> None:
        """Turn the wheel; afterwards the panel is told again, since some follow the wheel.

        `bank` is the panel's range of light for this filter, where it has two.
        """
        self.light.doubt()
        # Where the wheel can't come, it is not sent again on the way back from that.
        self._filter, self._bank, self._arrived = filter_name, bank, False
        self.ensure_free()
        if self.wheel is not None and filter_name is not None:
            self.wheel.select(filter_name, self.timeouts.wheel_s)
        self._arrived, self._on_its_way = True, False

    def place(self, rotator_deg: float | None, focuser_steps: int | None) -> None:
        """Bring rotator and focuser to where they are wanted; `None` leaves one alone.

        Raises `Fault` where one is wanted that the rig doesn't have.
        """
        # Where one can't come, nobody goes again on the way back from another fault.
        self._placed = (None, None)
        if (rotator_deg, focuser_steps) != (None, None):
            self.ensure_free()
        if rotator_deg is not None:
            if self.rotator is None:
                raise _absent("rotator", f"{rotator_deg:g}° are wanted")
            self.rotator_deg = self.rotator.turn(rotator_deg, self.timeouts.rotator_s)
        if focuser_steps is not None:
            if self.focuser is None:
                raise _absent("focuser", f"{focuser_steps} is wanted")
            self.focuser_steps = self.focuser.move(focuser_steps, self.timeouts.focuser_s)
        self._placed = (rotator_deg, focuser_steps)

    def start_next(
        self, filter_name: str | None, brightness: int, bank: Bank | None = None
    ) -> None:
        """Set out for the next filter and its light while the last frame is being dealt with.

        `begin` comes back if the filter selected last is needed once more. What goes wrong here
        goes wrong again, and is dealt with, when the next filter is selected.
        """
        self.look()
        with suppress(DeviceError):
            self.ensure_free()
            if self.wheel is not None and filter_name is not None:
                self._on_its_way = True
                self.wheel.start(filter_name, self.timeouts.wheel_s)
            self.light.shine(brightness, bank)

    @property
    def claimed_full_scale_adu(self) -> float:
        """The level of a full pixel, by what the camera says of it, else by its bits."""
        if self.info.full_scale_adu is not None:
            return self.info.full_scale_adu
        return float(2 ** (self.info.bits or _USUAL_BITS) - 1)

    def panel_name(self, bank: Bank | None = None) -> str:
        """Return the panel's name, with its range of light where one is chosen."""
        return self.panel.name + (f", {bank} bank" if bank else "")

    def key(
        self,
        rig_name: str,
        filter_name: str | None = None,
        bank: Bank | None = None,
        *,
        prepared: bool = True,
    ) -> SettingKey:
        """Return under what the history keeps what is learned of the rig as it stands.

        One that is not `prepared` yet has the key of its configuration: what is left as it is is
        `None` there.
        """
        camera = self.state if prepared else self.setup
        return SettingKey(
            rig=rig_name,
            camera=self.camera.name,
            filter=filter_name,
            binning=camera.binning,
            gain=camera.gain,
            offset=camera.offset,
            panel=self.panel_name(bank),
            iso=camera.iso,
            **{mode: getattr(camera, mode) for mode in MODES},
        )

    def begin(self, setting: Setting) -> None:
        """Light the panel as `setting` says, wait until it has settled, and begin a flat."""
        self.ensure_free()
        turned = self._on_its_way or not self._arrived
        if turned or self.light.would_change(setting.brightness, self._bank):
            self.look()
        if turned or not self._arrived:
            self.select(self._filter, self._bank)
        self.light.shine(setting.brightness, self._bank)
        self._begin(setting.exposure_s, FrameKind.FLAT)

    def begin_dark(self, exposure_s: float) -> None:
        """Begin a dark flat with the panel off."""
        self.ensure_free()
        self.look()
        if not self.light.is_off:
            self.light.put_out()
        self._begin(exposure_s, FrameKind.DARK_FLAT)

    def begin_sky(self, exposure_s: float) -> None:
        """Begin a flat of the light there is with the panel off, if there is one: the sky's."""
        self.ensure_free()
        self.look()
        if not self._arrived:
            self.select(self._filter, self._bank)
        if not self.light.is_off:
            self.light.put_out()
        self._begin(exposure_s, FrameKind.FLAT)

    def read(self, exposure_s: float) -> Frame:
        """Return the frame begun last, of that exposure."""
        frame = self.camera.read(exposure_s + self.timeouts.readout_s)
        self._looked = False
        return frame

    def look(self) -> None:
        """See, once after each frame, whether wheel and light still stand as they were set.

        Where somebody else changed them that is added to `disturbances`, and they are set again
        before the next frame. Called where there is time, and before either is changed.
        """
        if self._looked:
            return
        self._looked = True
        found = self._wheel_turned() or self.light.changed()
        if found is not None:
            self.disturbances.append(found)
            self._arrived = False
            self.light.forget()

    def _wheel_turned(self) -> Finding | None:
        if self.wheel is None or self._filter is None or not self._arrived or self._on_its_way:
            return None
        stands_at = self.wheel.standing()
        if stands_at == self._filter:
            return None
        there = {} if stands_at is None else {"stands_at": stands_at}
        return Finding(Kind.WHEEL_TURNED, {**there, "wanted": self._filter})

    def _begin(self, exposure_s: float, kind: FrameKind) -> None:
        self.light.await_settled()
        self.camera.start(exposure_s, kind)

    def reopen(self) -> None:
        """Let go of everything, reach it again and make it stand as it stood."""
        self._looked = True
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
        self.light.forget()
        for device in (self.camera, self.wheel, self.rotator, self.focuser):
            if device is not None:
                device.close()


def _absent(device: str, wanted: str) -> Fault:
    return Fault(
        device,
        f"{wanted} and there is none",
        "name its device in the configuration, or take it out of the set",
    )
