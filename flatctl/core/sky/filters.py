"""What is known of a filter before its first frame of the sky: its colour, its throughput."""

from dataclasses import dataclass
from math import isfinite, log

# Names without case and signs -> wavelength and width in nm.
_KNOWN: dict[str, tuple[float, float]] = {
    **dict.fromkeys(("l", "lum", "luminance", "c", "clear", "w", "white", "none", ""), (550, 300)),
    **dict.fromkeys(("r", "red"), (640, 90)),
    **dict.fromkeys(("g", "green"), (535, 85)),
    **dict.fromkeys(("b", "blue"), (450, 100)),
    **dict.fromkeys(("ha", "halpha", "h"), (656, 5)),
    **dict.fromkeys(("nii", "n2"), (658, 5)),
    **dict.fromkeys(("oiii", "o3"), (501, 5)),
    **dict.fromkeys(("sii", "s2"), (672, 5)),
    **dict.fromkeys(("hb", "hbeta"), (486, 5)),
    **dict.fromkeys(("u", "up"), (365, 60)),
    **dict.fromkeys(("v",), (551, 88)),
    **dict.fromkeys(("i", "ic", "ip"), (806, 149)),
    **dict.fromkeys(("rc",), (641, 138)),
    **dict.fromkeys(("gp",), (475, 140)),
    **dict.fromkeys(("rp",), (622, 140)),
    **dict.fromkeys(("z", "zp", "zs"), (880, 150)),
}
_UNKNOWN = (550.0, 100.0)
_NARROW_NM = 20.0
# How far off (in the natural logarithm) a guess by the name, by a name that says nothing, and by a
# throughput that the user states; narrow bands of one maker are off alike by the first.
_ALIKE_NARROW, _BY_NAME, _BY_NOTHING, _BY_HINT = 0.35, 0.25, 1.0, 0.2


@dataclass(frozen=True, slots=True)
class SkyFilter:
    """Ask for `count` flats through a filter, exposed within `exposure_range_s` seconds.

    `throughput` says how much light it passes relative to the other filters of the run, as a hint;
    `wavelength_nm` is known by the usual names. It may have a target and a tolerance of its own.

    Raises:
        ValueError: an argument makes no sense.

    """

    name: str
    count: int
    exposure_range_s: tuple[float, float] = (0.5, 30.0)
    throughput: float | None = None
    wavelength_nm: float | None = None
    target_adu: float | None = None
    tolerance_adu: float | None = None

    def __post_init__(self) -> None:
        shortest, longest = self.exposure_range_s
        if not (isfinite(longest) and 0 < shortest <= longest):
            raise ValueError(f"exposure_range_s must be 0 < min <= max: {self.exposure_range_s}")
        if self.count < 1:
            raise ValueError(f"count must be at least 1: {self.count}")
        for name in ("throughput", "wavelength_nm", "target_adu", "tolerance_adu"):
            value = getattr(self, name)
            if value is not None and not (isfinite(value) and value > 0):
                raise ValueError(f"{name} must be a positive number: {value}")

    @property
    def colour_nm(self) -> float:
        """Return the wavelength that the sky's curve is taken for."""
        return self.wavelength_nm or self._known[0]

    @property
    def is_narrow(self) -> bool:
        """Tell whether the name is that of an emission line."""
        return self._known[1] < _NARROW_NM

    @property
    def ln_by_name(self) -> float:
        """Return the logarithm of what its name lets expect: width over wavelength."""
        wavelength, width = self._known
        return log(width / wavelength)

    @property
    def ln_error(self) -> float:
        """Return how far off that is, as a standard deviation."""
        return _BY_NAME if _plain(self.name) in _KNOWN else _BY_NOTHING

    @property
    def _known(self) -> tuple[float, float]:
        return _KNOWN.get(_plain(self.name), _UNKNOWN)


@dataclass(frozen=True, slots=True)
class Guess:
    """The logarithm of a filter's throughput, its own error, and the one it shares with its kin."""

    ln: float
    error: float
    shared_error: float


def guesses(filters: tuple[SkyFilter, ...]) -> dict[str, Guess]:
    """Return what is expected of each filter; the unit is common to all.

    Stated throughputs come in a unit of their own, and some people state the peak of a filter's
    curve instead of all that it passes: what agrees better with the names is believed.
    """
    stated = [each for each in filters if each.throughput is not None]
    offset, by_peak = 0.0, False
    if stated:
        whole = [log(each.throughput or 1.0) - each.ln_by_name for each in stated]
        peaks = [log(each.throughput or 1.0) for each in stated]
        by_peak = len(stated) > 1 and max(peaks) - min(peaks) < 0.5 * (max(whole) - min(whole))
        off = peaks if by_peak else whole
        offset = sum(off) / len(off)
    found = {}
    for each in filters:
        if each.throughput is None:
            shared = _ALIKE_NARROW if each.is_narrow else 0.0
            found[each.name] = Guess(each.ln_by_name, each.ln_error, shared)
        else:
            ln = log(each.throughput) - offset + (each.ln_by_name if by_peak else 0.0)
            found[each.name] = Guess(ln, 2 * _BY_HINT if by_peak else _BY_HINT, 0.0)
    return found


def _plain(name: str) -> str:
    plain = name.lower().replace("α", "a").replace("β", "b")
    return "".join(each for each in plain if each.isascii() and each.isalnum())
