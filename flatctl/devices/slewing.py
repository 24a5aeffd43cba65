"""Whether a mount has arrived where it was sent, by where it says to be."""

from __future__ import annotations

from dataclasses import replace

from flatctl.core.pointing.directions import Equatorial, Horizontal, around, separation_deg

DEG_PER_HOUR = 15.0
TURN_DEG_PER_S = 15.041 / 3600.0
_NEAR_DEG, _SHARPEST_DEG = 0.05, 3.0 / 3600.0


class Slew:
    """A slew to a place of the sky, from where the mount was, as far as that is known."""

    def __init__(self, at: Equatorial, before: Equatorial | None) -> None:
        self._at = at
        far_deg = _NEAR_DEG if before is None else _apart_deg(at, before)
        # What did not move at all is not to be taken for having made a small move.
        self._near_deg = max(min(_NEAR_DEG, far_deg / 2), _SHARPEST_DEG)

    @property
    def words(self) -> str:
        """Where it goes."""
        return f"RA {self._at.ra_deg % 360.0 / DEG_PER_HOUR:.3f} h, Dec {self._at.dec_deg:.2f}°"

    def has_ended(self, place: Equatorial, taken_s: float) -> bool:
        """Say whether a mount that has come to rest there, after that time, is where it was sent.

        Some turn their axes to where the place was when they set off.
        """
        at = self._at
        late_deg = min(max(around(place.ra_deg - at.ra_deg), 0.0), taken_s * TURN_DEG_PER_S)
        wished = replace(at, ra_deg=at.ra_deg + late_deg)
        return _apart_deg(place, wished) <= self._near_deg


def _apart_deg(one: Equatorial, other: Equatorial) -> float:
    return separation_deg(
        Horizontal(one.dec_deg, one.ra_deg), Horizontal(other.dec_deg, other.ra_deg)
    )
