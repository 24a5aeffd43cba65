"""`flatctl safe`: the light out, whatever happened before."""

import signal
from collections.abc import Callable
from functools import partial
from pathlib import Path

from flatctl.app.wiring.journal import note_by_hand
from flatctl.app.wiring.notify import Notifier
from flatctl.app.wiring.rig import (
    claim_camera,
    claim_panel,
    claim_rig,
    cover_at_end,
    make_connections,
    make_panel,
)
from flatctl.app.wiring.sharing import disturbed
from flatctl.app.wiring.sky import leave_mount
from flatctl.app.wiring.slow import SlowWords
from flatctl.devices.catalog import CAMERAS
from flatctl.devices.protocols import Considerate, Cover, Restorable
from flatctl.devices.transports import Connections
from flatctl.engine.clock import Clock, SystemClock
from flatctl.engine.guard import LampGuard
from flatctl.engine.rig import PANEL_TIMEOUT_S, PUT_BACK_S
from flatctl.engine.stop import StopSignals
from flatctl.errors import DeviceError, FlatctlError, LightUnknown, Stopped
from flatctl.outputs.sentences.run import light_words
from flatctl.settings.loading import load
from flatctl.settings.models import Settings
from flatctl.settings.panels import ScreenOptions

# Whoever waits hears of the light within 10 s, the start of the program included.
FIRST_WORD_S = 5.0
# Nor does a person at a terminal wait, after Ctrl-C, for a message that nobody takes.
STOPPED_S = 1.5


def safe(config: Path, tell: Callable[[str], None], clock: Clock | None = None) -> str:
    """Put the light out and the cover where it belongs, whatever happened before.

    Returns what to tell the user; `tell` hears what is known of the light before that, where it
    takes longer. A signal ends it at once. Raises `Busy` while a living process has the panel: it
    puts the light out itself when it is stopped. Raises `LightUnknown` where the light is not known
    to be off, and another `DeviceError` where the cover does not move, or would move before a
    camera that another program exposes with, once word of it was sent to the owner. A mount that a
    run has left pointing at the sky is left with its tracking off, or parked.
    """
    settings = load(config)
    try:
        return _make_safe(settings, tell, clock or SystemClock())
    except LightUnknown as lost:
        _send(settings, "lamp", lost)
        raise
    except DeviceError as error:
        if error.light:
            _send(settings, "cover", error)
        raise


def _make_safe(settings: Settings, tell: Callable[[str], None], clock: Clock) -> str:
    left = cover_at_end(settings)
    signals = StopSignals()
    with signals.installed(), make_connections(settings) as connections:
        panel = make_panel(_at_once(settings), connections)
        others = partial(disturbed, settings, connections)
        if isinstance(panel, Considerate):
            panel.disturbs = others
        guard = LampGuard(
            panel,
            clock=clock,
            signals=signals,
            timeout_s=PANEL_TIMEOUT_S,
            cover_at_end=left,
            disturbs=others,
        )
        # Without a panel nothing else tells that a run is going on.
        claim = claim_panel if settings.panel is not None else claim_rig
        with _telling(guard, tell), claim(settings):
            try:
                _end(guard)
            finally:
                note_by_hand(settings, guard.light)
            if not guard.dark:
                remedy = "flatctl can't switch it: switch it off yourself"
                raise LightUnknown(panel.name, guard.light, remedy=remedy)
            moved = left is not None and isinstance(panel, Cover) and panel.has_cover
            cover = f", cover {left.value}" if left and moved else ""
            put_back = _put_back(settings, connections)
            mount = leave_mount(settings, connections, clock)
        return f"{panel.name}: light {light_words(guard.light)}{cover}{put_back}{mount}"


def _at_once(settings: Settings) -> Settings:
    """Return the settings of a rig whose screen nobody is granted time to walk to.

    A page that is still open comes back by itself, or has put itself out.
    """
    if not isinstance(settings.panel, ScreenOptions):
        return settings
    panel = settings.panel.model_copy(update={"wait_s": 0.0})
    return settings.model_copy(update={"panel": panel})


def _end(guard: LampGuard) -> None:
    """Put the light out; whoever has had enough of waiting hears how it stands."""
    try:
        guard.end(to_the_end=False)
    except Stopped as stop:
        guard.conclude(stop)
        raise
    guard.conclude()


def _telling(guard: LampGuard, tell: Callable[[str], None]) -> SlowWords:
    """Say what is known of the light where it takes long."""

    def words() -> str:
        more = "; the rest takes a little" if guard.dark else " so far; still trying"
        return f"{guard.panel.name}: light {light_words(guard.light)}{more}"

    # The panel may hold the main thread for longer than that.
    return SlowWords(tell, words, FIRST_WORD_S)


def _put_back(settings: Settings, connections: Connections) -> str:
    """Put back what a run that was killed had set of the camera; return what to tell of it.

    That is no matter of safety: what goes wrong with it is told, and changes no ending.
    """
    device = settings.camera.device
    if not CAMERAS.transport(settings, device).is_changed(settings, device):
        return ""
    camera = CAMERAS.build(connections, device)
    if not isinstance(camera, Restorable):
        return ""
    try:
        with claim_camera(settings):
            camera.put_back(PUT_BACK_S)
    except DeviceError as error:
        return f"; {error}"
    finally:
        camera.close()
    return f"; {camera.name}: settings as they were found"


def _send(settings: Settings, occasion: str, error: FlatctlError) -> None:
    with Notifier(settings) as notifier:
        notifier.warn(occasion, f"flatctl safe: {error}")
        stop = error.__cause__
        if isinstance(stop, Stopped) and stop.signum == signal.SIGINT:
            notifier.grace_s = STOPPED_S
