"""`flatctl safe`: the light out, whatever happened before."""

from pathlib import Path

from flatctl.app.wiring.notify import Notifier
from flatctl.app.wiring.rig import claim_panel, cover_at_end, make_connections, make_panel
from flatctl.devices.protocols import Cover
from flatctl.engine.clock import SystemClock
from flatctl.engine.guard import LampGuard
from flatctl.engine.rig import PANEL_TIMEOUT_S
from flatctl.engine.stop import StopSignals
from flatctl.errors import DeviceError
from flatctl.settings.loading import load


def safe(config: Path) -> str:
    """Put the light out and the cover where it belongs, whatever happened before.

    Returns what to tell the user. Raises `Busy` while a living process has the panel: it puts the
    light out itself when it is stopped. Raises another `DeviceError` when the panel can't be
    reached or does not obey, once word of it was sent to the owner.
    """
    settings = load(config)
    signals = StopSignals()
    with signals.installed(), claim_panel(settings), make_connections(settings) as connections:
        panel = make_panel(settings, connections)
        left = cover_at_end(settings)
        guard = LampGuard(
            panel,
            clock=SystemClock(),
            signals=signals,
            timeout_s=PANEL_TIMEOUT_S,
            cover_at_end=left,
        )
        try:
            with guard:
                moved = left is not None and isinstance(panel, Cover) and panel.has_cover
            if guard.failure is not None:
                raise guard.failure
        except DeviceError as error:
            with Notifier(settings) as notifier:
                notifier.warn("cover" if guard.dark else "lamp", f"flatctl safe: {error}")
            raise
        return f"{panel.name}: light off" + (f", cover {left.value}" if left and moved else "")
