"""What a run is to do."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from flatctl.core.nights.sun import Site
from flatctl.core.quality.findings import QualityLimits
from flatctl.core.types import FilterPlan
from flatctl.engine.safety import Rule


@dataclass(frozen=True)
class Job:
    """What a run is to do, and for which `rig`.

    `plan` makes the flats wanted out of the wheel's slot names. Where `full_scale_adu` is `None` it
    is that of a stored calibration, else derived from what the camera says; `dark_flats` are wanted
    of each exposure, panel off. With `adopt_settling` the rig waits after a change of light as long
    as a calibration has measured. With `only_darks` the dark flats of flats taken before are taken,
    and no flats. `rules` say what must be so around the rig. With `share` another program's
    exposure is waited for; else it ends the run. `overrides` are what the environment has set.
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
