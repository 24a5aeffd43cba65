"""From a configuration to the devices of a rig. Nothing is touched yet."""

from flatctl.devices.catalog import PANELS
from flatctl.devices.indi.camera import IndiCamera
from flatctl.devices.indi.client import IndiClient
from flatctl.devices.indi.focuser import IndiFocuser
from flatctl.devices.indi.rotator import IndiRotator
from flatctl.devices.indi.wheel import IndiFilterWheel
from flatctl.devices.protocols import CoverState, LightPanel
from flatctl.engine.clock import Clock
from flatctl.engine.rig import Rig, Timeouts
from flatctl.settings.models import Settings
from flatctl.settings.panels.options import CoverOptions

_COVER_AT_END = {"leave": None, "closed": CoverState.CLOSED, "open": CoverState.OPEN}


def make_client(settings: Settings) -> IndiClient:
    """Return the client that all INDI devices of the rig share."""
    return IndiClient(settings.indi.host, settings.indi.port)


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
    usual = Timeouts()
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
            wheel_s=wheel.timeout_s if wheel else usual.wheel_s,
            rotator_s=rotator.timeout_s if rotator else usual.rotator_s,
            focuser_s=focuser.timeout_s if focuser else usual.focuser_s,
            readout_s=settings.camera.readout_timeout_s,
        ),
        cover_at_end=cover_at_end(settings),
    )
