"""A fixed light that somebody else switches: only the exposure is left to adjust."""

from flatctl.devices.protocols import PanelStatus

_STEPS = range(1, 2)


class ManualPanel:
    """A tracing board, a lit wall, a panel with a knob; it has one step and can't be asked."""

    hand_switched = True

    @property
    def name(self) -> str:
        """The name by which users know it."""
        return "Fixed light"

    def open(self, timeout_s: float) -> range:  # noqa: ARG002 because the Protocol has it
        """Return its one step."""
        return _STEPS

    def set_brightness(self, brightness: int, timeout_s: float) -> None:  # noqa: ARG002 because the Protocol has it
        """Accept its one step; nothing happens, it is lit by hand."""
        if brightness not in _STEPS:
            raise ValueError(f"brightness {brightness}: a fixed light has the one step {_STEPS[0]}")

    def light_off(self, timeout_s: float) -> None:
        """Do nothing: it is put out by hand."""

    def status(self, timeout_s: float) -> PanelStatus:  # noqa: ARG002 because the Protocol has it
        """Say that nothing is known."""
        return PanelStatus(lit=None, brightness=None, confirmed=False)

    def close(self) -> None:
        """Do nothing."""
