"""Whether somebody else uses a camera now: INDI tells nobody who began an exposure."""

from __future__ import annotations

import time

from flatctl.devices.indi.imaging.late_frames import Exposure
from flatctl.devices.indi.wire.client import IndiClient
from flatctl.devices.indi.wire.registry import Property, Registry
from flatctl.errors import InUse

# How much longer than ours can last an exposure has to be to be somebody else's.
_LONGER_S = 2.0
_STREAMS = {
    "CCD_VIDEO_STREAM": ("STREAM_ON",),
    "RECORD_STREAM": ("RECORD_ON", "RECORD_DURATION_ON", "RECORD_FRAME_ON"),
}
_REMEDY = "wait until it is free (--wait), stop it there, or take it all the same (--force)"


class Sharing:
    """A camera on a server that other programs use as well."""

    def __init__(self, client: IndiClient, device: str) -> None:
        self._client = client
        self._device = device
        self._is_ours_anyway = False
        self._is_nobodys_stream = False
        self._begun: tuple[int, Exposure] | None = None  # our last one, and over which connection
        self._was_seen = False  # whether its beginning was told of

    def begin(self, exposure: Exposure) -> None:
        """Remember an exposure that we have begun."""
        self._begun, self._was_seen = (self._client.generation, exposure), False

    def find_unconnected(self) -> None:
        """Remember that we have connected it: what it streams by itself then is nobody's."""
        self._is_nobodys_stream = True

    def end_stream(self) -> None:
        """Remember that it streams nothing: what it streams later is somebody's."""
        self._is_nobodys_stream = False

    def take_over(self) -> None:
        """Take what others do with the camera for our own from now on."""
        self._is_ours_anyway = True

    def in_use(self) -> InUse | None:
        """Say what somebody else does with the camera, None for nothing."""
        return self._client.look(lambda r: self.exposing_in(r) or self._streaming_in(r))

    def _streaming_in(self, registry: Registry) -> InUse | None:
        if self._is_ours_anyway or self._is_nobodys_stream:
            return None
        for name, elements in _STREAMS.items():
            stream = registry.find(self._device, name)
            if stream is not None and any(stream.on(element) for element in elements):
                what = "is streaming video to another program"
                return InUse(self._device, what, _REMEDY, None)
        return None

    def exposing_in(self, registry: Registry) -> InUse | None:
        """Say that the registry tells of an exposure of somebody else's, None where of none."""
        if self._is_ours_anyway:
            return None
        exposing = registry.find(self._device, "CCD_EXPOSURE")
        if exposing is None or exposing.state != "Busy" or not self._is_foreign(registry, exposing):
            return None
        left_s = left_of(exposing)
        what = f"is exposing for another program ({left_s:.0f} s left)"
        return InUse(self._device, what, _REMEDY, left_s)

    def _is_foreign(self, registry: Registry, exposing: Property) -> bool:
        if self._begun is None:
            return True
        generation, ours = self._begun
        born = registry.devices[self._device].born
        if generation == self._client.generation and born <= ours.since:
            seen = sum(begun > ours.since for begun in exposing.begun)
            self._was_seen = self._was_seen or seen > 0
            return seen > 1
        ends_s = max(ours.begun_s + ours.exposure_s - time.monotonic(), 0.0)
        if not self._was_seen:
            # A server that hung may have passed it on only now.
            ends_s = ours.exposure_s
        return left_of(exposing) > ends_s + _LONGER_S


def left_of(exposing: Property) -> float:
    """Return how many seconds an exposure that is under way has left."""
    left_s = exposing.number("CCD_EXPOSURE_VALUE") or 0.0
    return max(0.0, left_s - (time.monotonic() - exposing.arrived_s))
