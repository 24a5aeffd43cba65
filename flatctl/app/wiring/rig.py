"""From a configuration to the devices of a rig. Nothing is touched yet."""

import os
import sys

from flatctl.app.wiring.claim import Claim
from flatctl.devices.catalog import PANELS
from flatctl.devices.indi.camera import IndiCamera
from flatctl.devices.indi.client import IndiClient
from flatctl.devices.indi.focuser import IndiFocuser
from flatctl.devices.indi.observatory import IndiDome, IndiMount, IndiWeather
from flatctl.devices.indi.rotator import IndiRotator
from flatctl.devices.indi.wheel import IndiFilterWheel
from flatctl.devices.protocols import CoverState, LightPanel
from flatctl.engine.clock import Clock
from flatctl.engine.rig import Rig, Timeouts
from flatctl.engine.safety import Rule
from flatctl.settings.models import Settings
from flatctl.settings.panels import CoverOptions, IndiOptions, SerialOptions

_COVER_AT_END = {"leave": None, "closed": CoverState.CLOSED, "open": CoverState.OPEN}
_THIS_MACHINE = ("localhost", "127.0.0.1", "::1")


def make_client(settings: Settings) -> IndiClient:
    """Return the client that all INDI devices of the rig share."""
    indi = settings.indi
    return IndiClient(indi.host, indi.port, socket=indi.socket, tell=_say)


def make_panel(settings: Settings, client: IndiClient) -> LightPanel:
    """Return the panel of the configured kind."""
    return PANELS[settings.panel.kind].build(settings.panel, client)


def cover_at_end(settings: Settings) -> CoverState | None:
    """Return where the panel's cover is to be left, `None` for as it is."""
    panel = settings.panel
    return _COVER_AT_END[panel.cover_at_end] if isinstance(panel, CoverOptions) else None


def make_rig(settings: Settings, client: IndiClient, clock: Clock) -> Rig:
    """Return camera, wheel, rotator, focuser and panel as one instrument."""
    wheel, rotator, focuser = settings.wheel, settings.rotator, settings.focuser
    return Rig(
        IndiCamera(client, settings.camera.device),
        IndiFilterWheel(client, wheel.device) if wheel else None,
        make_panel(settings, client),
        setup=settings.camera.setup,
        clock=clock,
        rotator=IndiRotator(client, rotator.device) if rotator else None,
        focuser=IndiFocuser(client, focuser.device) if focuser else None,
        settle_s=settings.panel.settle_s,
        timeouts=Timeouts(
            open_s=settings.indi.timeout_s,
            cooling_s=settings.camera.temperature_timeout_s,
            wheel_s=wheel.timeout_s if wheel else 0.0,
            rotator_s=rotator.timeout_s if rotator else 0.0,
            focuser_s=focuser.timeout_s if focuser else 0.0,
            readout_s=settings.camera.readout_timeout_s,
        ),
        usual_bank=getattr(settings.panel, "bank", None),
        cover_at_end=cover_at_end(settings),
    )


def make_rules(settings: Settings, client: IndiClient) -> list[Rule]:
    """Return what must be so around the rig, in the order in which it is looked at."""
    rules = []
    if (mount := settings.mount) is not None:
        condition = IndiMount(client, mount.device)
        rules.append(Rule(condition, mount.policy, mount.wait_s, park_first=mount.park))
    if (dome := settings.dome) is not None:
        rules.append(Rule(IndiDome(client, dome.device), dome.policy, dome.wait_s))
    if (weather := settings.weather) is not None:
        rules.append(Rule(IndiWeather(client, weather.device), weather.policy, weather.wait_s))
    return rules


def claim_rig(settings: Settings) -> Claim:
    """Return the claim on all that a run drives; nobody else may drive it meanwhile."""
    tables = (settings.camera, settings.wheel, settings.rotator, settings.focuser)
    things = [_indi_address(settings, table.device) for table in tables if table is not None]
    return Claim(settings.rig.name, things + _panel_addresses(settings))


def claim_dawn(settings: Settings) -> Claim:
    """Return the claim on waiting for the morning; the rig itself stays free until then."""
    camera = _indi_address(settings, settings.camera.device)
    return Claim(f"the dawn of {settings.rig.name}", [f"dawn {camera}"])


def claim_panel(settings: Settings) -> Claim:
    """Return the claim on the panel alone."""
    return Claim(f"the panel of {settings.rig.name}", _panel_addresses(settings))


def describe_panel(settings: Settings) -> str:
    """Return the kind of the configured panel and where it is, for messages."""
    panel = settings.panel
    match panel:
        case IndiOptions(device=device):
            return f"{panel.kind} panel {device}"
        case SerialOptions(port=port):
            return f"{panel.kind} panel at {port}"
        case _:
            return f"{panel.kind} panel"


def _panel_addresses(settings: Settings) -> list[str]:
    match settings.panel:
        case IndiOptions(device=device):
            return [_indi_address(settings, device)]
        case SerialOptions(port=port):
            # One adapter has several names: by-id, an owner's udev rule, ttyUSB0.
            return [f"port {port if '://' in port else os.path.realpath(port)}"]
        case _:
            return []


def _indi_address(settings: Settings, device: str) -> str:
    host = settings.indi.host.casefold()
    where = "localhost" if host in _THIS_MACHINE else host
    return f"indi {where}:{settings.indi.port} {device}"


def configured_settling(settings: Settings) -> float | None:
    """Return `settle_s` where it is written, `None` where it is left to a calibration."""
    written = "settle_s" in settings.panel.model_fields_set
    return settings.panel.settle_s if written else None


def _say(words: str) -> None:
    print(f"flatctl: {words}", file=sys.stderr)
