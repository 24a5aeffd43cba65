"""Under what the history keeps things: how the camera stands, or how it is configured to stand."""

from flatctl.core.nights.history import SettingKey
from flatctl.core.types import Bank, CameraSetup
from flatctl.devices.protocols import CameraState
from flatctl.engine.rig import Rig


def panel_name(rig: Rig, bank: Bank | None = None) -> str:
    """Return the panel's name, with its range of light where one is chosen."""
    chosen = bank or rig.usual_bank
    return rig.panel.name + (f", {chosen} bank" if chosen else "")


def measured_key(
    rig_name: str, rig: Rig, filter_name: str | None, bank: Bank | None = None
) -> SettingKey:
    """Return the key of a prepared rig, as its camera says it stands."""
    return _key(rig_name, rig, rig.state, filter_name, bank)


def configured_key(rig_name: str, rig: Rig) -> SettingKey:
    """Return the key of a rig that is not prepared yet; what is left as it is is `None`."""
    return _key(rig_name, rig, rig.setup, None)


def _key(
    rig_name: str,
    rig: Rig,
    camera: CameraState | CameraSetup,
    filter_name: str | None,
    bank: Bank | None = None,
) -> SettingKey:
    return SettingKey(
        rig=rig_name,
        camera=rig.camera.name,
        filter=filter_name,
        binning=camera.binning,
        gain=camera.gain,
        offset=camera.offset,
        readout_mode=camera.readout_mode,
        panel=panel_name(rig, bank),
        iso=camera.iso,
    )
