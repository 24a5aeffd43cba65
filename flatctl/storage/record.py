"""What is known of a frame when it is stored."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from pathlib import Path
from typing import Literal

from flatctl.core.nights.history import SettingKey
from flatctl.core.nights.sun import Site
from flatctl.core.pointing.directions import Horizontal
from flatctl.core.types import FrameKind, Statistics

DarkUse = Literal["RUNG", "BIAS"]


@dataclass(frozen=True, kw_only=True)
class SkyFacts:
    """What is known of a flat whose light was the sky, in degrees, in the middle of its exposure.

    `rate_adu_s` is the light then; `dawn` while the Sun rises. `dark_rung_s` is the exposure of the
    dark flats that fit it best, where there are to be any. Where the telescope pointed over the
    horizon, whether the mount tracked, and which dithered frame it is (0: none) may be unknown.
    """

    sun_alt_deg: float
    dawn: bool
    rate_adu_s: float | None = None
    sun_distance_deg: float | None = None
    moon_alt_deg: float | None = None
    moon_distance_deg: float | None = None
    direction: Horizontal | None = None
    tracking: bool | None = None
    dithers: int | None = None
    dark_rung_s: float | None = None


@dataclass(frozen=True, kw_only=True)
class FrameRecord:
    """Everything that a frame's header and file name say; `None` for what is not known.

    `key` says of which rig it is and how its camera stood; `session` names the run that took the
    frame, `number` is its place in the set of `count`, from 1. `started` is time zone aware;
    `local_zone` is the observatory's, for DATE-LOC.
    `exposure_s` is what was asked for; `actual_s` what the camera says it did, and is taken from
    the driver's header where it is `None`. `gain` and `offset` are in the driver's own units,
    `brightness` in the panel's own steps of 0 to `brightness_max`. `slots` are the names of all
    filters of the `wheel`. Levels are in ADU; dark flats
    have no target. `level_adu` is what was held against it, of `channel` in a colour frame; the
    median where it is None. `pedestal_adu` is the level of a frame without light, in flats;
    `e_per_adu` the camera's gain in electrons. `stuck_frac` is the fraction of the pixels that are
    full, or black, without light too. With a `sky` the light was that, and there is no panel.
    `set_id` is what the set of a flat is known by, `set_number` counts those of a night that are of
    one filter and setup. `dark_flat_type` is what IMAGETYP says of dark flats, `dark_use` what
    those are for that were taken for flats of the sky. `source` is the file that the frame came in.
    """

    kind: FrameKind
    key: SettingKey
    session: str
    number: int
    count: int
    started: datetime
    exposure_s: float
    statistics: Statistics
    full_scale_adu: float
    target_adu: float | None = None
    tolerance_adu: float | None = None
    temperature_c: float | None = None
    set_temperature_c: float | None = None
    bayer: str | None = None
    rotator_deg: float | None = None
    focuser_steps: int | None = None
    level_adu: float | None = None
    channel: str | None = None
    pedestal_adu: float | None = None
    e_per_adu: float | None = None
    stuck_frac: float = 0.0
    brightness: int | None = None
    brightness_max: int | None = None
    actual_s: float | None = None
    wheel: str | None = None
    slots: Collection[str] = ()
    site: Site | None = None
    sky: SkyFacts | None = None
    set_id: str = ""
    set_number: int = 1
    dark_flat_type: str = "DARK"
    dark_use: DarkUse | None = None
    source: Path | None = None
    local_zone: tzinfo = UTC

    @property
    def taken_s(self) -> float:
        """Return the exposure in seconds as it really was, as far as anybody knows."""
        return self.exposure_s if self.actual_s is None else self.actual_s
