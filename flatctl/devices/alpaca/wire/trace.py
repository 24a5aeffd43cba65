"""What passes between us and an Alpaca device, in words for the log."""

from collections.abc import Mapping

from flatctl.devices.alpaca.wire.answers import shown
from flatctl.devices.log import HEARD, REMARK, SENT, current_log

_LONG_S = 0.5


class Trace:
    """The lines of one device in the log that is current now.

    A question that is asked again and again is noted where its answer has changed, or something was
    ordered since.
    """

    def __init__(self, device: str) -> None:
        self._device = device
        self._log = current_log()
        self._last: dict[str, str] = {}

    def ordered(self, member: str, form: Mapping[str, str]) -> None:
        """Note an order on its way."""
        self._last.clear()
        self._note(SENT, " ".join(["PUT", member, *(f"{k}={v}" for k, v in form.items())]))

    def obeyed(self, member: str) -> None:
        """Note that an order was answered, without an error."""
        self._note(HEARD, f"{member} done")

    def answered(self, member: str, value: object, took_s: float) -> None:
        """Note a question and its answer, and how long that took where it took long."""
        if self._log is None or self._last.get(member) == (words := shown(value)):
            return
        self._last[member] = words
        self._note(SENT, f"GET {member}")
        late = f" (after {took_s:.1f} s)" if took_s >= _LONG_S else ""
        self._note(HEARD, f"{member} {words}{late}")

    def failed(self, method: str, member: str, what: str) -> None:
        """Note what came of a request instead of an answer."""
        if self._last.get(member) != what:
            self._last[member] = what
            self._note(REMARK, f"{method} {member}: {what}")

    def _note(self, way: str, words: str) -> None:
        if self._log is not None:
            self._log.note(self._device, way, words)
