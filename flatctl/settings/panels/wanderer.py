"""Options of Wanderer Astro's covers."""

from typing import Literal

from flatctl.settings.panels.options import CoverOptions, SerialOptions


class WandererV3Options(SerialOptions, CoverOptions):
    """Wanderer Cover V3: brightness 1 to 255, unconfirmed, in a motorised cover."""

    kind: Literal["wanderer-v3"]


class WandererV4Options(SerialOptions, CoverOptions):
    """Wanderer Cover V4-EC and V4 Pro-EC: brightness 1 to 255, in a motorised cover."""

    kind: Literal["wanderer-v4"]
