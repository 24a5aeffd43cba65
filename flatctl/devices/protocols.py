"""What the engine expects of a device. Constructors never touch hardware.

Every blocking call takes a time-out in seconds and raises an error of `flatctl.errors.DeviceError`
when it can't be done in it: `Unreachable`, `NoReply`, `BadReply`, `Busy` or `Fault`. `open` and
`close` are idempotent; `close` never raises. Exceptions of vendor libraries never come out.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Protocol, runtime_checkable

from flatctl.core.nights.sun import Site
from flatctl.core.pointing.directions import Equatorial
from flatctl.core.types import Bank, CameraSetup, FilterPlan, FrameKind
from flatctl.errors import DeviceError, InUse, Unfit
from flatctl.fits.header import Header

if TYPE_CHECKING:
    # Who only puts a light out needs no pixels, and is there sooner.
    import numpy as np
    from numpy.typing import NDArray

    Pixels = NDArray[np.uint16]
    Stored = NDArray[np.int16]


@dataclass(frozen=True)
class Frame:
    """One frame as it came from the camera.

    `pixels` has shape (rows, cols), dtype uint16, native byte order, in ADU. `header` is the
    driver's FITS header as it came, possibly empty.
    `exposure_s` is the exposure asked for; `started` is the UTC time at which it began. `refused`
    are the frames that came before it and were not believed, each as an error to be told of. `path`
    is the file that it came in, and stays in, where there is one.
    """

    pixels: Pixels
    header: Header
    exposure_s: float
    started: datetime
    refused: tuple[DeviceError, ...] = ()
    path: Path | None = None

    @property
    def raw(self) -> Pixels | Stored:
        """The pixels in the form in which they are at hand: these, or `StoredFrame.stored`."""
        return self.pixels


class StoredFrame(Frame):
    """A frame that still lies in memory as FITS stores it.

    `stored` has shape (rows, cols), dtype >i2, 32768 less than ADU; `pixels` are made of it when
    they are asked for first.
    """

    def __init__(
        self,
        stored: Stored,
        header: Header,
        exposure_s: float,
        started: datetime,
        refused: tuple[DeviceError, ...] = (),
    ) -> None:
        facts = {
            "stored": stored,
            "header": header,
            "exposure_s": exposure_s,
            "started": started,
            "refused": refused,
            "path": None,
        }
        # As a frozen dataclass does it.
        for name, value in facts.items():
            object.__setattr__(self, name, value)

    stored: Stored

    @cached_property
    def pixels(self) -> Pixels:
        """The pixels in native form, a copy."""
        from flatctl.core.pixels.sixteen_bits import to_unsigned

        return to_unsigned(self.stored)

    @property
    def raw(self) -> Stored:
        """The pixels in the form in which they are at hand."""
        return self.stored


@dataclass(frozen=True)
class CameraInfo:
    """What a camera says of itself; `None` where it doesn't say.

    Exposure limits in seconds; `bits` per pixel as the driver claims them (not always the
    truth); `width_px` and `height_px` of the unbinned sensor. `full_scale_adu` and `pedestal_adu`
    are what a full pixel and one without light read, where it says that in ADU.
    """

    name: str
    width_px: int | None = None
    height_px: int | None = None
    bits: int | None = None
    exposure_min_s: float | None = None
    exposure_max_s: float | None = None
    bayer: str | None = None
    full_scale_adu: float | None = None
    pedestal_adu: float | None = None


@dataclass(frozen=True)
class CameraState:
    """How the camera stands, as read back from it after `prepare`; `None` where it can't say."""

    binning: int
    gain: float | None = None
    offset: float | None = None
    iso: int | None = None
    readout_mode: str | None = None
    conversion_gain: str | None = None
    low_noise: str | None = None
    full_well: str | None = None
    capture_format: str | None = None
    temperature_c: float | None = None
    set_temperature_c: float | None = None


@dataclass(frozen=True)
class Progress:
    """What a device says of itself while it takes its time; `words` are its driver's own.

    `for_person`: they tell the person who takes the pictures what was wrong with the last one;
    with `picture` it is another one that is waited for.
    """

    temperature_c: float | None = None
    words: str = ""
    for_person: bool = False
    picture: bool = False


@runtime_checkable
class Telling(Protocol):
    """A device that tells how it gets on while a call waits for it; called in that call."""

    tell: Callable[[Progress], None]


@runtime_checkable
class TakenByHand(Protocol):
    """A camera that a person works: frames may have been taken before they are asked for."""

    def light_changed(self) -> None:
        """Take no frame from now on that was exposed before now."""


@runtime_checkable
class Bounded(Protocol):
    """A camera whose limits are known once it is connected; asks nobody, sets nothing."""

    def unfit(self, setup: CameraSetup, plan: FilterPlan) -> Sequence[Unfit]:
        """Return what of a setup and a plan the camera can't do; nothing where it isn't known."""

    def standing(self, setup: CameraSetup) -> tuple[CameraState, CameraState] | None:
        """Return how the camera stands, and how `setup` would make it; None where not known."""


@runtime_checkable
class Shared(Protocol):
    """A camera that other programs may use as well."""

    def in_use(self, timeout_s: float) -> InUse | None:
        """Say what another program does with it now, None for nothing; touches nothing.

        Until it is free it can't be prepared, and no exposure begun: they raise that.
        """

    def take_over(self) -> None:
        """Let no other program's exposure stand in the way from now on."""


@runtime_checkable
class Considerate(Protocol):
    """A panel that may have to move its cover to put its light out, if that disturbs nobody."""

    disturbs: Callable[[], InUse | None]


@runtime_checkable
class Restorable(Protocol):
    """A device whose settings can be put back as they were found."""

    def put_back(self, timeout_s: float) -> None:
        """Put back what was changed since it was opened, or by a process that was killed.

        Raises `Fault` that names what could not be put back.
        """


class Named(Protocol):
    """Anything that can be told by its name."""

    @property
    def name(self) -> str:
        """The name by which users know it; valid before `open`."""


class Device(Named, Protocol):
    """Anything that is opened, used, and let go of."""

    def close(self) -> None:
        """Let go of it; it stays where it is, and a light as it is."""


class Camera(Device, Protocol):
    """A camera that delivers full 16-bit frames."""

    def open(self, timeout_s: float) -> CameraInfo:
        """Reach the camera, connect it if it is not connected, and say what it is."""

    def prepare(self, setup: CameraSetup, timeout_s: float) -> CameraState:
        """Make it stand as `setup` wants, full frame, flat frame type, and read everything back.

        Waits for the temperature. Raises `Fault` where a value that was read back is not the
        value that was asked for.
        """

    def start(self, exposure_s: float, kind: FrameKind) -> None:
        """Begin an exposure and return at once."""

    def read(self, timeout_s: float) -> Frame:
        """Wait for the exposure begun last and return its frame.

        Raises `NoReply` when the frame has not come `timeout_s` after this call, `BadReply` for
        a frame that is not what was asked for (another size, not FITS, another exposure).
        """

    def close(self) -> None:
        """Abort an exposure that is under way and let go of the camera."""


class FilterWheel(Device, Protocol):
    """A filter wheel with named slots."""

    def open(self, timeout_s: float) -> Sequence[str]:
        """Reach the wheel, connect it if it is not connected; return its slot names in order."""

    def start(self, filter_name: str, timeout_s: float) -> None:
        """Begin to turn to the slot of that name and return at once; `select` waits for it."""

    def select(self, filter_name: str, timeout_s: float) -> None:
        """Turn to the slot of that name and wait until it reports to be there."""

    def standing(self) -> str | None:
        """Return the name of the slot it reports now; None while it turns or can't say.

        Asks nothing of the hardware, and costs no time.
        """


class Rotator(Device, Protocol):
    """A camera rotator; angles are its own, in degrees from 0 to 360."""

    def open(self, timeout_s: float) -> float:
        """Reach the rotator, connect it if it is not connected; return where it stands."""

    def turn(self, angle_deg: float, timeout_s: float) -> float:
        """Turn to an angle, wait until it is reported within 0.25°, and return what is reported."""


class Focuser(Device, Protocol):
    """A focuser with absolute positions, in its own steps."""

    def open(self, timeout_s: float) -> int:
        """Reach the focuser, connect it if it is not connected; return where it stands."""

    def move(self, steps: int, timeout_s: float) -> int:
        """Move to a position, wait until it is reported within 5 steps, return what is reported."""


@dataclass(frozen=True)
class PanelStatus:
    """What a panel says of itself.

    `lit` and `brightness` are `None` where it can't say. `confirmed` is true where they were
    read back from the panel rather than remembered.
    """

    lit: bool | None
    brightness: int | None
    confirmed: bool


class LightPanel(Device, Protocol):
    """A dimmable light in front of the telescope, brightness in its own whole steps."""

    def open(self, timeout_s: float) -> range:
        """Reach the panel and return its brightness steps, `range(lowest, highest + 1)`.

        The light is left as it is. A fixed light returns a range of one step.
        """

    def set_brightness(self, brightness: int, timeout_s: float) -> None:
        """Light it at `brightness` and verify that by reading back where the protocol can.

        Switches the light on if it is off. Raises `ValueError` outside the range.
        """

    def light_off(self, timeout_s: float) -> None:
        """Put the light out and verify that where the protocol can. Works on an opened panel."""

    def status(self, timeout_s: float) -> PanelStatus:
        """Ask how the light stands."""


@runtime_checkable
class Banked(Protocol):
    """A light panel with two ranges of light, low and high."""

    def use_bank(self, bank: Bank | None) -> None:
        """Shine in that bank from the next `set_brightness` on; touches no hardware.

        `None` is the one it is in.
        """


@runtime_checkable
class HandSwitched(Protocol):
    """A light that only a person can switch, and whose status is what that person said.

    `set_brightness` and `light_off` wait for a person, for longer than their time-outs.
    """

    hand_switched: bool


class CoverState(Enum):
    """Where a cover is."""

    CLOSED = "closed"
    OPEN = "open"
    MOVING = "moving"
    UNKNOWN = "unknown"
    FAILED = "failed"


@runtime_checkable
class Cover(Protocol):
    """A motorised cover; some light panels are one as well."""

    @property
    def has_cover(self) -> bool:
        """Whether this unit really has a cover; valid once opened."""

    def open_cover(self, timeout_s: float) -> None:
        """Open it and follow the move to its end."""

    def close_cover(self, timeout_s: float) -> None:
        """Close it and follow the move to its end."""

    def cover_state(self, timeout_s: float) -> CoverState:
        """Ask where it is."""


@dataclass(frozen=True)
class ConditionStatus:
    """How a condition stands: whether it is `met`, and what the device says in a few words.

    `known` is false where the device is not there or can't say; `met` is then false too.
    """

    met: bool
    text: str
    known: bool = True


class Condition(Named, Protocol):
    """Something of the observatory that must be so while flats are taken."""

    def status(self, timeout_s: float) -> ConditionStatus:
        """Ask how it stands. Nothing is moved, and nothing connected that could move by it.

        A device that is missing or silent has a status; a `DeviceError` means that nobody could
        be asked at all.
        """


class Dome(Condition, Protocol):
    """A dome or roof. With a panel it is as it must be once it is closed."""

    def open_status(self, timeout_s: float) -> ConditionStatus:
        """Ask whether it is open, as it must be with the sky as the light; see `status`."""


@runtime_checkable
class Parkable(Condition, Protocol):
    """A mount, which is as it must be once it is parked."""

    def park(self, timeout_s: float) -> None:
        """Park it and follow the move to its end."""


class MountState(Enum):
    """What a mount does."""

    PARKED = "parked"
    SLEWING = "slewing"  # parking, too
    TRACKING = "tracking"
    STANDING = "standing"
    UNKNOWN = "unknown"


@dataclass(frozen=True)
class MountReport:
    """What a mount says of itself: where it points, of date, and where it believes to stand.

    `at` and `site` are `None` where it can't say. `switches_tracking`: it lets its tracking be
    switched. `flips`: it stands on one side of a pier, and changes sides at the meridian.
    `sidereal_deg` is the local sidereal time by its own clock, `None` where it tells of none.
    """

    state: MountState
    at: Equatorial | None
    site: Site | None
    switches_tracking: bool
    flips: bool
    sidereal_deg: float | None = None


@runtime_checkable
class Mount(Parkable, Protocol):
    """A mount that points the telescope.

    It is asked only, and not even connected, unless it `may_move`: false until it is set. Without
    that all methods but `status`, `report` and `park` raise `Fault` and send nothing. None of them
    knows of Sun and horizon; that is for whoever sends it.
    """

    may_move: bool

    def report(self, timeout_s: float) -> MountReport:
        """Ask how it stands. Raises `Fault` where it is not there or not connected."""

    def unpark(self, timeout_s: float) -> None:
        """Unpark it where it is parked. Raises `Fault` where it refuses."""

    def slew(
        self,
        at: Equatorial,
        timeout_s: float,
        *,
        tracking: bool,
        on_way: Callable[[Equatorial], None] = lambda _: None,
    ) -> None:
        """Point to a place of the sky, of date, and wait until it is there and tracks as wanted.

        `on_way` is called with each place that is reported meanwhile; what it raises ends the slew
        and comes out. Raises `Fault` where the mount is parked, refuses or comes to rest elsewhere,
        `NoReply` where it does not arrive in time; a slew that did not end is aborted.
        """

    def track(self, on: bool, timeout_s: float) -> None:
        """Switch its tracking on or off, and read that back. Raises `Fault` where it refuses."""

    def abort(self, timeout_s: float) -> None:
        """Stop a slew; the tracking stays as it is."""
