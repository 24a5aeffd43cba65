"""A fixed light that a person switches: only the exposure is left to adjust."""

from collections.abc import Callable

from flatctl.devices.protocols import PanelStatus
from flatctl.errors import UnsafeError

_STEPS = range(1, 2)
_ON = "Put the light before the telescope and switch it on"
_OFF = "Switch the light off"


def _nobody(_wish: str) -> bool:
    return False


class ManualPanel:
    """A tracing board, a lit wall, a panel with a knob; it has one step and can't be asked.

    `ask` tells a person what to do, and returns whether that was done: false where nobody is there,
    or nobody has answered. A light that nobody could be asked to switch on is taken to be on. It is
    `lit` by what was said before.
    """

    hand_switched = True

    def __init__(self, ask: Callable[[str], bool] = _nobody, *, lit: bool | None = None) -> None:
        self._ask = ask
        self._lit = lit  # as that person said last
        self._left_alone = False

    @property
    def name(self) -> str:
        """The name by which users know it."""
        return "Fixed light"

    def open(self, timeout_s: float) -> range:  # noqa: ARG002 because the Protocol has it
        """Return its one step."""
        return _STEPS

    def set_brightness(self, brightness: int, timeout_s: float) -> None:  # noqa: ARG002 because a person takes longer
        """Have it switched on, unless it is; wait for that person's word."""
        if brightness not in _STEPS:
            raise ValueError(f"brightness {brightness}: a fixed light has the one step {_STEPS[0]}")
        if self._lit or self._left_alone:
            return
        self._lit = self._ask(_ON) or None
        self._left_alone = not self._lit

    def light_off(self, timeout_s: float) -> None:  # noqa: ARG002 because a person takes longer
        """Have it switched off, unless it is.

        Raises `UnsafeError` where nobody does it.
        """
        if self._lit is False:
            return
        if not self._ask(_OFF):
            raise UnsafeError(
                f"{self.name}: flatctl can't switch it off, and nobody said that it is off; run "
                "flatctl on a terminal, or ask for nothing that needs the dark"
            )
        self._lit, self._left_alone = False, False

    def status(self, timeout_s: float) -> PanelStatus:  # noqa: ARG002 because the Protocol has it
        """Say what that person said last."""
        return PanelStatus(self._lit, brightness=None, confirmed=False)

    def close(self) -> None:
        """Let go of it; where it was said to be off, that is asked again."""
        self._lit = self._lit or None
