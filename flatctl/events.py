"""What the engine tells the world: one frozen value per happening.

The names and keys are a promise to programs that read `--json` and `run.json`; keys may be added,
never changed. Times are UTC, units are in the names.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import ClassVar

from flatctl.core.pixels.full_scale import Proof
from flatctl.core.quality.findings import Finding, Spot
from flatctl.core.search.endings import Ending
from flatctl.core.sky.steps import Fact
from flatctl.core.types import FilterPlan, Light, LightSource, Outcome, Statistics, Verdict


class Doubt(StrEnum):
    """What a device is suspected of, though it reports what it is asked for."""

    UNRESPONSIVE = "unresponsive"
    CHANGED = "changed"
    BROKEN_FRAMES = "broken_frames"
    DARK = "dark"


class Preparation(StrEnum):
    """What is made ready before frames are taken."""

    CAMERA = "camera"
    WHEEL = "wheel"
    PLACE = "place"  # rotator and focuser
    DEVICES = "devices"  # all of them, after one has failed
    OTHERS = "others"  # another program's exposure
    DARK = "dark"  # the light, which did not go out at once
    LIGHT = "light"  # that of the sky
    PICTURE = "picture"  # taken by a person
    ANOTHER = "another"  # picture than the last one, in which something is wrong


@dataclass(frozen=True)
class Awaited:
    """What a run waits for: the wheel's way to a `filter`, or the sensor's to a temperature.

    Of devices that are reached again, and of a light that is put out again, `fault` is what
    happened. Where it waits for another program's exposure, `left_s` is what that has left, if it
    says so. The light of the sky, with the Sun at `sun_altitude_deg` now, is expected in `left_s`.
    """

    what: Preparation
    filter: str | None = None
    temperature_c: float | None = None
    fault: str = ""
    left_s: float | None = None
    sun_altitude_deg: float | None = None


class Chapter(StrEnum):
    """What a calibration measures, in this order."""

    PEDESTAL = "pedestal"
    FULL_SCALE = "full_scale"
    LEAK = "leak"
    SETTLING = "settling"
    CURVE = "curve"


@dataclass(frozen=True)
class Measuring:
    """What a calibration measures now, with frames of `exposure_s` where they are of one length."""

    what: Chapter
    exposure_s: float | None = None


# Why something ended or was refused. Text is what a device, or a `run.json`, said in words.
Why = tuple[Finding, ...] | Ending | Fact | Doubt | str

# When something happened of which a damaged file does not say it.
UNKNOWN_TIME = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True, kw_only=True)
class Event:
    """Something that happened at `time` (UTC)."""

    event: ClassVar[str]
    passing: ClassVar[bool] = False  # it says what goes on, and is no fact once that is over
    time: datetime


@dataclass(frozen=True, kw_only=True)
class OfSet(Event):
    """Something that happened to a set of flats; `set` is its filter where that has only one."""

    filter: str
    set: str


OF_SKY = "of_sky"


def _of_sky() -> float | None:
    """Return a figure that only frames of the sky have; those of a panel don't tell of it."""
    figure: float | None = field(default=None, metadata={OF_SKY: True})
    return figure


@dataclass(frozen=True, kw_only=True)
class Shot(OfSet):
    """One measured exposure of a set; `level` is `median_adu` as a fraction of full scale.

    It began at `exposed_at` (UTC), and was read, judged and maybe stored until `time`. One of the
    sky has no `brightness`; in the middle of its exposure the Sun stood at `sun_altitude_deg` and
    the light was `sky_rate_adu_s`, at least where it is full; `predicted_level` was expected.
    """

    brightness: int | None
    exposure_s: float
    median_adu: float
    level: float
    exposed_at: datetime | None = None
    sun_altitude_deg: float | None = _of_sky()
    sky_rate_adu_s: float | None = _of_sky()
    predicted_level: float | None = _of_sky()


@dataclass(frozen=True, kw_only=True)
class RunStarted(Event):
    """A run begins. `run` identifies it; `folder` holds `run.json` and `report.html`.

    `light` is `panel` or `sky`: what lights its flats. `overrides` are the environment variables
    that set what the configuration file does not. `flat_s` is how long a flat of a set took on
    nights before, for the sets of which that is known.
    """

    event = "run_started"
    run: str
    rig: str
    filters: tuple[str, ...]
    sets: tuple[str, ...]
    folder: Path
    camera: str
    panel: str
    brightness_min: int
    brightness_max: int
    full_scale_adu: float
    target: Mapping[str, float]
    tolerance: Mapping[str, float]
    overrides: tuple[str, ...] = ()
    light: LightSource = LightSource.PANEL
    flat_s: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class CalibrationUsed(Event):
    """A stored calibration of this camera and panel is in use; what it could not measure is null.

    The curve is a list of brightness steps and a list of the medians they gave at `exposure_s`.
    """

    event = "calibration"
    measured: datetime
    pedestal_adu: float
    leak_adu_s: float
    calibrated_full_scale_adu: float | None
    bits: int | None
    settle_s: float | None
    exposure_s: float
    curve_brightness: tuple[int, ...]
    curve_adu: tuple[float, ...]


@dataclass(frozen=True, kw_only=True)
class FilterAlias(Event):
    """A filter that was asked for is taken for a slot of the wheel that is called otherwise."""

    event = "filter_alias"
    named: str
    filter: str


@dataclass(frozen=True, kw_only=True)
class FullScaleCorrected(Event):
    """A frame proved that a full pixel does not read what was said of it; the run goes on by that.

    `seen_adu` is the level that proved it. `proof` is `beyond` where pixels lay above, `ceiling`
    where they pile up below, `shifted` where the values are those of fewer bits shifted up to 16,
    `eight_bits` where the frame came with 8 bits a pixel.
    """

    event = "full_scale"
    before_adu: float
    full_scale_adu: float
    seen_adu: float
    proof: Proof


@dataclass(frozen=True)
class PlannedFilter:
    """When a filter's light is expected to be right, with the Sun's altitude at both ends.

    `frames` are the flats it is expected to get from now on, the last of them at `ends`;
    `light_adu_s` is the light expected meanwhile, evenly spaced from `opens` to `closes`.
    """

    filter: str
    opens: datetime
    closes: datetime
    sun_altitude_deg: tuple[float, ...]
    frames: int
    ends: datetime = UNKNOWN_TIME
    light_adu_s: tuple[float, ...] = ()


@dataclass(frozen=True, kw_only=True)
class SkyPlan(Event):
    """The order in which flats of the sky are taken from now on, as the light is expected.

    Each of `filters` has `filter`, `opens` and `closes` (UTC) between which its light is expected
    to be right, `sun_altitude_deg` at these, and `frames`, the flats it will get until `ends`;
    `light_adu_s` is the light from `opens` to `closes`, evenly spaced. A filter that is missing
    gets none.
    """

    event = "sky_plan"
    filters: tuple[PlannedFilter, ...]


@dataclass(frozen=True, kw_only=True)
class Pointed(Event):
    """The telescope points where flats of the sky are taken; told when that changes.

    Not for each dithered frame. Coordinates are of date.
    """

    event = "pointing"
    ra_deg: float
    dec_deg: float
    alt_deg: float
    az_deg: float
    tracking: bool


@dataclass(frozen=True, kw_only=True)
class FilterStarted(OfSet):
    """A filter is in place and its search begins."""

    event = "filter_started"
    start_brightness: int | None
    start_exposure_s: float
    trained: bool
    wanted: int
    present: int
    set_number: int = 1


@dataclass(frozen=True, kw_only=True)
class Waiting(Event):
    """The run waits for something that takes its time; for whoever watches, not kept.

    Told again as it gets on: `present_c` is where the sensor is that is being cooled, `says` what
    the device's driver says, or what the person who takes the pictures is to know. While it waits
    for the light of the sky, `for` is `light`, `seconds` is how long that is expected to take, and
    the Sun stands at `sun_altitude_deg`.
    """

    event = "waiting"
    passing = True
    what: Awaited | str
    present_c: float | None = None
    says: str = ""


@dataclass(frozen=True, kw_only=True)
class Exposing(OfSet):
    """A shutter is about to open; for whoever watches, not kept.

    `kind` is `trial`, `flat` or `dark_flat`; `n` counts within its kind.
    """

    event = "exposing"
    passing = True
    kind: str
    n: int
    brightness: int | None
    exposure_s: float
    set: str = ""


@dataclass(frozen=True, kw_only=True)
class Trial(Shot):
    """An exposure of the search was measured.

    `level` is `median_adu` as a fraction of full scale; `verdict` is `accepted`, `too_dim`,
    `too_bright` or `clipped`; or `settling` for a frame that only waits for the light to stand
    still.
    """

    event = "trial"
    n: int
    clipped_frac: float
    verdict: Verdict
    channels: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class OffLadder(OfSet):
    """No exposure of the ladder serves a filter: any exposure goes now."""

    event = "off_ladder"
    why: Why


@dataclass(frozen=True, kw_only=True)
class PanelCurve(OfSet):
    """What the search of a filter has learned of the light: `light_adu_s` at each `brightness`.

    A frame of `exposure_s` is expected at pedestal + light × exposure.
    """

    event = "panel_curve"
    pedestal_adu: float
    brightness: tuple[int, ...]
    light_adu_s: tuple[float, ...]


@dataclass(frozen=True, kw_only=True)
class LightCompared(OfSet):
    """What a filter lets through, over what it did when its setting was learned.

    `factor` compares the light at one brightness of the panel; `like` is the filter that had just
    as much then, or `null`. `findings` say what must be wrong, none where all is as it was.
    """

    event = "light_compared"
    factor: float
    like: str | None
    findings: tuple[Finding | str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Flat(Shot):
    """A flat was measured, accepted and is safe on disk."""

    event = "flat"
    index: int
    count: int
    path: Path
    statistics: Statistics
    channels: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Rejected(Shot):
    """A frame of the set was measured and not kept."""

    event = "rejected"
    why: Why
    clipped_frac: float


@dataclass(frozen=True, kw_only=True)
class SetQuality(OfSet):
    """What the flats of a set taken in this run are worth, and what changed since the last set.

    Figures that can't be known, as from a single flat, are `null`. Each of `findings` has a `kind`,
    its `figures`, and a `reason`: a sentence that says what to do. `transfer_light_adu` and
    `transfer_noise_adu` are light and noise of a pixel of one flat, from the faintest parts of the
    frame to the brightest. `difference_ppm` are rows of cells of `cell_px` pixels: how
    much more light than in the last set, gradients taken out, in millionths of the light; `null`
    without one.
    """

    event = "set_quality"
    flats: int
    photons_e: float | None
    e_per_adu: float | None
    noise_frac: float | None
    master_noise_frac: float | None
    flats_needed: int | None
    noise_limit_frac: float
    drift_frac: float
    corner_frac: float | None
    profile: tuple[float, ...]
    transfer_light_adu: tuple[float, ...]
    transfer_noise_adu: tuple[float, ...]
    compared: bool
    cell_px: int | None
    difference_ppm: tuple[tuple[int, ...], ...] | None
    spots: tuple[Spot, ...]
    channels: Mapping[str, float]
    findings: tuple[Finding | str, ...]


@dataclass(frozen=True, kw_only=True)
class LightLeak(Event):
    """Two frames with the panel off were compared: the shortest exposure and the longest flat's.

    `leak_frac` is what the long one has more, over the light of a flat. Neither frame is kept.
    """

    event = "light_leak"
    exposure_s: float
    pedestal_adu: float
    leak_adu: float
    leak_frac: float
    findings: tuple[Finding | str, ...]


@dataclass(frozen=True, kw_only=True)
class DarkFlat(Event):
    """A dark flat is safe on disk."""

    event = "dark_flat"
    exposure_s: float
    index: int
    count: int
    path: Path


@dataclass(frozen=True, kw_only=True)
class FilterFinished(OfSet):
    """A filter has ended; there is no reason where it is complete."""

    event = "filter_finished"
    outcome: Outcome
    trials: int
    flats: int
    why: Why = ""


@dataclass(frozen=True, kw_only=True)
class FaultSeen(Event):
    """A device failed; `recovered` says whether the run goes on with it.

    `log` is the place in the log of the devices, `FILE:line`, or `None` without one.
    """

    event = "fault"
    device: str
    what: "str | Doubt"
    recovered: bool
    log: str | None = None


@dataclass(frozen=True, kw_only=True)
class Skipped(Event):
    """A file that an earlier run of the night left does not count, and is taken again."""

    event = "skipped"
    path: Path
    reason: str


@dataclass(frozen=True, kw_only=True)
class Problem(Event):
    """A check of the rig before its flats found something; there is time to fix it."""

    event = "problem"
    subject: str
    what: str
    mend: str


@dataclass(frozen=True, kw_only=True)
class RunFinished(Event):
    """The run has ended; `light` is what is known of the panel's light.

    It is `off` (asked), `commanded_off` (the panel took the command and can't be asked), `on` or
    `unknown`. `cover` is where its cover was left, `null` for a panel without one; `free_bytes` is
    the room left where the frames are, `null` where that could not be asked. `mount` is how a mount
    that pointed at the sky was left: `standing`, `parked`, `tracking` or `unknown`.
    """

    event = "run_finished"
    exit_code: int
    filters: Mapping[str, Outcome]
    sets: Mapping[str, Outcome]
    frames: int
    seconds: float
    reason: str = ""
    light: Light | None = None
    cover: str | None = None
    free_bytes: int | None = None
    mount: str | None = field(default=None, metadata={OF_SKY: True})


Listener = Callable[[Event], None]

KINDS: Mapping[str, type[Event]] = {
    kind.event: kind
    for kind in list(globals().values())
    if isinstance(kind, type) and issubclass(kind, Event) and hasattr(kind, "event")
}

NO_FILTER = "none"


def label(filter_name: str | None) -> str:
    """Return how events name a filter; a rig without a wheel has one nameless one."""
    return NO_FILTER if filter_name is None else filter_name


def set_label(plan: FilterPlan) -> str:
    """Return how events name a set: as its filter, unless the run has several sets of that."""
    return plan.name or label(plan.filter)
