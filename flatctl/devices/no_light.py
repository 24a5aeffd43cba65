"""The light panel of a rig that has none: dark, as it is without a lamp."""

from flatctl.devices.protocols import PanelStatus

_STEPS = range(1)


class NoLight:
    """Stand where a panel would; its one step is dark, and off is what it always is."""

    @property
    def name(self) -> str:
        """The name by which users know what shines instead."""
        return "Sky"

    def open(self, timeout_s: float) -> range:  # noqa: ARG002 because the Protocol has it
        """Return its one step."""
        return _STEPS

    def set_brightness(self, brightness: int, timeout_s: float) -> None:  # noqa: ARG002 because the Protocol has it
        """Take the one step there is."""
        if brightness not in _STEPS:
            raise ValueError(f"brightness {brightness}: there is no lamp")

    def light_off(self, timeout_s: float) -> None:
        """Do nothing: there is no lamp."""

    def status(self, timeout_s: float) -> PanelStatus:  # noqa: ARG002 because the Protocol has it
        """Say that nothing shines."""
        return PanelStatus(lit=False, brightness=None, confirmed=True)

    def close(self) -> None:
        """Do nothing: there is nothing to let go of."""
