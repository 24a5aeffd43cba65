"""What `flatctl calibrate` answers."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from flatctl.core.calibration.full_scale import USUAL_FULL_ADU
from flatctl.core.calibration.record import SETTLE_ADOPTED_MAX_S, Calibration, relative
from flatctl.core.settling import SETTLE_LIMIT_S
from flatctl.core.types import FilterPlan
from flatctl.errors import ExitCode
from flatctl.outputs import figures
from flatctl.outputs.tables import Table


@dataclass(frozen=True)
class CalibrationListing:
    """What a calibration found through the filter of `plan`, and what is wrong with the history.

    `settle_s` is what the configuration says, `None` where it leaves that to the calibration.
    """

    found: Calibration
    plan: FilterPlan
    settle_s: float | None
    warnings: Sequence[str]

    @property
    def exit_code(self) -> ExitCode:
        """`INCOMPLETE` where something could not be measured."""
        return ExitCode.COMPLETE if self.found.complete else ExitCode.INCOMPLETE

    def tables(self) -> Iterator[Table]:
        """Yield what was measured, and the panel's curve."""
        found = self.found
        rows: list[tuple[str, ...]] = [
            ("Pedestal", f"{figures.adu(found.pedestal_adu)} ADU", "level without light"),
            ("Light leak", f"{figures.adu(found.leak_adu_s)} ADU/s", self._leak()),
            ("Full scale", *self._full_scale()),
            ("Settling", *self._settling()),
        ]
        yield Table("Calibration", ("What", "Measured", "That is"), rows)
        full_adu = found.full_scale_adu
        light = relative(found.curve, found.pedestal_adu)
        yield Table(
            f"Panel curve, frames of {figures.seconds(found.exposure_s)}",
            ("Brightness", "ADU", "Of full scale", "Light"),
            [
                (
                    str(brightness),
                    figures.adu(level_adu),
                    figures.percent(level_adu / full_adu) if full_adu else figures.UNKNOWN,
                    figures.percent(share, 2),
                )
                for (brightness, level_adu), share in zip(found.curve, light, strict=True)
            ],
        )

    def _leak(self) -> str:
        exposure_s = self.plan.exposure_start_s
        target_adu = self.plan.target * (self.found.full_scale_adu or USUAL_FULL_ADU)
        share = figures.percent(self.found.leak_frac(target_adu, exposure_s), 2)
        return f"{share} of the light of a flat of {figures.seconds(exposure_s)}"

    def _full_scale(self) -> tuple[str, str]:
        full_adu, bits = self.found.full_scale_adu, self.found.bits
        if full_adu is None:
            return (
                "not measured",
                "the light is too dim: use a brighter panel, another filter, or a longer "
                "exposure_s.max",
            )
        says = f"{bits} bits" if bits else "no whole number of bits: the pixels' own end"
        return f"{figures.adu(full_adu)} ADU", says

    def _settling(self) -> tuple[str, str]:
        settle_s = self.found.settle_s
        if settle_s is None:
            return "not measured", f"too dim, or no rest within {SETTLE_LIMIT_S:g} s"
        measured = f"{settle_s:.1f} s"
        if self.settle_s is None:
            return measured, f"waited for after each change, up to {SETTLE_ADOPTED_MAX_S:g} s"
        if settle_s > self.settle_s:
            return measured, f"longer than settle_s = {self.settle_s:g} of the configuration"
        return measured, f"within settle_s = {self.settle_s:g} of the configuration"
