"""`flatctl calibrate`: what camera and panel really do, measured and remembered."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from flatctl.app.wiring.rig import (
    claim_rig,
    configured_settling,
    make_client,
    make_rig,
    make_rules,
)
from flatctl.core.calibration import SETTLE_LIMIT_S, Calibration, relative
from flatctl.core.types import FilterPlan
from flatctl.engine.calibrate import SETTLE_ADOPTED_MAX_S, CalibrationRun
from flatctl.engine.clock import SystemClock
from flatctl.engine.stop import StopSignals
from flatctl.errors import ConfigError, DeviceError, ExitCode
from flatctl.outputs import figures
from flatctl.settings.loading import load
from flatctl.settings.plan import plan_flats
from flatctl.storage.history import History

Table = tuple[str, tuple[str, ...], list[tuple[str, ...]]]


@dataclass(frozen=True)
class CalibrationListing:
    """What a calibration found, as tables, and what is wrong with the history."""

    found: Calibration
    plan: FilterPlan
    settle_s: float | None
    warnings: Sequence[str]

    @property
    def exit_code(self) -> ExitCode:
        """`INCOMPLETE` where something could not be measured."""
        return ExitCode.COMPLETE if self.found.complete else ExitCode.INCOMPLETE

    def tables(self) -> Iterator[Table]:
        """Yield title, headings and rows of each table."""
        found = self.found
        rows: list[tuple[str, ...]] = [
            ("Pedestal", f"{figures.adu(found.pedestal_adu)} ADU", "level without light"),
            ("Light leak", f"{figures.adu(found.leak_adu_s)} ADU/s", self._leak()),
            ("Full scale", *self._full_scale()),
            ("Settling", *self._settling()),
        ]
        yield "Calibration", ("What", "Measured", "That is"), rows
        full_adu = found.full_scale_adu
        light = relative(found.curve, found.pedestal_adu)
        yield (
            f"Panel curve, frames of {figures.seconds(found.exposure_s)}",
            ("Brightness", "ADU", "Of full scale", "Light"),
            [
                (
                    str(step),
                    figures.adu(level),
                    figures.percent(level / full_adu) if full_adu else figures.UNKNOWN,
                    figures.percent(share, 2),
                )
                for (step, level), share in zip(found.curve, light, strict=True)
            ],
        )

    def _leak(self) -> str:
        plan, exposure_s = self.plan, self.plan.exposure_start_s
        target_adu = plan.target * (self.found.full_scale_adu or 65535.0)
        share = figures.percent(self.found.leak_frac(target_adu, exposure_s), 2)
        return f"{share} of the light of a flat of {figures.seconds(exposure_s)}"

    def _full_scale(self) -> tuple[str, str]:
        full_adu, bits = self.found.full_scale_adu, self.found.bits
        if full_adu is None:
            return (
                "not reached",
                "the light is too dim: a brighter panel, another filter, or a longer "
                "exposure_s.max",
            )
        says = f"{bits} bits" if bits else "no whole number of bits: the pixels' own end"
        return f"{figures.adu(full_adu)} ADU", says

    def _settling(self) -> tuple[str, str]:
        settle_s = self.found.settle_s
        if settle_s is None:
            return "not seen", f"too dim, or no rest within {SETTLE_LIMIT_S:g} s"
        measured = f"{settle_s:.1f} s"
        if self.settle_s is None:
            return measured, f"waited for after each change, up to {SETTLE_ADOPTED_MAX_S:g} s"
        if settle_s > self.settle_s:
            return measured, f"longer than settle_s = {self.settle_s:g} of the configuration"
        return measured, f"within settle_s = {self.settle_s:g} of the configuration"


def calibrate(
    config: Path, *, filter_name: str | None, tell: Callable[[str], None]
) -> CalibrationListing:
    """Measure pedestal, leak, full scale, settling time and panel curve, and remember them.

    Through `filter_name`, else the first filter of the plan. `tell` hears what is being done.

    Raises any `FlatctlError`, or `Stopped`; the panel is off in every case.
    """
    settings = load(config)
    only = (filter_name,) if filter_name else ()
    # What can be wrong with the wish itself is said before any device is touched.
    plan_flats(settings, only=only)
    plans: list[FilterPlan] = []

    def plan(slots: Sequence[str]) -> FilterPlan:
        plans.extend(plan_flats(settings, slots, only=only))
        if not plans:
            raise ConfigError(f"{config}: there is no filter; name one in [flats] filters")
        return plans[0]

    signals = StopSignals()
    with (
        signals.installed(),
        claim_rig(settings),
        make_client(settings) as client,
        History(settings.output.history) as history,
    ):
        found = CalibrationRun(
            make_rig(settings, client, SystemClock()),
            plan,
            rig_name=settings.rig.name,
            history=history,
            signals=signals,
            tell=tell,
            tell_fault=lambda error, recovered: tell(_fault(error, recovered)),
            rules=make_rules(settings, client),
        ).run()
        return CalibrationListing(
            found, plans[0], configured_settling(settings), tuple(history.warnings)
        )


def _fault(error: DeviceError, recovered: bool) -> str:
    return f"{error.device}: {error.what}" + (" (recovered)" if recovered else "")
