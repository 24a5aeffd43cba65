"""Frames of other exposures, told from the frame that is waited for.

A driver may deliver a frame long after everybody gave it up: over a slow link, after an abort that
came too late, after trouble on the USB (indi issue #1587). A relay or a driver may deliver one
twice, and another program's exposures bring frames as well. Such a frame has the right length and
size, so only its picture and its time say what it is.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from flatctl.fits.fingerprint import fingerprint, is_blank
from flatctl.fits.header import Value
from flatctl.fits.pixels import StoredImage

# Between the time in a header and the moment at which we asked for the frame, clocks alike.
_ALIKE = timedelta(seconds=5)
# A clock that says what ours says has not stood still since it was made.
_RIGHT = timedelta(minutes=1)
# A countdown may end a little early.
_EARLY_FRAC, _EARLY_S = 0.05, 0.1
# How much later than a late frame the next may be.
_LATE_TIMES, _LATE_S = 1.2, 2.0
# So often a clock may turn out not to have moved between two frames before nobody asks it again.
_CLOCK_TRUSTED = 2


@dataclass(frozen=True)
class Exposure:
    """An exposure that was begun after the event `since`.

    `begun_s` is the moment on the monotonic clock, `started` the same in UTC.
    """

    exposure_s: float
    started: datetime
    begun_s: float
    since: int


@dataclass(frozen=True)
class Doubt:
    """Why a frame may be another one than that which is waited for.

    `certain`: it is, whatever else comes. `settled_by_rest`: it is not, once the driver says that
    the exposure is over. Otherwise it is believed where no other frame comes. `by_clock`: only the
    time in its header speaks against it. `readout_s` is what a frame takes after its exposure, if
    this is the late one of an exposure that was given up.
    """

    reason: str
    certain: bool = False
    settled_by_rest: bool = False
    by_clock: bool = False
    readout_s: float | None = None


class LateFrames:
    """What came of the exposures so far, to hold the next frame against."""

    def __init__(self) -> None:
        # What a frame takes after its exposure, as those that came too late have shown.
        self.readout_s = 0.0
        self._lost: list[Exposure] = []  # since the last frame that came
        # What the driver's clock lacks; unknown before the first frame that has a time.
        self._lag: timedelta | None = None
        self._seen: dict[bytes, str] = {}  # the times of the pictures seen, as their headers say
        self._clock = _HeaderClock()
        self.rounded: tuple[float, float] | None = (
            None  # what was asked for last, and what was made
        )

    @property
    def may_come(self) -> bool:
        """Whether the frame of an earlier exposure may still be on its way."""
        return bool(self._lost)

    def lose(self, exposure: Exposure) -> None:
        """Remember that the frame of this exposure has not come."""
        self._lost.append(exposure)

    def doubt(self, exposure: Exposure, image: StoredImage, arrived_s: float) -> Doubt | None:
        """Say why a frame that came may not be that of `exposure`; None where it is."""
        words = _words_of(image.header.values)
        doubts = (
            self._copied(image, words),
            self._given_up(exposure, image.header.values, arrived_s),
            self._of_an_earlier_time(exposure, words),
            _too_early(exposure, arrived_s),
        )
        there = [doubt for doubt in doubts if doubt is not None]
        # The one that takes most to be settled.
        return max(there, key=lambda d: (d.certain, not d.settled_by_rest), default=None)

    def note(self, image: StoredImage) -> None:
        """Remember a frame that came, whatever became of it."""
        self._seen.setdefault(fingerprint(image.data), _words_of(image.header.values))

    def refuse(self, doubt: Doubt) -> None:
        """Count a frame that was doubted for one of another exposure."""
        if doubt.readout_s is not None:
            self.readout_s = doubt.readout_s
            del self._lost[:1]

    def arrive(self, exposure: Exposure, image: StoredImage) -> None:
        """Take note of a frame that is what was waited for; frames come in order."""
        self._lost.clear()
        said = _time_of(image.header.values)
        self._lag = None if said is None else exposure.started - said
        self._clock.show(_words_of(image.header.values), exposure)

    def distrust_clock(self) -> None:
        """Remember that nothing but a frame came that only its time spoke against."""
        self._clock.stood_still += 1

    def _copied(self, image: StoredImage, words: str) -> Doubt | None:
        before = self._seen.get(fingerprint(image.data))
        if before is None:
            return None
        if not is_blank(image.data):
            return Doubt("it is the same picture as an earlier one, pixel for pixel", certain=True)
        if words and before and words != before:
            return None
        return Doubt("it is as blank as an earlier one, pixel for pixel")

    def _given_up(
        self, exposure: Exposure, keywords: Mapping[str, Value], arrived_s: float
    ) -> Doubt | None:
        if not self._lost:
            return None
        said = _time_of(keywords)
        if said is None or self._lag is None:
            reason = "the frame of an exposure that was given up may come before it"
            return Doubt(reason, readout_s=_readout_s(self._lost[-1], arrived_s))
        began = said + self._lag
        nearest = min(self._lost, key=lambda lost: abs(began - lost.started))
        if abs(began - nearest.started) >= min(_ALIKE, abs(began - exposure.started)):
            return None
        reason = "it is the late one of an exposure that was given up"
        return Doubt(reason, certain=True, readout_s=_readout_s(nearest, arrived_s))

    def _of_an_earlier_time(self, exposure: Exposure, words: str) -> Doubt | None:
        if not self._clock.has_shown(words, exposure.begun_s):
            return None
        reason = f"its time is that of an earlier one, {words}"
        return Doubt(reason, certain=self._clock.moves, by_clock=True)


class _HeaderClock:
    """The clock that the times in the headers are of: some stand still, some are coarse."""

    def __init__(self) -> None:
        self.stood_still = 0  # how often it has not moved where it should have
        self._shown: dict[str, float] = {}  # when it showed each time first, on our own clock
        self._unit_s = 86400.0
        self._is_right = False

    @property
    def moves(self) -> bool:
        """Whether it is known to go."""
        return self._is_right or len(self._shown) > 1

    def has_shown(self, words: str, now_s: float) -> bool:
        """Say whether it should show another time by now."""
        if words not in self._shown or self.stood_still >= _CLOCK_TRUSTED:
            return False
        return now_s - self._shown[words] > 2 * min(self._unit_s, _unit_s(words))

    def show(self, words: str, exposure: Exposure) -> None:
        """Take note of the time in the header of the frame of `exposure`."""
        if not words:
            return
        self.stood_still += self.has_shown(words, exposure.begun_s)
        self._unit_s = min(self._unit_s, _unit_s(words))
        self._shown.setdefault(words, exposure.begun_s)
        said = _time_of({"DATE-OBS": words})
        if said is not None and abs(said - exposure.started) < _RIGHT:
            self._is_right = True


def _readout_s(lost: Exposure, arrived_s: float) -> float:
    return _LATE_TIMES * (arrived_s - lost.begun_s - lost.exposure_s) + _LATE_S


def _too_early(exposure: Exposure, arrived_s: float) -> Doubt | None:
    soonest_s = exposure.begun_s + (1 - _EARLY_FRAC) * exposure.exposure_s - _EARLY_S
    if arrived_s >= soonest_s:
        return None
    after_s = arrived_s - exposure.begun_s
    reason = f"it came {after_s:.2f} s after an exposure of {exposure.exposure_s:g} s had begun"
    return Doubt(reason, settled_by_rest=True)


def _unit_s(words: str) -> float:
    """Return in which steps a clock goes that shows this time, as far as that can be seen."""
    _, _, fraction = words.partition(".")
    if digits := fraction.rstrip("Z0"):
        return 10.0 ** -len(digits)
    return {0: 86400.0, 1: 60.0}.get(words.count(":"), 1.0)


def _words_of(keywords: Mapping[str, Value]) -> str:
    return str(keywords.get("DATE-OBS", "")).strip()


def _time_of(keywords: Mapping[str, Value]) -> datetime | None:
    """Return the start of the exposure as the driver has it; it is UTC, and says so nowhere."""
    try:
        said = datetime.fromisoformat(_words_of(keywords))
    except ValueError:
        return None
    return said.replace(tzinfo=said.tzinfo or UTC)
