"""What the search of the sky asks for next, and why; and how it judged a frame."""

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Literal

from flatctl.core.types import Verdict

Action = Literal["expose", "wait", "switch", "finish"]


class Why(StrEnum):
    """The reason of a step, or of the ending of a filter."""

    WINDOW = "window"  # the Sun is not in its range yet
    LIGHT = "light"  # the filter's light is yet to come
    REST = "rest"  # the light has gone, and may come back
    LOOK = "look"  # little is known of the filter's light
    AIM = "aim"  # a flat
    CLOUD = "cloud"  # a flat, if what took the light was a cloud
    PLAN = "plan"  # the filter is next in the order that completes the most sets
    COMPLETE = "complete"
    GONE = "gone"  # the light left the exposures allowed
    CLIPS = "clips"  # pixels clip within the band
    UNSTABLE = "unstable"  # the light changes too much from frame to frame
    OUT_OF_TIME = "out_of_time"  # the Sun left its range
    MISSED = "missed"  # the twilight is over, or does not come


@dataclass(frozen=True, slots=True)
class Fact:
    """A reason with its figures."""

    why: Why
    figures: dict[str, float | str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Step:
    """What to do now.

    `expose` begins an exposure of `exposure_s` at once; `wait` is over after `seconds`; `switch`
    turns the wheel to `filter`; `finish` is the end.
    """

    action: Action
    fact: Fact
    filter: str | None = None
    exposure_s: float = 0.0
    seconds: float = 0.0

    @property
    def reason(self) -> str:
        """Say why, in a sentence."""
        from flatctl.core.sky.words import sentence

        return sentence(self.fact)


@dataclass(frozen=True, slots=True)
class SkyVerdict:
    """How a frame was judged, with the level that was expected (a fraction of full scale)."""

    verdict: Verdict
    expected: float

    @property
    def accepted(self) -> bool:
        """Tell whether it is a flat."""
        return self.verdict is Verdict.ACCEPTED
