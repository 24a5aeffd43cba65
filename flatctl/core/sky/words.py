"""The sentences of a sky search: its interface gives them itself, to whoever uses it alone."""

from flatctl.core.sky.steps import Fact, Why

_OF = "{filter}: {kept:.0f} of {count:.0f}, "
_SENTENCES = {
    Why.WINDOW: "The Sun is not in its range yet.",
    Why.LIGHT: "{filter}: waiting for its light.",
    Why.REST: "The light has gone; it may come back behind a cloud.",
    Why.LOOK: "{filter}: a look at its light, of which little is known yet.",
    Why.AIM: "{filter}: flat {n:.0f} of {count:.0f}.",
    Why.CLOUD: "{filter}: flat {n:.0f} of {count:.0f}, if the cloud has passed.",
    Why.PLAN: "{filter} is next in the order that completes the most sets.",
    Why.GONE: _OF
    + "the light left the exposures allowed: with the Sun at {sun_altitude_deg:.1f} deg "
    "{exposure_s:.3g} s would give {level:.0%}. Start at another altitude, or allow others.",
    Why.CLIPS: _OF + "pixels clip at {level:.0%} already. Lower the target.",
    Why.UNSTABLE: _OF + "the light changes by {wobble:.0%} from frame to frame. Widen the "
    "tolerance, or wait for a clear sky.",
    Why.OUT_OF_TIME: _OF + "the Sun left its range at {sun_altitude_deg:.1f} deg.",
    Why.MISSED: _OF + "this twilight is over, or does not come.",
}
_LAST = {
    Why.COMPLETE: "All that could be taken has been taken.",
    Why.OUT_OF_TIME: "The Sun has left its range.",
    Why.MISSED: "This twilight is over, or does not come.",
}


def sentence(fact: Fact) -> str:
    """Return a fact in words."""
    if "kept" not in fact.figures and fact.why in _LAST:
        return _LAST[fact.why]
    if fact.why is Why.COMPLETE:
        return (_OF + "complete.").format(**fact.figures)
    return _SENTENCES[fact.why].format(**fact.figures)
