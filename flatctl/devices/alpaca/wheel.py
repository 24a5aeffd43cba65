"""A filter wheel behind Alpaca.

Positions are counted from 0, and -1 is on its way. Some wheels answer an order at once, others when
they have arrived; none tells of a turn that somebody else has begun.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from contextlib import suppress
from typing import TYPE_CHECKING

from flatctl.devices.alpaca.asking import Linger, granted_s, poll
from flatctl.devices.deadline import Deadline
from flatctl.devices.spelling import suggestion
from flatctl.errors import ConfigError, DeviceError, Fault, NoReply, Unfit

if TYPE_CHECKING:
    from flatctl.devices.alpaca.session import AlpacaSession

_MOVING = -1
# A turn is only begun: one that is answered when it has ended is not waited for.
_BEGIN_S = 2.0
_LINGERS_S = 3.0
_LOOK_S = 2.0
_STUCK = "is it stuck? Restart its driver"


class AlpacaFilterWheel:
    """A filter wheel, by its address; after any `DeviceError` open it again."""

    def __init__(self, session: AlpacaSession, device: str) -> None:
        self._client = session.client(device)
        self._names: tuple[str, ...] = ()
        # The slot to which a turn was begun, and for how long it may stand elsewhere meanwhile.
        self._turning: tuple[int, float] | None = None

    @property
    def name(self) -> str:
        """Its address."""
        return self._client.name

    def open(self, timeout_s: float) -> Sequence[str]:
        """Reach the wheel, connect it if it is not connected; return its slot names in order."""
        deadline = Deadline(timeout_s)
        self._turning = None
        self._client.connect(deadline.left_s)
        names = self._client.texts("names", deadline.left_s)
        if not names:
            what = "does not say how many slots it has"
            raise Unfit(self.name, what, "name its filters in its driver's settings")
        self._names = tuple(name.strip() or f"Slot {n}" for n, name in enumerate(names, 1))
        return self._names

    def start(self, filter_name: str, timeout_s: float) -> None:
        """Begin to turn to the slot of that name and return soon; `select` waits for it."""
        slot = self._slot_of(filter_name)
        self._turning = (slot, math.inf)
        with suppress(NoReply):  # it may turn all the same, and answer when it is there
            self._client.put("position", min(_BEGIN_S, timeout_s), Position=slot)
            self._turning = (slot, _LINGERS_S)

    def select(self, filter_name: str, timeout_s: float) -> None:
        """Turn to the slot of that name and wait until the wheel reports to be there.

        Raises `NoReply` for a wheel that does not get there in time (told once more), `ConfigError`
        for a name it doesn't have, `Fault` where it refuses or comes to rest elsewhere.
        """
        slot = self._slot_of(filter_name)
        deadline = Deadline(timeout_s)
        turning, self._turning = self._turning, None
        # Told twice, some wheels begin their move anew.
        if turning is not None and turning[0] == slot:
            half = Deadline(timeout_s / 2)
            if self._arrives(slot, half, lingers_s=turning[1]) == slot:
                return
        # One that was sent elsewhere may still say that it is here.
        if turning is None and self._position(deadline) == slot:
            return
        with suppress(NoReply):  # one that answers late is looked at
            self._client.put("position", deadline.left_s, Position=slot)
        stands = self._arrives(slot, deadline, lingers_s=_LINGERS_S)
        if stands is None:
            what = f"did not report slot {slot + 1} within {timeout_s:.0f} s"
            raise NoReply(self.name, what, _STUCK)
        if stands != slot:
            what = f"was sent to slot {slot + 1} and says that it stands at slot {stands + 1}"
            raise Fault(self.name, what, _STUCK)

    def standing(self) -> str | None:
        """Return the name of the slot that it reports; None while it turns or can't say."""
        with suppress(DeviceError):
            position = self._client.whole("position", _LOOK_S)
            if 0 <= position < len(self._names):
                return self._names[position]
        return None

    def close(self) -> None:
        """Let go of the wheel; it stays connected and where it is."""
        self._turning = None
        self._client.close()

    def _slot_of(self, filter_name: str) -> int:
        match self._names.count(filter_name):
            case 1:
                return self._names.index(filter_name)
            case 0:
                hint = suggestion(filter_name, self._names)
                raise ConfigError(f"{self.name} has no filter {filter_name!r}; {hint}")
            case _:
                raise ConfigError(
                    f"{self.name} has more than one filter {filter_name!r}; name its slots "
                    f"differently: {', '.join(self._names)}"
                )

    def _position(self, deadline: Deadline) -> int:
        return self._client.whole("position", granted_s(deadline))

    def _arrives(self, slot: int, deadline: Deadline, *, lingers_s: float) -> int | None:
        """Return the slot at which it comes to rest; None while it still turns."""
        lingers = Linger(lingers_s)

        def look() -> int | None:
            position = self._position(deadline)
            if position == _MOVING:
                lingers.again()
                return None
            return position if position == slot or lingers.over else None

        return poll(look, deadline)
