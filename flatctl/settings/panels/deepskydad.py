"""Options of Deep Sky Dad's flap panels."""

from typing import Literal

from flatctl.settings.panels.options import CoverOptions, SerialOptions


class DeepSkyDadOptions(SerialOptions, CoverOptions):
    """Deep Sky Dad FP1 and FP2: brightness 0 to 4096, with a motorised cover."""

    kind: Literal["deepskydad"]
