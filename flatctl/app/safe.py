"""`flatctl safe`: the light out, whatever happened before."""

from pathlib import Path

from flatctl.app.wiring.notify import Notifier
from flatctl.app.wiring.rig import (
    claim_camera,
    claim_panel,
    cover_at_end,
    make_connections,
    make_panel,
)
from flatctl.devices.catalog import CAMERAS
from flatctl.devices.protocols import Cover, Restorable
from flatctl.devices.transports import Connections
from flatctl.engine.clock import SystemClock
from flatctl.engine.guard import LampGuard
from flatctl.engine.rig import PANEL_TIMEOUT_S, PUT_BACK_S
from flatctl.engine.stop import StopSignals
from flatctl.errors import DeviceError
from flatctl.settings.loading import load
from flatctl.settings.models import Settings


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
        put_back = _put_back(settings, connections)
        cover = f", cover {left.value}" if left and moved else ""
        return f"{panel.name}: light off{cover}{put_back}"


def _put_back(settings: Settings, connections: Connections) -> str:
    """Put back what a run that was killed had set of the camera; return what to tell of it.

    That is no matter of safety: what goes wrong with it is told, and changes no ending.
    """
    camera = CAMERAS.build(connections, settings.camera.device)
    if not isinstance(camera, Restorable) or not camera.is_changed:
        return ""
    try:
        with claim_camera(settings):
            camera.put_back(PUT_BACK_S)
    except DeviceError as error:
        return f"; {error}"
    finally:
        camera.close()
    return f"; {camera.name}: settings as they were found"
