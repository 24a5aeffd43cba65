"""Options of a light that nobody can switch from here."""

from typing import Literal

from flatctl.settings.panels.options import PanelOptions


class ManualOptions(PanelOptions):
    """A fixed light that somebody else switches; only the exposure is adjusted."""

    kind: Literal["manual"]
