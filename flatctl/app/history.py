"""`flatctl history`: what was learned, and what was done."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from flatctl.core.calibration import Calibration
from flatctl.core.nights.history import Calibrated, PastRun, SettingKey, Trained
from flatctl.settings.loading import load
from flatctl.settings.tables import default_history
from flatctl.storage.history import History

_TRAINED_HEADINGS = (
    *("Rig", "Filter", "Camera", "Bin", "Gain", "Offset"),
    *("Panel", "Brightness", "Exposure", "Level", "When"),
)

_CALIBRATION_HEADINGS = (
    *("Rig", "Camera", "Bin", "Gain", "Offset", "Panel"),
    *("Pedestal", "Leak/s", "Full scale", "Settling", "When"),
)


@dataclass(frozen=True)
class HistoryListing:
    """What is remembered, of one rig or of all, and what is wrong with the history."""

    trained: Sequence[tuple[SettingKey, Trained]]
    calibrations: Sequence[Calibrated]
    runs: Sequence[PastRun]
    warnings: Sequence[str]

    def tables(self) -> Iterator[tuple[str, tuple[str, ...], list[tuple[str, ...]]]]:
        """Yield title, headings and rows of each table."""
        yield (
            "Trained settings",
            _TRAINED_HEADINGS,
            [_trained_row(key, trained) for key, trained in self.trained],
        )
        yield (
            "Calibrations",
            _CALIBRATION_HEADINGS,
            [row for known in self.calibrations for row in _calibration_rows(known)],
        )
        yield (
            "Past runs",
            ("Started", "Rig", "Filters", "Frames", "Seconds", "Exit code"),
            [_run_row(run) for run in self.runs],
        )


def history(config: Path | None) -> HistoryListing:
    """Return what the history holds, of the configuration's rig or of all."""
    settings = load(config) if config else None
    path = settings.output.history if settings else default_history()
    rig = settings.rig.name if settings else None
    with History(path) as kept:
        trained, calibrations, runs = kept.all_trained(rig), kept.calibrations(rig), kept.runs(rig)
        return HistoryListing(trained, calibrations, runs, tuple(kept.warnings))


def _trained_row(key: SettingKey, trained: Trained) -> tuple[str, ...]:
    return (
        key.rig,
        key.filter or "none",
        key.camera,
        str(key.binning),
        _number(key.gain),
        _number(key.offset),
        key.panel or "none",
        str(trained.brightness),
        f"{trained.exposure_s:.4g} s",
        f"{100 * trained.level:.1f} %",
        f"{trained.time.astimezone():%Y-%m-%d %H:%M}",
    )


def _calibration_rows(known: Calibrated) -> Iterator[tuple[str, ...]]:
    try:
        found = Calibration.from_json(known.calibration)
    except ValueError:
        # Written by another version: as good as none.
        return
    yield (
        known.key.rig,
        known.key.camera,
        str(known.key.binning),
        _number(known.key.gain),
        _number(known.key.offset),
        known.key.panel or "none",
        f"{found.pedestal_adu:.0f}",
        f"{found.leak_adu_s:.1f}",
        "not reached" if found.full_scale_adu is None else f"{found.full_scale_adu:.0f}",
        "not seen" if found.settle_s is None else f"{found.settle_s:.1f} s",
        f"{known.time.astimezone():%Y-%m-%d %H:%M}",
    )


def _run_row(run: PastRun) -> tuple[str, ...]:
    return (
        f"{run.started.astimezone():%Y-%m-%d %H:%M}",
        run.rig,
        ", ".join(f"{name} {outcome}" for name, outcome in run.filters.items()),
        str(run.frames),
        f"{run.seconds:.0f}",
        str(run.exit_code),
    )


def _number(value: float | None) -> str:
    return "as it was" if value is None else f"{value:g}"
