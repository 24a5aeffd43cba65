"""One exposure, from the order to the moment its frame is ready, and whether that can be its own.

The camera says only that a frame is ready. Drivers have been seen to tell an aborted exposure's
frame as the next one's, and to lose a frame without an error: so a frame that is ready before its
exposure can be over, or is of another length, is refused, and a camera at rest without one has lost
it.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from flatctl.devices.alpaca.asking import optional
from flatctl.devices.deadline import Deadline
from flatctl.errors import BadReply, DeviceError, Fault, NoReply

if TYPE_CHECKING:
    from flatctl.devices.alpaca.wire.client import AlpacaClient

IDLE, WAITING, EXPOSING, READING, DOWNLOADING, FAILED = range(6)
AT_WORK = (WAITING, EXPOSING, READING, DOWNLOADING)

# When it is looked whether a frame is ready too early, and until when it is too early. The first
# look has time to be late on a busy computer.
_LOOKS_FRAC, _EARLY_FRAC = (0.75, 0.9), 0.95
_BEFORE_END_S = 0.05
# Most frames are ready right after the end: so soon after a look comes the next, and ever later.
_SOONEST_S, _LATER_FRAC = 0.005, 0.5
_OFTEN_S, _OFTEN_FOR_S, _SELDOM_S = 0.02, 2.0, 0.1
_WATCH_EVERY_S, _LOOK_EVERY_S = 1.0, 0.2
_ANSWER_S = 10.0
_IDLE_FOR_S = 0.3
_SAME_FRAC, _SAME_S = 0.05, 0.00501  # drivers round what they tell to two digits


@dataclass(frozen=True)
class Exposure:
    """An exposure that was begun: `begun_s` on the monotonic clock is `started` in UTC.

    It was ordered at `sent_s`, and can't have begun before. The camera makes exposures in steps of
    `step_s`; 0 for any. `before` is the start of the frame that was ready before, as the camera
    tells it: None where none was ready, empty where it doesn't tell.
    """

    exposure_s: float
    started: datetime
    begun_s: float
    sent_s: float
    step_s: float
    before: str | None = None

    @property
    def over_s(self) -> float:
        """The moment on the monotonic clock at which it is over."""
        return self.begun_s + self.exposure_s


class Wait:
    """The wait for the frame of an exposure, until the deadline."""

    def __init__(
        self,
        client: AlpacaClient,
        exposure: Exposure,
        given_up: Sequence[Exposure],
        deadline: Deadline,
    ) -> None:
        self._client = client
        self._exposure = exposure
        self._given_up = given_up  # whose frames may come all the same
        self._deadline = deadline
        self._idle_since_s: float | None = None
        self._is_always_ready = False

    def until_ready(self) -> None:
        """Return once the frame is ready.

        Raises `NoReply` where it is not in time, `BadReply` where it is lost, or another one,
        `Fault` where the camera says that it failed.
        """
        self._look_at_once()
        for look_frac in _LOOKS_FRAC:
            self._watch(self._exposure.sent_s + look_frac * self._exposure.exposure_s)
            if not self._is_always_ready:
                self._refuse_early()
        self._watch(self._exposure.over_s - _BEFORE_END_S)
        often = Deadline(max(self._exposure.over_s - time.monotonic(), 0.0) + _OFTEN_FOR_S)
        looks = Deadline(_LOOK_EVERY_S)
        while not self._is_ready():
            if looks.over:
                self._look_after()
                looks = Deadline(_LOOK_EVERY_S)
            if self._deadline.over:
                raise self._too_late()
            since_end_s = time.monotonic() - self._exposure.over_s
            growing_s = max(abs(since_end_s) * _LATER_FRAC, _SOONEST_S)
            pause_s = _SELDOM_S if often.over else min(growing_s, _OFTEN_S)
            time.sleep(min(pause_s, self._deadline.left_s))
        ready_s = time.monotonic()
        self._refuse_anothers(ready_s, self._told_length_s())
        if self._is_always_ready:
            self._refuse_last()

    def _look_at_once(self) -> None:
        """See whether a frame is ready before its exposure is half over.

        Some leave it said of the last frame; where that is no longer so it is one given up.
        """
        halfway_s = self._exposure.sent_s + self._exposure.exposure_s / 2
        if time.monotonic() > halfway_s or not self._is_ready() or time.monotonic() > halfway_s:
            return
        self._is_always_ready = self._exposure.before is not None and not self._given_up
        if not self._is_always_ready:
            raise self._too_early()

    def _watch(self, until_s: float) -> None:
        """Let time pass, and look now and then whether the exposure still goes on."""
        while (left_s := min(until_s - time.monotonic(), self._deadline.left_s)) > 0:
            time.sleep(min(left_s, _WATCH_EVERY_S))
            if left_s > _WATCH_EVERY_S:
                self._look_after()

    def _is_ready(self) -> bool:
        if not self._client.truth("imageready", self._answer_s):
            return False
        if not self._is_always_ready:
            return True
        # It never said that it is not: then only its state tells.
        over = time.monotonic() >= self._exposure.over_s
        return over and self._state() == IDLE

    def _refuse_early(self) -> None:
        sent_s, exposure_s = self._exposure.sent_s, self._exposure.exposure_s
        if time.monotonic() - sent_s > _EARLY_FRAC * exposure_s or not self._is_ready():
            return
        # Only the answer's arrival says by when it was ready.
        if time.monotonic() - sent_s < _EARLY_FRAC * exposure_s:
            raise self._too_early()

    def _too_early(self) -> BadReply:
        passed_s = time.monotonic() - self._exposure.sent_s
        what = f"had a frame of {self._exposure.exposure_s:g} s ready after {passed_s:.2f} s"
        remedy = "it is an earlier exposure's; restart its driver if that goes on"
        return BadReply(self._client.name, what, remedy)

    def _refuse_last(self) -> None:
        """Refuse the frame that was ready before, where its start tells that it is that one."""
        started = start_told(self._client, self._answer_s)
        # Whole seconds would tell too little.
        if "." in started and started == self._exposure.before:
            what = "still has the frame of the exposure before, and none of this one"
            raise BadReply(self._client.name, what, "see its server's log")

    def _look_after(self) -> None:
        state = self._state()
        if state == FAILED:
            what = "says that its exposure failed"
            raise Fault(self._client.name, what, "see its server's log")
        if state not in (None, IDLE):
            self._idle_since_s = None
            return
        if state is None or self._is_ready():
            return
        # Some say that they are at rest for a moment after the start.
        now_s = time.monotonic()
        self._idle_since_s = self._idle_since_s or now_s
        if now_s - self._idle_since_s >= _IDLE_FOR_S:
            what = "is at rest and has no frame: its exposure is lost"
            raise BadReply(self._client.name, what, "was its server restarted? See its log")

    def _state(self) -> int | None:
        return optional(self._client.whole, "camerastate", self._answer_s)

    def _told_length_s(self) -> float | None:
        """Return how long the exposure of the frame was, where the camera tells of that."""
        with suppress(DeviceError):
            return optional(self._client.number, "lastexposureduration", self._answer_s)
        return None

    def _refuse_anothers(self, ready_s: float, told_s: float | None) -> None:
        """Refuse a frame whose exposure was of another length, or may be one given up."""
        if told_s is not None and told_s > 0 and not self._is_as_long(told_s):
            wanted_s = self._exposure.exposure_s
            what = f"made an exposure of {told_s:g} s, and {wanted_s:g} s were asked for"
            raise BadReply(self._client.name, what, "is another program using the camera?")
        earliest_s = self._exposure.sent_s + _EARLY_FRAC * self._exposure.exposure_s
        for each in self._given_up:
            is_told_apart = bool(told_s) and not self._is_as_long(each.exposure_s)
            if earliest_s <= each.over_s <= ready_s and not is_told_apart:
                what = "had a frame ready that may be of an exposure given up before"
                raise BadReply(self._client.name, what)

    def _is_as_long(self, exposure_s: float) -> bool:
        wanted_s, step_s = self._exposure.exposure_s, self._exposure.step_s
        return abs(exposure_s - wanted_s) <= max(_SAME_FRAC * wanted_s, _SAME_S, step_s)

    @property
    def _answer_s(self) -> float:
        return min(_ANSWER_S, max(self._deadline.left_s, 1.0))

    def _too_late(self) -> NoReply:
        what = f"has no frame of {self._exposure.exposure_s:g} s in the time granted"
        remedy = "grant more camera.readout_timeout_s, or restart its driver"
        return NoReply(self._client.name, what, remedy)


def start_told(client: AlpacaClient, timeout_s: float) -> str:
    """Return when the exposure of the last frame began, as the camera tells it; empty for no."""
    with suppress(DeviceError):
        return optional(client.text, "lastexposurestarttime", timeout_s) or ""
    return ""


def ready_before(client: AlpacaClient, timeout_s: float) -> str | None:
    """Return the start of the frame that is ready now, None where none is."""
    with suppress(Fault):  # it may still tell the error of an exposure before
        if client.truth("imageready", timeout_s):
            return start_told(client, timeout_s)
    return None
