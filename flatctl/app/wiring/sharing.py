"""A camera that another program may be using: nothing is taken from it unasked."""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass

from flatctl.app.wiring.journal import is_left_behind
from flatctl.devices.catalog import CAMERAS
from flatctl.devices.protocols import Camera, Shared
from flatctl.devices.transports import Connections
from flatctl.engine.clock import Clock, SystemClock
from flatctl.engine.sharing import await_camera, in_use
from flatctl.errors import DeviceError, InUse, UsageError
from flatctl.events import Awaited
from flatctl.outputs.sentences.reasons import awaited_words
from flatctl.settings.models import Settings


@dataclass(frozen=True)
class Manners:
    """What to do where another program uses the camera: refuse, `wait` for it, or `force` it.

    Raises `UsageError` for both.
    """

    wait: bool = False
    force: bool = False

    def __post_init__(self) -> None:
        if self.wait and self.force:
            raise UsageError("--wait and --force: choose one of them")


def free_camera(
    camera: Camera,
    settings: Settings,
    manners: Manners,
    tell: Callable[[Awaited], None],
    clock: Clock | None = None,
) -> None:
    """Make sure that a camera is nobody else's, before anything is lit or set.

    An exposure that a killed run of this rig left behind is nobody's. A camera that can't be
    asked is passed over: whoever needs it says so. Raises `InUse`.
    """
    if not isinstance(camera, Shared):
        return
    if manners.force:
        camera.take_over()
        return
    try:
        used = in_use(camera)
        if used is not None and is_left_behind(settings, used.left_s):
            camera.take_over()
        elif used is not None and not manners.wait:
            raise used
        elif used is not None:
            await_camera(camera, clock or SystemClock(), tell)
    except InUse:
        raise
    except DeviceError:
        return


def leave_others_alone(settings: Settings, connections: Connections, manners: Manners) -> Camera:
    """Do what `free_camera` does, for a command that is about the light; return the camera."""
    camera = CAMERAS.build(connections, settings.camera.device)
    free_camera(
        camera, settings, manners, lambda what: connections.say(f"waiting: {awaited_words(what)}")
    )
    return camera


def others_use(settings: Settings, connections: Connections) -> InUse | None:
    """Return what another program does with the camera, None for nothing.

    An exposure that a killed run of this rig left behind is nobody's. Raises `DeviceError` where
    nobody can be asked.
    """
    used = in_use(CAMERAS.build(connections, settings.camera.device))
    return None if used is not None and is_left_behind(settings, used.left_s) else used


def disturbed(settings: Settings, connections: Connections) -> InUse | None:
    """Return what `others_use` does; None where nobody can be asked."""
    with suppress(DeviceError):
        return others_use(settings, connections)
    return None
