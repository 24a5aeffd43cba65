"""`flatctl history`: what was learned, and what was done."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from flatctl.settings.loading import load
from flatctl.settings.tables import default_history
from flatctl.storage.history import History, PastRun, SettingKey, Trained

_TRAINED_HEADINGS = (
    *("Rig", "Filter", "Camera", "Bin", "Gain", "Offset"),
    *("Panel", "Brightness", "Exposure", "Level", "When"),
)


@dataclass(frozen=True)
class HistoryListing:
    """Trained settings and past runs, of one rig or of all, and what is wrong with the history."""

    trained: Sequence[tuple[SettingKey, Trained]]
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
        return HistoryListing(kept.all_trained(rig), kept.runs(rig), tuple(kept.warnings))


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
