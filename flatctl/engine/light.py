"""The panel's light: what it shines at as far as is known, and when it has settled."""

from collections.abc import Callable

from flatctl.core.quality.findings import Finding, Kind
from flatctl.core.types import Bank
from flatctl.devices.protocols import Banked, HandSwitched, LightPanel, PanelStatus
from flatctl.engine.clock import Clock
from flatctl.errors import DeviceError

OFF = -1
_ASK_S = 5.0


class PanelLight:
    """The light of an opened panel; `settle_s` is what it needs after a change.

    `on_change` is called where it is told to shine otherwise.
    """

    def __init__(
        self, panel: LightPanel, clock: Clock, *, settle_s: float, timeout_s: float
    ) -> None:
        self.settle_s = settle_s
        self._panel = panel
        self._clock = clock
        self._timeout_s = timeout_s
        self._shines: tuple[int, Bank | None] | None = None  # brightness and bank; None: unknown
        self._in_doubt = False
        self._settled_s = 0.0
        self._can_say = True
        self.on_change: Callable[[], None] = lambda: None

    def doubt(self) -> None:
        """Tell the panel again with the next flat, since some follow the wheel."""
        self._in_doubt = True

    def forget(self) -> None:
        """Take what it shines at for unknown."""
        self._shines = None

    def shine(self, brightness: int, bank: Bank | None) -> None:
        """Light the panel; one that shines like that already is not told."""
        before, self._shines = self._shines, None
        wanted = (brightness, bank)
        if wanted != before or self._in_doubt:
            if isinstance(self._panel, Banked):
                self._panel.use_bank(bank)
            self._panel.set_brightness(brightness, self._timeout_s)
        self._in_doubt = False
        self._now(wanted, changed=wanted != before)

    @property
    def by_hand(self) -> bool:
        """Whether it takes a person to switch it."""
        return isinstance(self._panel, HandSwitched)

    def put_out(self) -> None:
        """Put the light out; the next flat lights it again."""
        self._shines = None
        self._panel.light_off(self._timeout_s)
        self._now((OFF, None), changed=True)

    @property
    def is_off(self) -> bool:
        """Tell whether it has been put out for sure."""
        return self._shines is not None and self._shines[0] == OFF

    def would_change(self, brightness: int, bank: Bank | None) -> bool:
        """Tell whether `shine` would tell the panel something else than it was told last."""
        return self._shines != (brightness, bank)

    def changed(self) -> Finding | None:
        """Ask the panel, and return what somebody else changed of its light; None for nothing.

        A panel that can't be asked is believed; one that fails is told anew with the next flat.
        """
        if self._shines is None or not self._can_say:
            return None
        try:
            status = self._panel.status(_ASK_S)
        except DeviceError:
            self.forget()
            return None
        self._can_say = status.confirmed
        return _difference(status, self._shines[0]) if status.confirmed else None

    def await_settled(self) -> None:
        """Wait until the light has had its time after the last change."""
        self._clock.sleep(self._settled_s - self._clock.monotonic())

    def _now(self, shines: tuple[int, Bank | None], *, changed: bool) -> None:
        self._shines = shines
        if changed:
            self.on_change()
            self._settled_s = self._clock.monotonic() + self.settle_s


def _difference(status: PanelStatus, wanted: int) -> Finding | None:
    """Return how a panel differs from what it was set to."""
    if wanted == OFF:
        return Finding(Kind.LIGHT_CHANGED, {"lit": 1.0}) if status.lit else None
    # At its lowest step a panel may well call itself off.
    if status.lit is False and wanted > 0:
        return Finding(Kind.LIGHT_CHANGED, {"wanted": wanted})
    if status.brightness is not None and status.brightness != wanted:
        return Finding(Kind.LIGHT_CHANGED, {"brightness": status.brightness, "wanted": wanted})
    return None
