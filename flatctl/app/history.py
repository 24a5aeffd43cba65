"""`flatctl history`: what was learned, and what was done."""

from pathlib import Path

from flatctl.app.wiring.journal import journal_folder
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
        return HistoryListing(
            kept.all_trained(rig),
            kept.calibrations(rig),
            kept.skies(rig),
            kept.runs(rig),
            kept.warnings,
        )


def where(config: Path | None) -> list[str]:
    """Return where the history lies, and the journals of what is going on."""
    path = load(config).output.history if config else default_history()
    return [f"history  {path}", f"live     {journal_folder()}"]
