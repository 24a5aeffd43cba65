"""Habits of drivers: what is told, asked for and delivered otherwise than one would guess.

The sensor, the lamp and the light are as they are; these are the ways of the programs between them
and a client. Each is off unless a scenario asks for it.
"""

from dataclasses import dataclass
from typing import Literal, NamedTuple

PixelForm = Literal["raw16", "raw8", "rgb24", "jpeg"]
STREAM_S = 1 / 15


class Place(NamedTuple):
    """Where a driver keeps a number: the property, its element, and the label that users see."""

    vector: str
    element: str
    label: str


class Format(NamedTuple):
    """A capture format of a driver, and what pixels look like in it."""

    element: str
    label: str
    pixels: PixelForm


class Mode(NamedTuple):
    """One way to read the sensor out, and what it does to counts per electron and to noise."""

    element: str
    label: str
    conversion: float = 1.0
    read_noise: float = 1.0


@dataclass(frozen=True)
class ModeSwitch:
    """A switch that chooses among modes, the first of them at the start.

    With a `card`, headers have the chosen one's label there.
    """

    vector: str
    label: str
    modes: tuple[Mode, ...]
    card: str | None = None


@dataclass(frozen=True)
class Link:
    """The way of the frames from the camera to the client.

    After `fast_frames` that come at once each takes `readout_s` more (only the next one where it is
    slow `once`), or its share of that where it goes `by_size`. Where it `delivers_aborted`, the
    frame of an exposure that was aborted comes all the same. With `repeats_after_s` each frame
    comes once more, that long after.
    """

    readout_s: float = 0.0
    fast_frames: int = 0
    once: bool = False
    by_size: bool = False
    delivers_aborted: bool = False
    repeats_after_s: float | None = None

    def delay_s(self, number: int, size_frac: float) -> float:
        """Return how much later the frame of that number (from 1) comes."""
        past = number - self.fast_frames
        if past < 1 or (self.once and past > 1):
            return 0.0
        return self.readout_s * (size_frac if self.by_size else 1.0)


GAIN = Place("CCD_GAIN", "GAIN", "Gain")
OFFSET = Place("CCD_OFFSET", "OFFSET", "Offset")
AT_ONCE = Link()


@dataclass(frozen=True)
class CameraHabits:
    """What a camera's driver makes of its camera.

    It claims `bits_claimed`. Its headers tell the exposure that was `made` or the one that was
    `asked` for, have the `cards` besides, as they stand (80 characters or less), call every frame
    `kind_told`, and take the time from a clock that is `clock_off_s` ahead. An `unpadded` file
    ends with its last pixel. There may be `formats`, the first of which stands at the start,
    and `modes`. A live view that somebody left on is `streaming`: exposures get no more light than
    a frame of it. The cooler `works`, is `unpowered` (it takes orders, and nothing happens)
    or `blind` (the driver knows no temperature and says -300 °C).
    """

    bits_claimed: float = 16
    exposure_told: Literal["made", "asked"] = "made"
    cards: tuple[str, ...] = ()
    kind_told: str | None = None
    clock_off_s: float = 0.0
    unpadded: bool = False
    formats_in: str = "CCD_CAPTURE_FORMAT"
    formats: tuple[Format, ...] = ()
    gain: Place = GAIN
    offset: Place = OFFSET
    modes: tuple[ModeSwitch, ...] = ()
    streaming: bool = False
    cooler: Literal["works", "unpowered", "blind"] = "works"
    link: Link = AT_ONCE


@dataclass(frozen=True)
class WheelHabits:
    """What a wheel says, and where it stands.

    At the start the filter in the beam is `slots_off` slots after the one that the wheel says;
    told to go where it says it is, it does nothing. The first turn to another slot puts it right,
    unless it never does (`stays_off`).
    """

    slots_off: int = 0
    stays_off: bool = False


@dataclass(frozen=True)
class BoxHabits:
    """What a light box refuses.

    Its light `works`, is `refused` altogether, or takes no order while its cover is open, neither
    on nor off (`needs_cover`: opened with the light on, that stays on). Its cover `moves`; or it
    `refuses` to and says so, `alerts` though it has moved, or never says that it is there
    (`busy`).
    """

    light: Literal["works", "refused", "needs_cover"] = "works"
    cover: Literal["moves", "refuses", "alerts", "busy"] = "moves"
