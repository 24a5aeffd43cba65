"""The cover of a cover calibrator behind Alpaca.

Orders are answered early, or once the cover has arrived; most covers can't be halted.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from flatctl.devices.alpaca.asking import Linger, granted_s, optional, poll
from flatctl.devices.deadline import Deadline
from flatctl.devices.protocols import CoverState
from flatctl.errors import Fault, NoReply

if TYPE_CHECKING:
    from flatctl.devices.alpaca.wire.client import AlpacaClient

# CoverStatus of the API; 0 is no cover.
_STATES = {
    1: CoverState.CLOSED,
    2: CoverState.MOVING,
    3: CoverState.OPEN,
    4: CoverState.UNKNOWN,
    5: CoverState.FAILED,
}
_ORDERS = {CoverState.CLOSED: "closecover", CoverState.OPEN: "opencover"}
_WORDS = {CoverState.CLOSED: "close", CoverState.OPEN: "open"}
# So much of the time granted may the first run take, for there may have to be another.
_SHARE_OF_FIRST_RUN = 0.6
_LINGERS_S = 2.0
_TELLS_MOVES = 2  # the interface from which on it does


class AlpacaCover:
    """The cover of a device, once it has been looked for; `is_there` says whether it has one."""

    def __init__(self, client: AlpacaClient) -> None:
        self._client = client
        self.is_there = False

    def look(self, timeout_s: float) -> None:
        """Look for one."""
        self.is_there = bool(optional(self._client.whole, "coverstate", timeout_s))

    def state(self, timeout_s: float) -> CoverState:
        """Return where it is reported to be."""
        deadline = Deadline(timeout_s)
        number = optional(self._client.whole, "coverstate", deadline.left_s)
        state = _STATES.get(number or 0, CoverState.UNKNOWN)
        if self._client.interface(deadline.left_s) < _TELLS_MOVES or state is CoverState.FAILED:
            return state
        moves = optional(self._client.truth, "covermoving", deadline.left_s)
        return CoverState.MOVING if moves else state

    def move(self, wanted: CoverState, timeout_s: float) -> None:
        """Bring it there and follow the move to its end; one that fails is tried once more.

        Raises `Fault` where it comes to rest elsewhere, `NoReply` where it takes too long.
        """
        deadline = Deadline(timeout_s)
        if self._at_rest(deadline) is wanted:
            return
        first = self._run(wanted, Deadline(_SHARE_OF_FIRST_RUN * deadline.left_s))
        if first is not None and (second := self._run(wanted, deadline)) is not None:
            raise second

    def _at_rest(self, deadline: Deadline) -> CoverState | None:
        """Wait for a move that somebody else began; return where it is then."""

        def look() -> CoverState | None:
            state = self.state(granted_s(deadline))
            return None if state is CoverState.MOVING else state

        return poll(look, deadline)

    def _run(self, wanted: CoverState, deadline: Deadline) -> Fault | NoReply | None:
        """Send it there once; return why it did not arrive, None where it did."""
        try:
            self._client.put(_ORDERS[wanted], deadline.left_s)
        except NoReply:
            pass  # it may have been carried out all the same
        except Fault as refusal:
            return refusal
        lingers = Linger(_LINGERS_S)

        def look() -> CoverState | None:
            state = self.state(granted_s(deadline))
            if state is CoverState.MOVING:
                lingers.again()
                return None
            return state if state is wanted or lingers.over else None

        match poll(look, deadline):
            case None:
                what = f"the cover has not ended its move (to {_WORDS[wanted]})"
                return NoReply(self._client.name, what, "look whether something blocks it")
            case state if state is wanted:
                return None
            case state:
                what = f"the cover was told to {_WORDS[wanted]} and is {state.value}"
                return Fault(self._client.name, what, "look whether something blocks it")
