"""How much room on the disk the frames of a run take."""

from collections.abc import Sequence

from flatctl.core.types import CameraSetup, FilterPlan

HEADER_BYTES = 11_520
"""Four blocks: what a driver says and what is said beside it, as far as known of any."""
_BYTES_PER_PX = 2


def frame_bytes(sensor_px: tuple[int, int], binning: int) -> int:
    """Return the size of a frame of a sensor that is `sensor_px` (across, down) wide."""
    across, down = (side // binning for side in sensor_px)
    return HEADER_BYTES + _BYTES_PER_PX * across * down


def bytes_wanted(
    plans: Sequence[FilterPlan], dark_flats: int, own: CameraSetup, sensor_px: tuple[int, int]
) -> int:
    """Return what the flats of all sets take at least, and dark flats of one exposure per setup.

    `own` is the setup of sets that name none. Which exposures there will be is not known before.
    """
    setups = [plan.setup or own for plan in plans]
    flats = sum(
        plan.count * frame_bytes(sensor_px, setup.binning)
        for plan, setup in zip(plans, setups, strict=True)
    )
    darks = sum(dark_flats * frame_bytes(sensor_px, setup.binning) for setup in set(setups))
    return flats + darks
