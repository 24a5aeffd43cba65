"""`flatctl history`: what was learned, and what was done."""

from pathlib import Path

from flatctl.outputs.tables.history import HistoryListing
from flatctl.settings.loading import load
from flatctl.settings.tables import default_history
from flatctl.storage.history import History


def history(config: Path | None) -> HistoryListing:
    """Return what the history holds, of the configuration's rig or of all."""
    settings = load(config) if config else None
    path = settings.output.history if settings else default_history()
    rig = settings.rig.name if settings else None
    with History(path) as kept:
        trained, calibrations, runs = kept.all_trained(rig), kept.calibrations(rig), kept.runs(rig)
        return HistoryListing(trained, calibrations, runs, tuple(kept.warnings))
