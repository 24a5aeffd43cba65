"""Where the frames of a run come from: a camera of the catalogue, or something else."""

from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

from flatctl.app.wiring.rig import greet, make_rig, rig_addresses
from flatctl.devices.transports import Connections
from flatctl.engine.clock import Clock
from flatctl.engine.rig import Rig
from flatctl.settings.models import Settings
from flatctl.storage.naming import local_zone
from flatctl.storage.writer import FrameWriter


class FrameSource(Protocol):
    """Where the frames of a run come from, and where they go."""

    command: str
    reaches: str
    """What is done until the run begins; empty where whoever does it says so itself."""
    addresses: Sequence[str]
    """What identifies all that is driven, to claim it."""

    def make_rig(self, connections: Connections, clock: Clock) -> Rig:
        """Return the rig; touches nothing."""

    def make_writer(self, directory: Path) -> FrameWriter:
        """Return who puts the frames of a run into a folder."""

    def greet(self, connections: Connections) -> None:
        """Say at once which server does not answer."""


class Configured:
    """The camera and wheel of the configuration; their frames are written."""

    command = "run"
    reaches = "reaching the panel and the devices"

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self.addresses = rig_addresses(settings)

    def make_rig(self, connections: Connections, clock: Clock) -> Rig:
        """Return camera, wheel, rotator, focuser and panel."""
        return make_rig(self._settings, connections, clock)

    def make_writer(self, directory: Path) -> FrameWriter:
        """Return who writes FITS files."""
        compress = self._settings.output.compress == "rice"
        return FrameWriter(directory, local_zone(), compress=compress)

    def greet(self, connections: Connections) -> None:
        """Say at once which server does not answer."""
        greet(self._settings, connections)
