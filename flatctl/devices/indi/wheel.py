"""A filter wheel behind INDI."""

from __future__ import annotations

import re
from collections.abc import Sequence

from flatctl.devices.deadline import Deadline
from flatctl.devices.indi.connecting import connect
from flatctl.devices.indi.session import DeviceSession, IndiDevice
from flatctl.devices.indi.wire.client import IndiClient
from flatctl.devices.indi.wire.registry import Property, Registry
from flatctl.devices.protocols import Progress
from flatctl.devices.spelling import suggestion
from flatctl.devices.transports import Role
from flatctl.errors import ConfigError, Fault, Unfit

_SLOT = "FILTER_SLOT_VALUE"
_COUNTS = range(1, 65)
# By it somebody says that he has changed the filter.
_BY_HAND = "CONFIRM_FILTER_SET"
_STUCK = "is it stuck? Restart its driver"
_CHANGE = f"change the filter, and confirm that to its driver ({_BY_HAND})"
_LISTEN_S = 0.5
_SLOW_S = 4.0


class IndiFilterWheel(IndiDevice):
    """A filter wheel behind INDI, by its device name; after any `DeviceError` open it again."""

    def __init__(self, client: IndiClient, device: str) -> None:
        super().__init__(client, device)
        self._session = DeviceSession(client, device, "FILTER_SLOT")
        # The slot it is on its way to, the wheel as it was then, and the event before.
        self._turning: tuple[int, tuple[int, int] | None, int] | None = None
        self._asked: int | None = None  # the slot that it was told and has not reached
        self._words = ""  # what its driver said last on the way there

    def open(self, timeout_s: float) -> Sequence[str]:
        """Reach the wheel, connect it if it is not connected; return its slot names in order."""
        connect(self._client, self._device, Role.WHEEL, ("FILTER_SLOT",), timeout_s)
        self._session.take()
        return self._sure_slots()

    def start(self, filter_name: str, timeout_s: float) -> None:
        """Begin to turn to the slot of that name and return at once.

        Raises what `select` does where the wheel can't be told.
        """
        self._session.check(timeout_s)
        self._send(self._slot_of(filter_name), timeout_s)

    def select(self, filter_name: str, timeout_s: float) -> None:
        """Turn to the slot of that name and wait until the wheel reports to be there.

        Raises `NoReply` for a wheel that does not get there in time (told once more, some then
        see that they are there), `ConfigError` for a name it doesn't have, `Fault` where it
        refuses, and where its driver was restarted or the connection renewed since `open`.
        """
        deadline = Deadline(timeout_s)
        self._session.check(timeout_s)
        self._turn(self._slot_of(filter_name), deadline.left_s)

    def standing(self) -> str | None:
        """Return the name of the slot that the driver reported last; None while it turns."""
        slot = self._client.find(self._device, "FILTER_SLOT")
        number = slot.number(_SLOT) if slot is not None and slot.state != "Busy" else None
        names = self._client.look(self._slots)
        if number is None or not 1 <= number <= len(names):
            return None
        return names[round(number) - 1]

    def close(self) -> None:
        """Let go of the wheel; it stays connected and where it is."""

    def _slots(self, registry: Registry) -> tuple[str, ...]:
        slot = registry.find(self._device, "FILTER_SLOT")
        limits = slot.elements.get(_SLOT) if slot else None
        most = limits.max if limits else None
        count = int(most) if most is not None and most in _COUNTS else 0
        texts = registry.find(self._device, "FILTER_NAME")
        elements = texts.elements if texts else {}
        numbered = sorted((_number(key), str(e.value)) for key, e in elements.items())
        names = [name for _, name in numbered][: count or _COUNTS[-1]]
        names += [""] * (count - len(names))
        return tuple(name if name.strip() else f"Slot {n}" for n, name in enumerate(names, 1))

    def _sure_slots(self) -> tuple[str, ...]:
        """Return the names of the slots; raise where nobody can say how many there are."""
        names = self._client.look(self._slots)
        if not names:
            what = "does not say how many slots it has"
            raise Fault(self._device, what, "restart its driver, and see what it says there")
        return names

    def _slot_of(self, filter_name: str) -> int:
        names = self._client.look(self._slots)
        there = ", ".join(names)
        match names.count(filter_name):
            case 1:
                return names.index(filter_name) + 1
            case 0:
                raise ConfigError(
                    f"{self._device} has no filter {filter_name!r}; "
                    f"{suggestion(filter_name, names)}"
                )
            case _:
                raise ConfigError(
                    f"{self._device} has more than one filter {filter_name!r}; name its slots "
                    f"differently: {there}"
                )

    def _send(self, slot: int, timeout_s: float) -> int:
        values = {_SLOT: float(slot)}
        since = self._client.send(self._device, "FILTER_SLOT", values, timeout_s)
        self._turning = (slot, self._session.identity, since)
        return since

    def _turn(self, slot: int, timeout_s: float) -> None:
        deadline = Deadline(timeout_s)
        turning, self._turning = self._turning, None
        # Told twice, some wheels begin their move anew.
        if turning is not None and turning[:2] == (slot, self._session.identity):
            since = turning[2]
        elif (went := self._went_before(slot, deadline)) is not None:
            since = went
        else:
            since = self._send(slot, timeout_s)
            self._turning = None
        self._asked = slot
        reached = self._await(slot, since, deadline.left_s)
        if reached is None:
            what = f"did not report slot {slot} within {timeout_s:.0f} s"
            if self._words:
                what += f" (its driver says: {self._words})"
            by_hand = self._client.find(self._device, _BY_HAND) is not None
            remedy = _CHANGE if by_hand else _STUCK
            raise self._client.silent(self._device, what, remedy, since=since)
        if reached.alerted > since:
            raise self._client.refusal(self._device, since, f"refuses slot {slot}")
        if reached.number(_SLOT) != slot:
            what = f"says that it stands at slot {reached.said(_SLOT) or 'unknown'}"
            raise Unfit(self._device, what, "restart its driver, and see what it says there")
        self._asked, self._words = None, ""

    def _went_before(self, slot: int, deadline: Deadline) -> int | None:
        """Return since when it is on its way there already, though it was reached anew meanwhile.

        A hand that changes filters is not told twice; of any other wheel half of the time is spent
        on seeing whether it arrives, and then it is told again.
        """
        known = self._client.find(self._device, "FILTER_SLOT")
        if known is None or known.state != "Busy" or self._asked != slot:
            return None
        since = known.serial - 1
        if self._client.find(self._device, _BY_HAND) is not None:
            return since
        arrived = self._await(slot, since, deadline.left_s / 2)
        return since if arrived is not None and arrived.alerted <= since else None

    def _await(self, slot: int, since: int, timeout_s: float) -> Property | None:
        """Return the wheel once it is at rest at that slot or nowhere; tell its driver's words."""

        def there(now: Property) -> bool:
            return now.number(_SLOT) in (slot, None)

        deadline = Deadline(timeout_s)
        by_hand = self._client.find(self._device, _BY_HAND) is not None
        while True:
            span_s = min(_LISTEN_S, deadline.left_s)
            reached = self._client.await_change(
                self._device, "FILTER_SLOT", since, there, span_s, doing="while it turned"
            )
            if reached is not None or deadline.over:
                return reached
            words = self._client.look(lambda r: r.message_since(self._device, since))
            # Most drivers only say what they were told.
            if (
                words
                and words != self._words
                and (by_hand or deadline.left_s < timeout_s - _SLOW_S)
            ):
                self._words = words
                self.tell(Progress(words=words))


def _number(element: str) -> int:
    found = re.search(r"\d+$", element)
    return int(found.group()) if found else 0
