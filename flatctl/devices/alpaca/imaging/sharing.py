"""Whether somebody else uses a camera now: Alpaca tells nobody who began an exposure."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from flatctl.devices.alpaca.asking import optional
from flatctl.devices.alpaca.imaging.exposing import AT_WORK, Exposure
from flatctl.errors import InUse

if TYPE_CHECKING:
    from flatctl.devices.alpaca.wire.client import AlpacaClient

# So long after the end of an exposure of ours its read-out may last; from then on it is another's.
_OURS_FOR_S = 60.0
# How near two exposures may end for the frame of one to be taken for the other's.
_APART_S = 0.2
_REMEDY = "wait until it is free (--wait), stop it there, or take it all the same (--force)"


class Sharing:
    """A camera on a server that other programs use as well."""

    def __init__(self, client: AlpacaClient) -> None:
        self._client = client
        self._is_ours_anyway = False
        self._last: Exposure | None = None  # of ours, until the camera was seen at rest after it
        self.given_up: list[Exposure] = []  # whose frames are not wanted, and may come all the same

    def begin(self, exposure: Exposure) -> None:
        """Remember an exposure that we have begun."""
        self._last = exposure

    def take_over(self) -> None:
        """Take what others do with the camera for our own from now on."""
        self._is_ours_anyway = True

    def give_up(self, exposure: Exposure) -> None:
        """Remember an exposure whose frame is not wanted any more."""
        self.given_up.append(exposure)

    def state(self, timeout_s: float) -> int | None:
        """Return the state that the camera reports, `None` where it reports none.

        Raises `InUse` while it exposes or reads out for somebody else.
        """
        state = optional(self._client.whole, "camerastate", timeout_s)
        if state not in AT_WORK:
            self._last = None
        elif not (self._is_ours_anyway or self._is_ours()):
            raise InUse(self._client.name, "is exposing for another program", _REMEDY)
        return state

    def pause_s(self, exposure_s: float) -> float:
        """Return how long to wait before an exposure, that no frame of one given up passes for it.

        That is where its end would fall into the time in which this one's frame is waited for.
        """
        now_s = time.monotonic()
        self.given_up = [each for each in self.given_up if each.over_s + _APART_S > now_s]
        pause_s = 0.0
        for each in self.given_up:
            late_s = each.over_s + _APART_S - (now_s + 0.9 * exposure_s)
            if 0.0 < late_s < 0.1 * exposure_s + 2 * _APART_S:
                pause_s = max(pause_s, late_s)
        return pause_s

    def _is_ours(self) -> bool:
        return self._last is not None and time.monotonic() < self._last.over_s + _OURS_FOR_S
