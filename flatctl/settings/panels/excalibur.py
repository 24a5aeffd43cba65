"""Options of the Excalibur."""

from typing import Literal

from flatctl.settings.panels.options import CoverOptions, SerialOptions


class ExcaliburOptions(SerialOptions, CoverOptions):
    """RBF Excalibur: brightness 1 to 3000, in a motorised cover."""

    kind: Literal["excalibur"]
