"""Frames that come too late, told from the frame that is waited for.

A driver may deliver a frame long after everybody gave it up: over a slow link, after an abort that
came too late, after trouble on the USB (indi issue #1587). When the exposure is made again such a
frame has the right length and size, so only its time says what it is.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from flatctl.fits.header import Value

# Between the time in a header and the moment at which we asked for the frame, clocks alike.
_ALIKE = timedelta(seconds=5)
# A countdown may end a little early.
_EARLY_FRAC, _EARLY_S = 0.05, 0.1


@dataclass(frozen=True)
class Exposure:
    """An exposure that was begun after the event `since`.

    `begun_s` is the moment on the monotonic clock, `started` the same in UTC.
    """

    exposure_s: float
    started: datetime
    begun_s: float
    since: int


class LateFrames:
    """The exposures whose frames never came, since the last one that did."""

    def __init__(self) -> None:
        self._lost: list[Exposure] = []
        # What the driver's clock lacks; unknown before the first frame that has a time.
        self._lag: timedelta | None = None
        self._doubted = False

    def lose(self, exposure: Exposure) -> None:
        """Remember that the frame of this exposure has not come."""
        self._lost.append(exposure)

    def is_one(self, exposure: Exposure, keywords: Mapping[str, Value], arrived_s: float) -> bool:
        """Say whether a frame that came is that of an earlier exposure than `exposure`."""
        if not self._lost:
            return False
        said = _time_of(keywords)
        if said is not None and self._lag is not None:
            began = said + self._lag
            nearest = min(self._lost, key=lambda lost: abs(began - lost.started))
            late = abs(began - nearest.started) < min(_ALIKE, abs(began - exposure.started))
            if late:
                self._lost.remove(nearest)
            return late
        soonest_s = exposure.begun_s + (1 - _EARLY_FRAC) * exposure.exposure_s - _EARLY_S
        # Once only: a camera that is always early has no late frames.
        late, self._doubted = arrived_s < soonest_s and not self._doubted, True
        return late

    def arrive(self, exposure: Exposure, keywords: Mapping[str, Value]) -> None:
        """Take note of a frame that is what was waited for; frames come in order."""
        self._lost.clear()
        self._doubted = False
        said = _time_of(keywords)
        self._lag = None if said is None else exposure.started - said


def _time_of(keywords: Mapping[str, Value]) -> datetime | None:
    """Return the start of the exposure as the driver has it; it is UTC, and says so nowhere."""
    try:
        said = datetime.fromisoformat(str(keywords["DATE-OBS"]))
    except (KeyError, ValueError):
        return None
    return said.replace(tzinfo=said.tzinfo or UTC)
