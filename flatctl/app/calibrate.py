"""`flatctl calibrate`: what camera and panel really do, measured and remembered."""

from collections.abc import Callable, Sequence
from pathlib import Path

from flatctl.app.wiring.person import LIGHT_OFF, Person
from flatctl.app.wiring.rig import (
    claim_rig,
    configured_settling,
    greet,
    make_connections,
    make_rig,
    make_rules,
)
from flatctl.app.wiring.sharing import Manners, free_camera
from flatctl.app.wiring.slow import SlowWords
from flatctl.core.types import FilterPlan
from flatctl.engine.calibrate import CalibrationRun
from flatctl.engine.clock import SystemClock
from flatctl.engine.stop import StopSignals
from flatctl.errors import ConfigError, DeviceError
from flatctl.outputs.sentences.reasons import calibrating_words
from flatctl.outputs.tables.calibration import CalibrationListing
from flatctl.settings.loading import load
from flatctl.settings.panels import ManualOptions
from flatctl.settings.plan import plan_flats
from flatctl.storage.history import History


def calibrate(
    config: Path,
    *,
    filter_name: str | None,
    tell: Callable[[str], None],
    wait: bool = False,
    force: bool = False,
) -> CalibrationListing:
    """Measure pedestal, leak, full scale, settling time and panel curve, and remember them.

    Through `filter_name`, else the first filter of the plan. `tell` hears what is being done.

    Raises any `FlatctlError`, or `Stopped`; the panel is off in every case.
    """
    manners = Manners(wait, force)
    settings = load(config)
    by_hand = isinstance(settings.require_panel(), ManualOptions)
    only = (filter_name,) if filter_name else ()
    # What can be wrong with the wish itself is said before any device is touched.
    plan_flats(settings, only=only)
    plans: list[FilterPlan] = []

    def plan(slots: Sequence[str]) -> FilterPlan:
        found = plan_flats(settings, slots, only=only)
        plans.extend(each for each in found if not each.obstacle)
        if not plans:
            raise ConfigError(f"{config}: there is no filter; name one in [flats] filters")
        return plans[0]

    signals, person = StopSignals(), Person()
    with (
        signals.installed(),
        claim_rig(settings),
        make_connections(settings, person) as connections,
        History(settings.output.history) as history,
        SlowWords(tell, "reaching the panel and the devices") as slow,
    ):
        clock = SystemClock()
        rig = make_rig(settings, connections, clock)
        free_camera(
            rig.camera, settings, manners, lambda what: slow.tell(calibrating_words(what)), clock
        )
        greet(settings, connections)
        found = CalibrationRun(
            rig,
            plan,
            rig_name=settings.rig.name,
            history=history,
            signals=signals,
            tell=lambda told: slow.tell(calibrating_words(told)),
            tell_fault=lambda error, recovered: slow.tell(_fault(error, recovered)),
            rules=make_rules(settings, connections),
        ).run()
        if by_hand:
            person.remind(LIGHT_OFF)
        return CalibrationListing(
            found, plans[0], configured_settling(settings), tuple(history.warnings)
        )


def _fault(error: DeviceError, recovered: bool) -> str:
    return f"{error.device}: {error.what}" + (" (going on)" if recovered else "")
