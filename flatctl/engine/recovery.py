"""Surviving a device that fails: bring the rig back, do it again, and know when to give up."""

from collections.abc import Callable, Iterable
from contextlib import suppress
from typing import TypeVar

from flatctl.core.quality.findings import Kind
from flatctl.engine.rig import Rig
from flatctl.errors import DeviceError, Fault, InUse, Unfit, Unreachable

FAULTS_PER_FILTER = DISTURBANCES_PER_FILTER = 3
# A pulled cable or a restarting server is back within half a minute, or somebody has to come.
REOPEN_WAITS_S = (0.0, 1.0, 2.0, 4.0, 8.0, 15.0)
# An attempt on a silent network or a warm camera may take minutes; none begins after this.
REOPEN_BUDGET_S = 180.0
_LINKS_MAX = 2

T = TypeVar("T")


class RigLost(Exception):
    """A device stayed away; `error` is what was said last, `first` of what it all began.

    The run can't go on.
    """

    def __init__(self, error: DeviceError, first: DeviceError | None = None) -> None:
        self.error = error
        self.first = first or error
        super().__init__(str(error))


class Recovery:
    """Run actions on a rig, with a budget of faults for each filter.

    `tell` hears of every fault, and whether the rig came back from it, `begin` when it sets out.
    `await_camera` waits until another program has done with the camera; without it the run ends
    then.
    """

    def __init__(
        self,
        rig: Rig,
        tell: Callable[[DeviceError, bool], None],
        begin: Callable[[DeviceError], None] = lambda _: None,
        await_camera: Callable[[], None] | None = None,
    ) -> None:
        self._rig = rig
        self._await_camera = await_camera
        self._tell = tell
        self._begin = begin
        self._left = FAULTS_PER_FILTER
        self._told = self._borne = 0  # disturbances; those before the budget was granted
        self._unfit: set[str] = set()

    def renew(self) -> None:
        """Grant a new filter its own budget."""
        self._left = FAULTS_PER_FILTER
        self._borne = self._told

    def forgive(self, fault: DeviceError) -> None:
        """Tell of a fault after which the rig is well; raise it where the budget is spent.

        Raises:
            DeviceError: the budget is spent.

        """
        if self._left == 0:
            self._tell(fault, False)
            raise fault
        self._left -= 1
        self._tell(fault, True)

    def bear(self) -> None:
        """Tell of what others did to wheel and light; raise it where it doesn't end.

        Raises:
            Fault: a filter's budget of that is spent.

        """
        for found in self._rig.disturbances[self._told :]:
            self._told += 1
            wheel = self._rig.wheel if found.kind is Kind.WHEEL_TURNED else None
            fault = Fault(
                (wheel or self._rig.panel).name,
                "was changed by somebody else while frames were taken",
                "stop the other program that drives it",
            )
            is_borne = self._told - self._borne <= DISTURBANCES_PER_FILTER
            self._tell(fault, is_borne)
            if not is_borne:
                raise fault

    def overcome(self, faults: Iterable[DeviceError]) -> None:
        """Tell of what went wrong and has been dealt with by the device itself."""
        for fault in faults:
            self._tell(fault, True)

    def retry(self, action: Callable[[], T]) -> T:
        """Do `action`; when a device fails bring the rig back and do it again.

        What a device can't do it is not asked again.

        Raises:
            DeviceError: the budget is spent, or a device is `Unfit`; the rig is well.
            RigLost: a device stayed away, or can't do for one filter what it could not for another.

        """
        while True:
            try:
                return action()
            except InUse as error:
                self._give_way(error)
            except Unfit as error:
                if str(error) in self._unfit:
                    # Another one: an error that was raised from itself has no first cause, and
                    # whoever looks for that never ends.
                    raise RigLost(Unfit(error.device, error.what, error.remedy)) from error
                self._unfit.add(str(error))
                raise
            except DeviceError as error:
                self.bring_back(error)
                if self._left == 0:
                    raise
                self._left -= 1

    def attempt(self, action: Callable[[], T]) -> T | None:
        """Do `action` once; None where a device failed on the way, and the rig is back.

        For what is not to be done again as it was, once time has gone by. Raises as `retry` does.
        """
        actions = iter([action])

        def once() -> T | None:
            following = next(actions, None)
            return None if following is None else following()

        return self.retry(once)

    def over_link(self, action: Callable[[], T], device: str) -> T:
        """Do `action` with a `device` that is none of the rig's; it is not asked twice itself.

        Where the server that it shares with the rig is gone, bring the rig back and do it again.

        Raises:
            DeviceError: the device failed.
            RigLost: the server stayed away.

        """
        for _ in range(_LINKS_MAX):
            try:
                return action()
            except DeviceError as error:
                if error.device == device and not isinstance(error, Unreachable):
                    raise
                self.bring_back(error)
        return action()

    def _give_way(self, error: InUse) -> None:
        """Leave the camera to another program, the light out meanwhile."""
        if self._await_camera is None:
            self._tell(error, False)
            raise RigLost(error)
        with suppress(DeviceError):
            self._rig.light.put_out()
        self._await_camera()
        self.bring_back(error)

    def bring_back(self, error: DeviceError) -> None:
        """Reach all devices anew after `error`, and tell of it.

        Raises:
            RigLost: a device stayed away.

        """
        last, until_s = error, self._rig.clock.monotonic() + REOPEN_BUDGET_S
        for wait_s in REOPEN_WAITS_S:
            if self._rig.clock.monotonic() > until_s:
                break
            self._begin(last)
            self._rig.clock.sleep(wait_s)
            try:
                self._rig.reopen()
            except Unfit as again:
                last = again
                break
            except DeviceError as again:
                last = again
            else:
                self._tell(error, True)
                return
        self._tell(error, False)
        raise RigLost(last, error) from error
