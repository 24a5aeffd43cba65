"""Places of the sky from one equinox to another: of J2000, as some mounts have them, and of date.

Meeus, Astronomical Algorithms, 2nd ed., chapter 21 (the rigorous method, from J2000 on; valid for
centuries). Proper motion, nutation and aberration are left out, as everywhere here.
"""

from datetime import UTC, datetime
from math import asin, atan2, cos, degrees, radians, sin

from flatctl.core.pointing.directions import Equatorial

_J2000 = datetime(2000, 1, 1, 12, tzinfo=UTC)
_CENTURY_S = 36525 * 86400.0


def of_date(at: Equatorial, when: datetime) -> Equatorial:
    """Return a place of J2000 by the equinox of a moment (time zone aware)."""
    zeta, z, theta = _angles(when)
    return _turned(at, zeta, z, theta)


def of_j2000(at: Equatorial, when: datetime) -> Equatorial:
    """Return a place of the equinox of a moment (time zone aware) by that of J2000."""
    zeta, z, theta = _angles(when)
    return _turned(at, -z, -zeta, -theta)


def _angles(when: datetime) -> tuple[float, float, float]:
    """Return Meeus' zeta, z and theta, in degrees."""
    t = (when - _J2000).total_seconds() / _CENTURY_S
    arcsec = (
        2306.2181 * t + 0.30188 * t**2 + 0.017998 * t**3,
        2306.2181 * t + 1.09468 * t**2 + 0.018203 * t**3,
        2004.3109 * t - 0.42665 * t**2 - 0.041833 * t**3,
    )
    zeta, z, theta = (each / 3600.0 for each in arcsec)
    return zeta, z, theta


def _turned(at: Equatorial, zeta: float, z: float, theta: float) -> Equatorial:
    ra, dec, tilt = radians(at.ra_deg + zeta), radians(at.dec_deg), radians(theta)
    a = cos(dec) * sin(ra)
    b = cos(tilt) * cos(dec) * cos(ra) - sin(tilt) * sin(dec)
    c = sin(tilt) * cos(dec) * cos(ra) + cos(tilt) * sin(dec)
    return Equatorial((degrees(atan2(a, b)) + z) % 360.0, degrees(asin(max(-1.0, min(1.0, c)))))
