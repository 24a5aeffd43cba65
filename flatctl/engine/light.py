"""The panel's light: what it shines at as far as is known, and when it has settled."""

from flatctl.core.types import Bank
from flatctl.devices.protocols import Banked, LightPanel
from flatctl.engine.clock import Clock

OFF = -1


class PanelLight:
    """The light of an opened panel; `settle_s` is what it needs after a change."""

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

    def put_out(self) -> None:
        """Put the light out; the next flat lights it again."""
        self._shines = None
        self._panel.light_off(self._timeout_s)
        self._now((OFF, None), changed=True)

    @property
    def is_off(self) -> bool:
        """Tell whether it has been put out for sure."""
        return self._shines is not None and self._shines[0] == OFF

    def await_settled(self) -> None:
        """Wait until the light has had its time after the last change."""
        self._clock.sleep(self._settled_s - self._clock.monotonic())

    def _now(self, shines: tuple[int, Bank | None], *, changed: bool) -> None:
        self._shines = shines
        if changed:
            self._settled_s = self._clock.monotonic() + self.settle_s
