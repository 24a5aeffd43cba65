"""The simulated rig inside one process, on a clock that takes no time; with faults on demand."""

import math
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime

from flatctl.core.types import CameraSetup, FilterPlan, FrameKind
from flatctl.devices.protocols import (
    CameraInfo,
    CameraState,
    CoverState,
    Frame,
    PanelStatus,
    Progress,
)
from flatctl.errors import BadReply, Fault, NoReply, Unfit
from flatctl.fits.header import Header
from hardware_sims.clock import FIRST_LIGHT, VirtualClock
from hardware_sims.faults import FaultList
from hardware_sims.fits import cards
from hardware_sims.habits import CameraHabits
from hardware_sims.light import Light
from hardware_sims.scenarios import scenario
from hardware_sims.sensor import Sensor
from hardware_sims.sky.fakes import FakeMount, FakeRoof
from hardware_sims.world import Scenario, SensorSetting, World

READOUT_S = 0.4
COMMAND_S = 0.05
WHEEL_MOVE_S = 1.0
COVER_MOVE_S = 5.0
COOLING_C_S = 2.0
TELL_EVERY_S = 5.0
DRIFTED_C = 1.5


class FakeCamera:
    """A camera of the world, obeying `flatctl.devices.protocols.Camera`.

    `faults` strike at `read`. `opened`, `prepared` and `exposures` tell a test what was done.
    """

    def __init__(self, world: World, clock: VirtualClock, name: str = "Fake Camera") -> None:
        self._world = world
        self._clock = clock
        self._name = name
        self._setting = world.neutral()
        self._iso = min(world.scenario.sensor.isos, default=0)
        self._exposing: tuple[float, float, datetime, FrameKind] | None = None
        self.faults = FaultList()
        self._wanted_c: float | None = None
        self.opened = False
        self.prepared: list[CameraSetup] = []
        self.exposures: list[tuple[float, FrameKind]] = []
        self._frames = 0
        self.tell: Callable[[Progress], None] = lambda _: None

    @property
    def name(self) -> str:
        """The name by which users know it; valid before `open`."""
        return self._name

    def open(self, timeout_s: float) -> CameraInfo:  # noqa: ARG002  # because the Protocol has it
        """Reach the camera and say what it is."""
        self.opened = True
        sensor = self._sensor
        return CameraInfo(
            name=self._name,
            width_px=sensor.width_px,
            height_px=sensor.height_px,
            bits=int(self._habits.bits_claimed),
            exposure_min_s=sensor.exposure_min_s,
            exposure_max_s=sensor.exposure_max_s,
            bayer=sensor.bayer,
        )

    def unfit(self, setup: CameraSetup, plan: FilterPlan) -> Sequence[Unfit]:
        """Return what of a setup and a plan the camera can't do."""
        try:
            self._refuse_impossible(setup)
            sensor = self._sensor
            if plan.exposure_min_s > sensor.exposure_max_s:
                raise Unfit(self._name, "can't expose as long", f"{sensor.exposure_max_s:g} s")
        except Unfit as error:
            return (error,)
        return ()

    def standing(self, setup: CameraSetup) -> tuple[CameraState, CameraState] | None:
        """Return how the camera stands, and how `setup` would make it."""
        now = CameraState(self._setting.across, self._setting.gain, self._setting.offset)
        then = CameraState(setup.binning, setup.gain or now.gain, setup.offset or now.offset)
        return now, then

    def prepare(self, setup: CameraSetup, timeout_s: float) -> CameraState:
        """Make it stand as `setup` wants and read everything back."""
        self._must_be_open(self.opened)
        self._refuse_impossible(setup)
        self.prepared.append(setup)
        temperature_c = self._cooled(setup.temperature_c, timeout_s)
        self._wanted_c = setup.temperature_c
        before = self._setting
        sensor = self._sensor
        if sensor.isos:
            self._iso = setup.iso or self._iso
            before = replace(before, gain=sensor.gain_of(self._iso), offset=0.0)
        self._setting = SensorSetting(
            gain=before.gain if setup.gain is None else setup.gain,
            offset=before.offset if setup.offset is None else setup.offset,
            across=setup.binning,
            down=setup.binning,
            temperature_c=temperature_c,
        )
        return CameraState(
            binning=setup.binning,
            gain=None if sensor.isos else self._setting.gain,
            offset=None if sensor.isos else self._setting.offset,
            iso=self._iso or None,
            temperature_c=None if sensor.isos else temperature_c,
            set_temperature_c=setup.temperature_c,
        )

    def start(self, exposure_s: float, kind: FrameKind) -> None:
        """Begin an exposure and return at once."""
        self._must_be_open(self.opened)
        sensor = self._sensor
        if not sensor.exposure_min_s <= exposure_s <= sensor.exposure_max_s:
            raise Fault(
                self._name,
                f"an exposure of {exposure_s:g} s is refused",
                f"it takes {sensor.exposure_min_s:g} to {sensor.exposure_max_s:g} s",
            )
        self.exposures.append((exposure_s, kind))
        self._exposing = (self._clock.monotonic(), exposure_s, self._clock.now(), kind)

    def read(self, timeout_s: float) -> Frame:
        """Wait for the exposure begun last and return its frame."""
        self._must_be_open(self.opened)
        if self._exposing is None:
            raise Fault(self._name, "no exposure is under way", "start one first")
        start_s, asked_s, started, kind = self._exposing
        exposure_s = self._sensor.shutter(asked_s)
        self._exposing = None
        self.faults.meet(self._name, timeout_s, self._clock)
        self._frames += 1
        readout_s = READOUT_S + self._habits.link.delay_s(self._frames, self._size_frac)
        wait_s = start_s + exposure_s + readout_s - self._clock.monotonic()
        self._wait(wait_s, timeout_s, "the frame has not come")
        present_c = self._setting.temperature_c
        if self._wanted_c is not None and abs(present_c - self._wanted_c) > DRIFTED_C:
            raise Fault(self._name, f"is at {present_c:g} °C", "has the cooler lost its power?")
        pixels = self._world.expose(start_s, exposure_s, self._setting)
        named = "Dark" if kind is FrameKind.DARK_FLAT else "Flat"
        exposed = self._world.exposed(
            self._name, named, started, asked_s, exposure_s, self._setting
        )
        return Frame(pixels, Header(cards(exposed, *pixels.shape)), exposure_s, started)

    def warm_up(self, temperature_c: float) -> None:
        """Let the sensor be that warm, whatever it was cooled to."""
        self._setting = replace(self._setting, temperature_c=temperature_c)

    def crash(self) -> None:
        """Let its driver die and be started again: every setting is forgotten."""
        self.close()
        self._setting = self._world.neutral()

    def close(self) -> None:
        """Abort an exposure that is under way and let go of the camera."""
        self._exposing = None
        self.opened = False

    @property
    def _habits(self) -> CameraHabits:
        return self._world.scenario.camera

    @property
    def _size_frac(self) -> float:
        return 1.0 / (self._setting.across * self._setting.down)

    @property
    def _sensor(self) -> Sensor:
        return self._world.scenario.sensor

    def _must_be_open(self, opened: bool) -> None:
        if not opened:
            raise Fault(self._name, "used before it was opened", "open it first")

    def _refuse_impossible(self, setup: CameraSetup) -> None:
        sensor = self._sensor
        if setup.readout_mode is not None:
            raise Unfit(self._name, "has no read-out modes", "leave them out")
        if setup.iso is not None and setup.iso not in sensor.isos:
            known = ", ".join(map(str, sensor.isos)) or "none"
            raise Unfit(self._name, f"has no ISO {setup.iso}", f"it has {known}")
        if sensor.isos and (setup.gain is not None or setup.offset is not None):
            raise Unfit(self._name, "has ISO instead of gain and offset", "leave them out")
        for what, value, low, high in (
            ("binning", setup.binning, 1, sensor.binning_max),
            ("gain", setup.gain, 0, sensor.gain_max),
            ("offset", setup.offset, 0, sensor.offset_max),
        ):
            if value is not None and not low <= value <= high:
                raise Unfit(self._name, f"{what} {value:g} is refused", f"it takes {low} to {high}")

    def _cooled(self, wanted_c: float | None, timeout_s: float) -> float:
        present_c = self._setting.temperature_c
        if wanted_c is None:
            return present_c
        cools = self._habits.cooler == "works"
        taking_s = abs(wanted_c - present_c) / COOLING_C_S if cools else math.inf
        until_s = self._clock.monotonic() + min(taking_s, timeout_s)
        while (left_s := until_s - self._clock.monotonic()) > 0:
            self._clock.sleep(min(TELL_EVERY_S, left_s))
            gone = (1.0 - (until_s - self._clock.monotonic()) / taking_s) if cools else 0.0
            self.tell(Progress(temperature_c=present_c + gone * (wanted_c - present_c)))
        if taking_s > timeout_s:
            what = f"is at {present_c:g} °C and does not reach {wanted_c:g} °C"
            raise Unfit(self._name, what, "has the cooler power?")
        return wanted_c

    def _wait(self, seconds: float, timeout_s: float, what: str) -> None:
        if seconds > timeout_s:
            self._clock.sleep(timeout_s)
            raise NoReply(self._name, f"{what} after {timeout_s:g} s", "grant it more time")
        self._clock.sleep(seconds)


class FakeWheel:
    """A filter wheel of the world, obeying `flatctl.devices.protocols.FilterWheel`.

    `faults` strike at `select`; `selected` lists the filters it was turned to.
    """

    def __init__(self, world: World, clock: VirtualClock, name: str = "Fake Wheel") -> None:
        self._world = world
        self._clock = clock
        self._name = name
        self.faults = FaultList()
        self.opened = False
        self.selected: list[str] = []
        self._there_s = 0.0

    @property
    def name(self) -> str:
        """The name by which users know it; valid before `open`."""
        return self._name

    def open(self, timeout_s: float) -> Sequence[str]:  # noqa: ARG002  # because the Protocol has it
        """Reach the wheel; return its slot names in order."""
        self.opened = True
        return [each.name for each in self._world.scenario.filters]

    def start(self, filter_name: str, timeout_s: float) -> None:  # noqa: ARG002  # because the Protocol has it
        """Begin to turn: from now on the former filter is out of the beam."""
        self._turn(self._slot_of(filter_name))

    def select(self, filter_name: str, timeout_s: float) -> None:
        """Turn to the slot of that name."""
        slot = self._slot_of(filter_name)
        self.faults.meet(self._name, timeout_s, self._clock)
        self._turn(slot)
        left_s = max(0.0, self._there_s - self._clock.monotonic())
        if left_s > timeout_s:
            self._clock.sleep(timeout_s)
            raise NoReply(self._name, f"still turning after {timeout_s:g} s", "grant it more time")
        self._clock.sleep(left_s)
        self.selected.append(filter_name)

    def standing(self) -> str | None:
        """Return the name of the slot in the beam; None while it turns."""
        if not self.opened or self._clock.monotonic() < self._there_s:
            return None
        return self._world.said.name

    def _slot_of(self, filter_name: str) -> int:
        names = [each.name for each in self._world.scenario.filters]
        if not self.opened:
            raise Fault(self._name, "used before it was opened", "open it first")
        if filter_name not in names:
            raise Fault(self._name, f"no filter {filter_name!r}", f"it has {', '.join(names)}")
        return names.index(filter_name)

    def _turn(self, slot: int) -> None:
        way = abs(slot - self._world.turret.slot)
        self._world.turret.slot = slot
        self._there_s = max(self._there_s, self._clock.monotonic()) + WHEEL_MOVE_S * way

    def close(self) -> None:
        """Let go of the wheel."""
        self.opened = False


class FakePanel:
    """A panel with cover in the world, obeying `LightPanel` and `Cover`.

    `faults` strike at every command; with `stubborn` it takes commands and does nothing, which
    it reports honestly when it is read back, so that commands end with `BadReply`. With `mute`
    it can't be read back at all.
    """

    def __init__(self, world: World, clock: VirtualClock, name: str = "Fake Panel") -> None:
        self._light: Light = world.light
        self._clock = clock
        self._name = name
        self.faults = FaultList()
        self.stubborn = False
        self.mute = False
        self.opened = False
        self.settings: list[int] = []

    @property
    def name(self) -> str:
        """The name by which users know it; valid before `open`."""
        return self._name

    def open(self, timeout_s: float) -> range:
        """Reach the panel and return its brightness steps; the light is left as it is."""
        self.faults.meet(self._name, timeout_s, self._clock)
        self.opened = True
        return range(self._light.maximum + 1)

    def set_brightness(self, brightness: int, timeout_s: float) -> None:
        """Light it at `brightness`, switching it on if it is off; an open cover is closed first."""
        if not 0 <= brightness <= self._light.maximum:
            raise ValueError(f"brightness {brightness} is outside 0 to {self._light.maximum}")
        self._begin(timeout_s)
        if not self._light.closed:
            self._move_cover(closed=True)
        if not self.stubborn:
            self._light.set(lit=True, brightness=brightness)
        self.settings.append(brightness)
        obeyed = self._light.lit and self._light.brightness == brightness
        self._verify(obeyed, f"brightness {brightness}")

    def light_off(self, timeout_s: float) -> None:
        """Put the light out."""
        self._begin(timeout_s)
        if not self.stubborn:
            self._light.set(lit=False)
        self._verify(not self._light.lit, "light off")

    def status(self, timeout_s: float) -> PanelStatus:
        """Ask how the light stands."""
        self._begin(timeout_s)
        if self.mute:
            return PanelStatus(lit=None, brightness=None, confirmed=False)
        return PanelStatus(self._light.lit, self._light.brightness, confirmed=True)

    def close(self) -> None:
        """Let go of the panel; the light is left as it is."""
        self.opened = False

    @property
    def has_cover(self) -> bool:
        """Whether this unit really has a cover."""
        return True

    def open_cover(self, timeout_s: float) -> None:
        """Take the panel out of the way; its light goes out."""
        self._begin(timeout_s)
        self._light.set(lit=False)
        self._move_cover(closed=False)

    def close_cover(self, timeout_s: float) -> None:
        """Bring the panel before the telescope."""
        self._begin(timeout_s)
        self._move_cover(closed=True)

    def cover_state(self, timeout_s: float) -> CoverState:
        """Ask where it is."""
        self._begin(timeout_s)
        return CoverState.CLOSED if self._light.closed else CoverState.OPEN

    def _begin(self, timeout_s: float) -> None:
        if not self.opened:
            raise Fault(self._name, "used before it was opened", "open it first")
        self.faults.meet(self._name, timeout_s, self._clock)
        self._clock.sleep(COMMAND_S)

    def _move_cover(self, *, closed: bool) -> None:
        self._clock.sleep(COVER_MOVE_S)
        self._light.move_cover(closed=closed)

    def _verify(self, obeyed: bool, what: str) -> None:
        if not obeyed and not self.mute:
            raise BadReply(self._name, f"{what} was not obeyed", "switch it off and on again")


class FakeRig:
    """A whole rig on one clock: `camera`, `wheel`, `panel`, `clock` and the `world` behind them.

    Under a sky there may be a `mount` and a `roof` as well, else they are None. It begins at
    `start`, or with a `clock` that others look at as well.

    >>> rig = FakeRig(scenario("mono"))
    """

    def __init__(
        self,
        rig: Scenario | None = None,
        *,
        night: int = 0,
        start: datetime = FIRST_LIGHT,
        clock: VirtualClock | None = None,
    ) -> None:
        self.clock = clock or VirtualClock(start)
        start = self.clock.now()
        chosen = rig or scenario("mono")
        light = Light(chosen.brightness_max, now=self.clock.monotonic, utc=self.clock.now)
        self.world = World(chosen, light=light, now=self.clock.monotonic, night=night, start=start)
        self.camera = FakeCamera(self.world, self.clock)
        self.wheel = FakeWheel(self.world, self.clock)
        self.panel = FakePanel(self.world, self.clock)
        scene = self.world.scene
        self.mount = FakeMount(scene.mount, self.clock) if scene and scene.mount else None
        self.roof = FakeRoof(scene.roof) if scene and scene.roof else None
