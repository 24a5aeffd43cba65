"""What to do next about a frame, in words."""

from flatctl.core.advice import Advice, Bound
from flatctl.core.band import CLIPPED_FRAC_MAX
from flatctl.core.types import Verdict
from flatctl.outputs import figures

CHANNELS = {"R": "red", "G": "green", "B": "blue"}
_BOUNDS = {Bound.EXACT: "", Bound.AT_LEAST: "at least ", Bound.AT_MOST: "at most "}


def channel_word(name: str) -> str:
    """Return what a channel is called: `green`; of the whole image `level`."""
    return CHANNELS.get(name, name or "level")


def advice_words(advice: Advice, channel: str = "") -> str:
    """Return the level of the channel that decides, and what to do: `green 38 %: dim to ...`."""
    return f"{channel_word(channel)} {level_words(advice)}: {next_words(advice)}"


def level_words(advice: Advice) -> str:
    """Return the level, with a decimal where it would seem to lie on the band's other side."""
    whole = round(100 * advice.level) / 100
    inside = advice.low <= advice.level <= advice.high
    return figures.percent(advice.level, 0 if inside == (advice.low <= whole <= advice.high) else 1)


def band_words(advice: Advice) -> str:
    """Return the band: `46 to 56 %`."""
    return (
        f"{figures.percent(advice.low, 0).removesuffix(' %')} to {figures.percent(advice.high, 0)}"
    )


def next_words(advice: Advice) -> str:
    """Return what to do next, without a level."""
    if advice.verdict is Verdict.ACCEPTED:
        return f"good, within {band_words(advice)}: take the set with this setting"
    if advice.dark:
        return "next to no light reaches the camera: is the light on, and nothing before the lens?"
    if advice.ratio is None:
        return (
            f"the level is right, and {figures.percent(advice.clipped_frac)} of the pixels are "
            "full: make the light more even, or lower the target"
        )
    parts = [f"{_bright(advice)} {_BOUNDS[advice.bound]}{_times(advice.ratio)}"]
    if (exposure := exposure_words(advice)) is not None:
        parts.append(exposure)
    words = ", or ".join(parts)
    if advice.clipped_frac > CLIPPED_FRAC_MAX:
        words += f" ({figures.percent(advice.clipped_frac)} of the pixels are full)"
    return words


def exposure_words(advice: Advice) -> str | None:
    """Return the exposure to change, from what to what; None where no exposure helps."""
    if advice.exposure_s is None or advice.next_s is None:
        return None
    before = str(advice.speed) if advice.speed else figures.seconds(advice.exposure_s)
    after = str(advice.next_speed) if advice.next_speed else figures.seconds(advice.next_s)
    words = f"{before} -> {after}"
    if not advice.expected_fits:
        side = "below" if (advice.expected or 0.0) < advice.low else "above"
        words += f" ({figures.percent(advice.expected, 0)}, {side} the band)"
    return words


def _bright(advice: Advice) -> str:
    return "brighten to" if (advice.ratio or 0.0) > 1 else "dim to"


def _times(ratio: float) -> str:
    if ratio == 0.5:  # the bound of a full frame
        return "half"
    return (
        f"{ratio:.0f} times" if ratio >= 10 else f"{ratio:{'.2f' if ratio >= 0.1 else '.2g'}} times"
    )
