"""`flatctl check`: is everything well for tonight? Touches nothing but a light blink."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from flatctl.app.panel import describe_status
from flatctl.app.wiring.notify import look_at_notify
from flatctl.app.wiring.rig import claim_panel, make_client, make_panel, make_rules
from flatctl.devices.indi.client import IndiClient
from flatctl.devices.indi.discovery import Listing, Role, list_devices
from flatctl.devices.protocols import LightPanel
from flatctl.engine.clock import SystemClock
from flatctl.engine.guard import LampGuard
from flatctl.engine.rig import PANEL_TIMEOUT_S
from flatctl.engine.safety import ASK_S, Rule
from flatctl.engine.stop import StopSignals
from flatctl.errors import ConfigError, DeviceError, ExitCode, FlatctlError
from flatctl.settings.loading import load
from flatctl.settings.models import Settings
from flatctl.settings.plan import plan_flats
from flatctl.settings.unattended import Notify
from flatctl.storage.fits import ensure_writable
from flatctl.storage.history import History

BLINK_S = 1.0
_TABLES = {
    Role.CAMERA: "camera",
    Role.WHEEL: "wheel",
    Role.ROTATOR: "rotator",
    Role.FOCUSER: "focuser",
}
FRAME_BYTES = 2 * 60_000_000


@dataclass(frozen=True)
class CheckLine:
    """One finding; `exit_code` is what a run would end with because of it."""

    subject: str
    ok: bool
    text: str
    remedy: str = ""
    exit_code: ExitCode = ExitCode.COMPLETE


def check(config: Path, *, light: bool = False) -> Iterator[CheckLine]:
    """Yield what is well and what is not, and how to mend it.

    Raises `ConfigError` for a configuration that can't be read at all.
    """
    yield from check_settings(load(config), light=light)


def check_settings(settings: Settings, *, light: bool = False) -> Iterator[CheckLine]:
    """Yield what is well and what is not with a rig."""
    yield CheckLine("configuration", True, f"{settings.source or 'it'} is sound")
    yield _finding("output", lambda: _output(settings))
    yield _finding("history", lambda: _history(settings))
    if settings.notify != Notify():
        # It spoils no run, so it does not count as one that would end.
        found_out = _finding("notify", lambda: look_at_notify(settings))
        yield replace(found_out, exit_code=ExitCode.COMPLETE)
    with make_client(settings) as client:
        found: list[Listing] = []
        yield _finding("INDI server", lambda: _server(settings, client, found))
        if found:
            yield _finding("camera", lambda: _camera(settings, found))
            yield _finding("filter wheel", lambda: _wheel(settings, client, found))
            if settings.rotator is not None:
                name = settings.rotator.device
                yield _finding("rotator", partial(_present, name, Role.ROTATOR, found))
            if settings.focuser is not None:
                name = settings.focuser.device
                yield _finding("focuser", partial(_present, name, Role.FOCUSER, found))
            for rule in make_rules(settings, client):
                yield _finding("order and safety", partial(_rule, rule))
        yield _finding("panel", lambda: _panel(settings, client, light))


def _finding(subject: str, look: Callable[[], str]) -> CheckLine:
    try:
        return CheckLine(subject, True, look())
    except DeviceError as error:
        text = f"{error.device}: {error.what}"
        return CheckLine(subject, False, text, error.remedy, error.exit_code)
    except FlatctlError as error:
        return CheckLine(subject, False, str(error), exit_code=error.exit_code)


def _output(settings: Settings) -> str:
    directory = settings.output.directory
    ensure_writable(directory)
    return f"{directory} can be written to"


def _history(settings: Settings) -> str:
    with History(settings.output.history) as history:
        for warning in history.warnings:
            raise ConfigError(warning)
        return f"{settings.output.history}"


def _server(settings: Settings, client: IndiClient, found: list[Listing]) -> str:
    client.open(settings.indi.timeout_s)
    found += list_devices(client, settings.indi.timeout_s)
    names = ", ".join(d.name for d in found) or "no devices"
    return f"{settings.indi.host}:{settings.indi.port} serves {names}"


def _camera(settings: Settings, found: list[Listing]) -> str:
    return _present(settings.camera.device, Role.CAMERA, found)


def _wheel(settings: Settings, client: IndiClient, found: list[Listing]) -> str:
    if settings.wheel is None:
        return "none configured: one set of flats without a filter name"
    text = _present(settings.wheel.device, Role.WHEEL, found)
    names = client.find(settings.wheel.device, "FILTER_NAME")
    if names is None:
        return f"{text}; its filters can be checked once it is connected"
    slots = [str(element.value) for element in names.elements.values()]
    filters = dict.fromkeys(str(plan.filter) for plan in plan_flats(settings, slots))
    return f"{text}; flats of {', '.join(filters)}"


def _present(name: str, role: Role, found: list[Listing]) -> str:
    device = next((d for d in found if d.name == name), None)
    if device is None:
        fitting = [d.name for d in found if role in d.roles]
        there = f"the server has {', '.join(fitting)}" if fitting else "the server has none"
        raise DeviceError(
            name, f"no such {role.value} on the server", f"{there}; mend [{_TABLES[role]}] device"
        )
    return f"{name} is {'connected' if device.connected else 'there; a run will connect it'}"


def _rule(rule: Rule) -> str:
    name, status = rule.condition.name, rule.condition.status(ASK_S)
    if not status.known and rule.policy != "ignore":
        raise DeviceError(name, status.text, "a run would not begin; mend it, or its policy")
    if status.met:
        return f"{name}: {status.text}"
    ends = {"ignore": "would not mind", "wait": "would wait", "stop": "would end"}
    return f"{name}: {status.text}; a run {ends[rule.policy]}"


def _panel(settings: Settings, client: IndiClient, light: bool) -> str:
    panel = make_panel(settings, client)
    with claim_panel(settings):
        try:
            if light:
                return _blink(panel)
            steps = panel.open(PANEL_TIMEOUT_S)
            return f"{panel.name}: {describe_status(panel.status(PANEL_TIMEOUT_S), steps)}"
        finally:
            panel.close()


def _blink(panel: LightPanel) -> str:
    signals, clock = StopSignals(), SystemClock()
    with signals.installed():
        guard = LampGuard(panel, clock=clock, signals=signals, timeout_s=PANEL_TIMEOUT_S)
        with guard as steps:
            panel.set_brightness(steps[len(steps) // 2], PANEL_TIMEOUT_S)
            shone = describe_status(panel.status(PANEL_TIMEOUT_S), steps)
            clock.sleep(BLINK_S)
        if guard.failure is not None:
            raise guard.failure
    return f"{panel.name}: blinked ({shone}), off again"
