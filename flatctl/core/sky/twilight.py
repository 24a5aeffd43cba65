"""How bright the twilight sky is at the zenith, by the Sun's altitude and the colour of a filter.

Patat, Ugolnikov & Postylyakov 2006 (A&A 455, 385), their table of UBVRI: magnitudes per square
second of arc, m = a0 + a1 x + a2 x^2 with x the degrees of the Sun below -5; a0 of U is uncertain.
Below -16 the curve is held, and the night sky is added everywhere; above -5 the slope eases so that
V is near 6 at sunset.
"""

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]

_WAVELENGTHS_NM = (366.0, 438.0, 551.0, 641.0, 798.0)
_A0 = (11.78, 11.84, 11.84, 11.40, 10.93)
_A1 = (1.376, 1.411, 1.518, 1.567, 1.470)
_A2 = (-0.039, -0.041, -0.057, -0.064, -0.062)
_NIGHT_SKY = (22.0, 22.6, 21.6, 20.9, 19.7)
# Where the fit begins and where it ends, in degrees of x; the bend above, in magnitudes per square
# degree, and how far up it is followed.
_FIT_ENDS, _BEND, _UP_TO = 11.0, 0.07, -9.0
_ZERO_DEG = -5.0
_LN_PER_MAG = 0.4 * np.log(10.0)


def ln_brightness(sun_altitude_deg: ArrayLike, wavelength_nm: float) -> Floats:
    """Return the natural logarithm of the sky's brightness, 0 for magnitude 0; any shape."""
    a0, a1, a2, night = (
        float(np.interp(wavelength_nm, _WAVELENGTHS_NM, column))
        for column in (_A0, _A1, _A2, _NIGHT_SKY)
    )
    x = np.clip(_ZERO_DEG - np.asarray(sun_altitude_deg, dtype=np.float64), _UP_TO, _FIT_ENDS)
    magnitude = a0 + a1 * x + np.where(x > 0, a2, _BEND) * x * x
    ln: Floats = np.logaddexp(-_LN_PER_MAG * magnitude, -_LN_PER_MAG * night)
    return ln
