"""What a run is to do."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from flatctl.core.nights.masters import SKY_JOIN_DAYS
from flatctl.core.nights.sun import Site
from flatctl.core.quality.findings import QualityLimits
from flatctl.core.types import FilterPlan
from flatctl.engine.safety import Rule
from flatctl.engine.sky.pointing import SkyPointing


@dataclass(frozen=True)
class SkyJob:
    """The twilight sky over `site` as the light: while the Sun is between two altitudes.

    `pointing` points the telescope; without one it is left as it stands. A set that was begun up to
    `join_days` ago is completed. One whose light scatters by more than `max_wobble` ends (0: none
    does); fewer than `min_frames` are told to be too few for a master.
    """

    dawn: bool
    site: Site
    sun_altitude_deg: tuple[float, float] = (-12.0, 0.0)
    pointing: SkyPointing | None = None
    join_days: int = SKY_JOIN_DAYS
    max_wobble: float = 0.0
    min_frames: int = 0


@dataclass(frozen=True)
class Job:
    """What a run is to do, and for which `rig`.

    `plan` makes the flats wanted out of the wheel's slot names. Where `full_scale_adu` is `None` it
    is that of a stored calibration, else derived from what the camera says; `dark_flats` are wanted
    of each exposure, panel off. With `adopt_settling` the rig waits after a change of light as long
    as a calibration has measured. With `only_darks` the dark flats of flats taken before are taken,
    and no flats. `rules` say what must be so around the rig. With `share` another program's
    exposure is waited for; else it ends the run. `overrides` are what the environment has set.
    With `sky` that is the light, and the panel is off. `flat_s` says how long a flat of a set took
    on nights before, `None` where nobody knows.
    """

    rig: str
    plan: Callable[[Sequence[str]], Sequence[FilterPlan]]
    full_scale_adu: float | None = None
    dark_flats: int = 0
    resume: bool = True
    rules: Sequence[Rule] = ()
    adopt_settling: bool = False
    share: bool = False
    quality: QualityLimits | None = None
    leak_check: bool = False
    site: Site | None = None
    dark_flat_type: str = "DARK"
    only_darks: bool = False
    overrides: tuple[str, ...] = ()
    sky: SkyJob | None = None
    flat_s: Callable[[FilterPlan], float | None] = lambda _plan: None
