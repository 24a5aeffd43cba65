"""A camera that another program uses: it is waited for, or left alone."""

from collections.abc import Callable

from flatctl.devices.protocols import Camera, Shared
from flatctl.engine.clock import Clock
from flatctl.errors import InUse
from flatctl.events import Awaited, Preparation

ASK_S = 10.0
_LOOK_S, _TELL_S = 1.0, 30.0


def in_use(camera: Camera, timeout_s: float = ASK_S) -> InUse | None:
    """Say what another program does with a camera, None for nothing."""
    return camera.in_use(timeout_s) if isinstance(camera, Shared) else None


def await_camera(camera: Camera, clock: Clock, tell: Callable[[Awaited], None]) -> None:
    """Wait until no other program uses a camera; `tell` hears now and then how long that lasts."""
    told_s: float | None = None
    while (used := in_use(camera)) is not None:
        if told_s is None or clock.monotonic() - told_s >= _TELL_S:
            told_s = clock.monotonic()
            tell(Awaited(Preparation.OTHERS, left_s=used.left_s))
        clock.sleep(_LOOK_S)
