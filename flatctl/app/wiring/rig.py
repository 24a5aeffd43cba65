"""From a configuration to the devices of a rig. Nothing is touched yet."""

from collections.abc import Iterator
from contextlib import AbstractContextManager
from functools import cache
from pathlib import Path
from typing import Any

from flatctl.app.wiring.claim import claim
from flatctl.app.wiring.person import Person
from flatctl.core.types import LightSource
from flatctl.devices.catalog import (
    CAMERAS,
    CATALOGUES,
    CONDITIONS,
    DOMES,
    FOCUSERS,
    MOUNTS,
    PANELS,
    ROTATORS,
    WHEELS,
)
from flatctl.devices.no_light import NoLight
from flatctl.devices.protocols import CoverState, LightPanel
from flatctl.devices.transports import Catalogue, Connections, Transport
from flatctl.engine.clock import Clock
from flatctl.engine.rig import Rig, Timeouts
from flatctl.engine.safety import Rule, StandsOpen
from flatctl.errors import DeviceError
from flatctl.outputs.aside import show_link, warn
from flatctl.settings.models import Settings
from flatctl.settings.observatory import Mount
from flatctl.settings.panels import CoverOptions, SerialOptions

_COVER_AT_END = {"leave": None, "closed": CoverState.CLOSED, "open": CoverState.OPEN}


def make_connections(settings: Settings, person: Person | None = None) -> Connections:
    """Return the connections that the devices of the rig share; none is made before its time.

    `person` does what no device can; without one nobody is asked. What the environment has set
    and not the file is said: nobody would look there.
    """
    _say_overrides(settings.source, settings.overrides)
    return Connections(settings, warn, person or (lambda _wish: False), show_link)


def devices_of(settings: Settings) -> Iterator[tuple[Catalogue[Any], str]]:
    """Yield each configured device but the panel, as its catalogue and its `device`."""
    for catalogue in CATALOGUES:
        if (device := catalogue.device_in(settings)) is not None:
            yield catalogue, device


def transports_of(settings: Settings) -> list[Transport[Any]]:
    """Return every transport that the rig needs.

    Raises `ConfigError` for a `device` of a scheme that nobody knows.
    """
    used = [catalogue.transport(settings, device) for catalogue, device in devices_of(settings)]
    panel = PANELS[settings.panel.kind].transport(settings) if settings.panel else None
    return list(dict.fromkeys(used + ([panel] if panel is not None else [])))


def greet(settings: Settings, connections: Connections) -> None:
    """Say at once which server does not answer; what comes of that is for the run to see."""
    for transport in transports_of(settings):
        try:
            transport.greet(connections.of(transport), settings)
        except DeviceError as error:
            connections.say(str(error))


def open_timeout_s(settings: Settings) -> float:
    """Return the seconds granted to a device to appear and connect."""
    return max(transport.open_s(settings) for transport in transports_of(settings))


def make_panel(settings: Settings, connections: Connections) -> LightPanel:
    """Return the panel of the configured kind; of a rig without one what stands for it."""
    if settings.panel is None:
        return NoLight()
    return PANELS[settings.panel.kind].build(settings.panel, connections)


def cover_at_end(settings: Settings) -> CoverState | None:
    """Return where the panel's cover is to be left, `None` for as it is."""
    panel = settings.panel
    return _COVER_AT_END[panel.cover_at_end] if isinstance(panel, CoverOptions) else None


def make_rig(settings: Settings, connections: Connections, clock: Clock) -> Rig:
    """Return camera, wheel, rotator, focuser and panel as one instrument."""
    wheel, rotator, focuser = settings.wheel, settings.rotator, settings.focuser
    return Rig(
        CAMERAS.build(connections, settings.camera.device),
        WHEELS.build(connections, wheel.device) if wheel else None,
        make_panel(settings, connections),
        setup=settings.camera.setup,
        clock=clock,
        rotator=ROTATORS.build(connections, rotator.device) if rotator else None,
        focuser=FOCUSERS.build(connections, focuser.device) if focuser else None,
        settle_s=settings.panel.settle_s if settings.panel else 0.0,
        timeouts=Timeouts(
            open_s=open_timeout_s(settings),
            cooling_s=settings.camera.temperature_timeout_s,
            wheel_s=wheel.timeout_s if wheel else 0.0,
            rotator_s=rotator.timeout_s if rotator else 0.0,
            focuser_s=focuser.timeout_s if focuser else 0.0,
            readout_s=settings.camera.readout_timeout_s,
        ),
        cover_at_end=cover_at_end(settings),
    )


def make_rules(settings: Settings, connections: Connections) -> list[Rule]:
    """Return what must be so around the rig, in the order in which it is looked at.

    Where the sky is the light the mount points the telescope, and is no condition.
    """
    there = [catalogue for catalogue, _ in devices_of(settings) if catalogue in CONDITIONS]
    if settings.light is LightSource.SKY:
        there = [catalogue for catalogue in reversed(CONDITIONS) if catalogue in there]
        there = [catalogue for catalogue in there if catalogue is not MOUNTS]
    return [make_rule(settings, connections, one) for one in there]


def make_rule(settings: Settings, connections: Connections, catalogue: Catalogue[Any]) -> Rule:
    """Return the rule of mount, dome or weather, whichever the catalogue is of."""
    table = getattr(settings, catalogue.table)
    condition = catalogue.build(connections, table.device)
    park = isinstance(table, Mount) and table.park
    if catalogue is DOMES and settings.light is LightSource.SKY:
        condition = StandsOpen(condition)
    return Rule(condition, table.policy, table.wait_s, park_first=park)


def claim_rig(settings: Settings) -> AbstractContextManager[None]:
    """Return the claim on all that a run drives; nobody else may drive it meanwhile."""
    return claim(settings.rig.name, rig_addresses(settings))


def rig_addresses(settings: Settings) -> list[str]:
    """Return what identifies all that a run drives."""
    driven = (CAMERAS, WHEELS, ROTATORS, FOCUSERS)
    things = [
        address
        for catalogue, device in devices_of(settings)
        if catalogue in driven
        for address in catalogue.transport(settings, device).addresses(settings, device)
    ]
    return [*things, *_panel_addresses(settings)]


def claim_camera(settings: Settings) -> AbstractContextManager[None]:
    """Return the claim on the camera alone."""
    device = settings.camera.device
    addresses = CAMERAS.transport(settings, device).addresses(settings, device)
    return claim(f"the camera of {settings.rig.name}", list(addresses))


def claim_wait(settings: Settings, twilight: str) -> AbstractContextManager[None]:
    """Return the claim on waiting for dawn or dusk; the rig itself stays free until then."""
    return claim(f"the {twilight} of {settings.rig.name}", wait_addresses(settings, twilight))


def wait_addresses(settings: Settings, twilight: str) -> list[str]:
    """Return what identifies waiting for dawn or dusk with a rig."""
    device = settings.camera.device
    cameras = CAMERAS.transport(settings, device).addresses(settings, device)
    return [f"{twilight} {camera}" for camera in cameras]


def claim_panel(settings: Settings) -> AbstractContextManager[None]:
    """Return the claim on the panel alone."""
    return claim(f"the panel of {settings.rig.name}", _panel_addresses(settings))


def describe_panel(settings: Settings) -> str:
    """Return the kind of the configured panel and where it is, for messages."""
    panel = settings.require_panel()
    if isinstance(panel, SerialOptions):
        return f"{panel.kind} panel at {panel.port}"
    return f"{panel.kind} panel {getattr(panel, 'device', '')}".rstrip()


def _panel_addresses(settings: Settings) -> tuple[str, ...]:
    return PANELS[settings.panel.kind].addresses(settings) if settings.panel else ()


def configured_settling(settings: Settings) -> float | None:
    """Return `settle_s` where it is written, `None` where it is left to a calibration."""
    panel = settings.panel
    return panel.settle_s if panel and "settle_s" in panel.model_fields_set else None


@cache
def _say_overrides(source: Path | None, variables: tuple[str, ...]) -> None:
    if variables:
        warn(f"set by the environment, not by {source}: {', '.join(variables)}")
