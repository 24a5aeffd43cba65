"""Order and safety: what must be so around the rig before a run and between its frames."""

from collections.abc import Sequence
from dataclasses import dataclass

from flatctl import events
from flatctl.core.types import Policy
from flatctl.devices.protocols import Condition, ConditionStatus, Dome, Parkable
from flatctl.engine.rig import Rig
from flatctl.errors import UnsafeError

ASK_S = 10.0
POLL_S = 5.0


@dataclass(frozen=True)
class Rule:
    """A condition, what to do while it is not met, and for how long to `wait`.

    With `park_first` a mount is parked before the run.
    """

    condition: Condition
    policy: Policy
    wait_s: float
    park_first: bool = False


class StandsOpen:
    """The condition that a dome or roof is open, as it has to be for the sky."""

    def __init__(self, dome: Dome) -> None:
        self._dome = dome

    @property
    def name(self) -> str:
        """The name by which users know it."""
        return self._dome.name

    def status(self, timeout_s: float) -> ConditionStatus:
        """Ask whether it is open."""
        return self._dome.open_status(timeout_s)


class Safety:
    """Keep a run to its rules; the panel is dark while it waits."""

    def __init__(self, rules: Sequence[Rule], rig: Rig, emit: events.Listener) -> None:
        self._rules = [rule for rule in rules if rule.policy != "ignore" or rule.park_first]
        self._rig = rig
        self._emit = emit

    def establish(self) -> None:
        """Park what is to be parked, then check everything. Raises as `check` does."""
        for rule in self._rules:
            if rule.park_first and isinstance(rule.condition, Parkable):
                self._tell(f"{rule.condition.name} parks")
                rule.condition.park(rule.wait_s)
        self.check()

    def check(self) -> None:
        """Return once every condition is met.

        Raises:
            UnsafeError: a condition is not met, and its rule says to end, or has waited enough.
            DeviceError: nobody could be asked.

        """
        began_s = self._rig.clock.monotonic()
        waiting_for = ""
        while (unmet := self._first_unmet()) is not None:
            rule, text = unmet
            waited_s = self._rig.clock.monotonic() - began_s
            if rule.policy == "stop" or waited_s >= rule.wait_s:
                waited = f" after {waited_s:.0f} s" if waited_s else ""
                raise UnsafeError(f"{text}{waited}; run again when it is safe")
            if text != waiting_for:
                waiting_for = text
                if not self._rig.light.by_hand:
                    self._rig.light.put_out()
                self._tell(text)
            self._rig.clock.sleep(min(POLL_S, rule.wait_s - waited_s))

    def unmet(self) -> str:
        """Return what is not met now, in the words of its device; nothing where all is well.

        Raises `DeviceError` where nobody could be asked.
        """
        found = self._first_unmet()
        return "" if found is None else found[1]

    def _first_unmet(self) -> tuple[Rule, str] | None:
        for rule in self._rules:
            if rule.policy == "ignore":
                continue
            status = rule.condition.status(ASK_S)
            if not status.met:
                return rule, f"{rule.condition.name}: {status.text}"
        return None

    def _tell(self, what: str) -> None:
        self._emit(events.Waiting(time=self._rig.clock.now(), what=what))
