"""`flatctl panel`: the panel by hand."""

from contextlib import suppress
from pathlib import Path

from flatctl.app.wiring.rig import claim_panel, describe_panel, make_connections, make_panel
from flatctl.devices.protocols import Cover, LightPanel, PanelStatus
from flatctl.engine.rig import PANEL_TIMEOUT_S
from flatctl.engine.stop import StopSignals
from flatctl.errors import DeviceError, Stopped, UsageError
from flatctl.settings.loading import load
from flatctl.settings.models import Settings


def panel(config: Path, action: str, value: int | None) -> str:
    """Control the panel by hand and return its state afterwards.

    `action` is one of on, off, set, open, close, status; `value` the brightness of `set` in the
    panel's own steps. A light that was being lit when a signal came is put out. Raises
    `UsageError` for what this panel can't do, `Busy` during a run, `Stopped` after a signal.
    """
    settings = load(config)
    signals = StopSignals()
    with signals.installed(), claim_panel(settings), make_connections(settings) as connections:
        light = make_panel(settings, connections)
        try:
            steps = light.open(PANEL_TIMEOUT_S)
            match action:
                case "on":
                    start = settings.flats.brightness.start
                    _shine(light, _last_brightness(light, steps, start), signals)
                case "set" if value is not None:
                    require_step(settings, steps, value)
                    _shine(light, value, signals)
                case "off":
                    light.light_off(PANEL_TIMEOUT_S)
                case "open":
                    _cover(light).open_cover(PANEL_TIMEOUT_S)
                case "close":
                    _cover(light).close_cover(PANEL_TIMEOUT_S)
            return _standing(light, steps)
        finally:
            light.close()


def _shine(light: LightPanel, brightness: int, signals: StopSignals) -> None:
    try:
        light.set_brightness(brightness, PANEL_TIMEOUT_S)
    except Stopped:
        with signals.held(), suppress(DeviceError):
            light.light_off(PANEL_TIMEOUT_S)
        raise


def require_step(settings: Settings, steps: range, brightness: int) -> None:
    """Raise `UsageError` where the configured panel, of these steps, has no such brightness."""
    if brightness not in steps:
        raise UsageError(
            f"{describe_panel(settings)}: brightness {brightness} is outside its range, "
            f"{steps[0]} to {steps[-1]}"
        )


def _last_brightness(light: LightPanel, steps: range, start: float) -> int:
    """Return what it shone at last, or the configured start where that was nothing."""
    last = light.status(PANEL_TIMEOUT_S).brightness
    return last if last and last in steps else steps[round(start * (len(steps) - 1))]


def _cover(light: LightPanel) -> Cover:
    if isinstance(light, Cover) and light.has_cover:
        return light
    raise UsageError(f"{light.name}: this panel has no cover")


def _standing(light: LightPanel, steps: range) -> str:
    text = f"{light.name}: {describe_status(light.status(PANEL_TIMEOUT_S), steps)}"
    if isinstance(light, Cover) and light.has_cover:
        text += f", cover {light.cover_state(PANEL_TIMEOUT_S).value}"
    return text


def describe_status(status: PanelStatus, steps: range) -> str:
    """Return the state of a light in a few words."""
    words = {True: "light on", False: "light off", None: "light unknown"}
    text = words[status.lit]
    if status.brightness is not None:
        text += f", brightness {status.brightness} of {steps[-1]}"
    return text if status.confirmed else f"{text} (unconfirmed)"
