"""The sky in place of a panel that fails for good, where the configuration wishes so."""

from collections.abc import Callable, Sequence
from dataclasses import replace

from flatctl import events
from flatctl.app.wiring.due import TwilightName
from flatctl.app.wiring.rig import devices_of, make_connections, make_panel
from flatctl.app.wiring.sky import is_due
from flatctl.core.types import FilterPlan, LightSource, Outcome
from flatctl.devices.indi.transport import INDI
from flatctl.engine.clock import Clock
from flatctl.errors import Busy, DeviceError, ExitCode, LightUnknown
from flatctl.outputs.record import RunRecord
from flatctl.settings.models import Settings

_SERVER = f"{INDI.server} "

Plan = Callable[[Sequence[str]], Sequence[FilterPlan]]


class Fallback:
    """Take of the sky what a panel left missing that failed; `emit` tells of it.

    It hears what the run with the panel tells: give `listen` to that.
    """

    def __init__(
        self,
        settings: Settings,
        twilight: TwilightName,
        clock: Clock,
        emit: events.Listener,
    ) -> None:
        self._settings = settings
        self._twilight = twilight
        self._clock = clock
        self._emit = emit
        self._complete: set[str] = set()
        self._dark = False

    def listen(self, event: events.Event, _run: RunRecord) -> None:
        """Note which sets are complete, and whether the panel shines at all."""
        if isinstance(event, events.FilterFinished):
            self._dark = self._dark or event.why == events.Doubt.DARK
            if event.outcome is Outcome.COMPLETE:
                self._complete.add(event.set)

    def run(
        self, plan: Plan, by_panel: Callable[[], int], of_sky: Callable[[Settings, Plan], int]
    ) -> int:
        """Return the exit code of `by_panel`; where that fails for its panel, of `of_sky`.

        `of_sky` gets settings without a panel, and what is still to be taken. Raises what either
        does; a light that is not known to be off is heard of in the end, whatever else.
        """
        lost: LightUnknown | None = None
        try:
            code = by_panel()
            if code != ExitCode.INCOMPLETE or not self._dark or not self._possible:
                return code
            what = f"{self._panel}: does not shine"
        except LightUnknown as failure:
            # It stands for a signal as well, and for whatever else came before the panel.
            if not all(map(self._is_panels, failure.causes)) or not self._possible:
                raise
            lost, what = failure, failure.lines[0]
        except DeviceError as failure:
            if not self._is_panels(failure) or not self._possible:
                raise
            what = str(failure)
        what = f"{what.rstrip('.')}. What is missing is taken of the sky"
        self._emit(events.Waiting(time=self._clock.now(), what=what))
        try:
            code = of_sky(self._without_panel, lambda slots: self._missing(plan(slots)))
        except BaseException as ending:
            if lost is not None:
                raise lost from ending
            raise
        if lost is not None:
            raise lost
        return code

    def _is_panels(self, error: BaseException) -> bool:
        """Say whether the panel has failed, and no other device, nor a server they share."""
        if not isinstance(error, DeviceError) or isinstance(error, Busy):
            return False
        others = {
            catalogue.transport(self._settings, device).named(device)
            for catalogue, device in devices_of(self._settings)
        }
        return error.device not in others and not error.device.startswith(_SERVER)

    @property
    def _without_panel(self) -> Settings:
        bare = self._settings.model_copy(update={"panel": None})
        return bare.lit_by(LightSource.SKY)

    @property
    def _possible(self) -> bool:
        table = getattr(self._settings, self._twilight)
        if table.fallback != "sky" or self._settings.light is not LightSource.PANEL:
            return False
        return is_due(self._settings, self._clock.now(), dawn=self._twilight == "dawn")

    @property
    def _panel(self) -> str:
        with make_connections(self._settings) as connections:
            return make_panel(self._settings, connections).name

    def _missing(self, plans: Sequence[FilterPlan]) -> Sequence[FilterPlan]:
        left = [plan for plan in plans if events.set_label(plan) not in self._complete]
        return [replace(plan, panel_bank=None) for plan in left]
