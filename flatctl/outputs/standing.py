"""How a rig stands, folded from what its journal tells: what the console shows at a glance.

Where something is not known it says so: a light that nobody has told of is `unknown`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from flatctl import events
from flatctl.core.types import Light, LightSource
from flatctl.events import Event
from flatctl.outputs.jsonlines import to_plain
from flatctl.outputs.record import FilterRecord, RunRecord
from flatctl.outputs.sentences.reasons import why_words
from flatctl.outputs.stored import moment

BY_HAND = "by_hand"
_PROBLEMS_MAX = 20


class Phase(StrEnum):
    """What a rig is at."""

    IDLE = "idle"  # nobody drives it, and the last run has ended as it should
    DIED = "died"  # nobody drives it, and its last run has told of no end
    HELD = "held"  # a process has it that tells nothing of a run
    WAITING = "waiting"
    STARTING = "starting"
    SEARCH = "search"
    CAPTURE = "capture"
    DARK_FLATS = "dark_flats"
    ENDED = "ended"  # told of its end, and still at it


@dataclass
class Standing:
    """Take what a journal tells, line by line, and say how the rig stands."""

    record: RunRecord = field(default_factory=RunRecord)
    light: Light = Light.UNKNOWN
    light_at: datetime | None = None
    cover: str | None = None
    brightness: int | None = None
    exposing: events.Exposing | None = None
    waiting: events.Waiting | None = None
    last: events.Shot | None = None
    problems: list[dict[str, object]] = field(default_factory=list)
    seq: int = 0
    time: datetime | None = None
    _seen_to: bool = False

    def take(self, plain: Mapping[str, object], event: Event | None) -> None:
        """Take one line; `event` is what it says, where it is one of a run."""
        seq = plain.get("seq")
        self.seq = seq if isinstance(seq, int) else self.seq
        self.time = moment(plain.get("time")) or self.time
        if plain.get("event") == BY_HAND:
            self._by_hand(plain)
        if event is None:
            return
        self.record.take(event)
        self.waiting = event if isinstance(event, events.Waiting) else None
        match event:
            case events.RunStarted():
                self._seen_to = False
                self.problems = []
                self._lit(Light.UNKNOWN)
            case events.Exposing():
                self.exposing = event
                self._exposed(event)
            case events.Flat() | events.Trial() | events.Rejected():
                self.last = event
            case events.FaultSeen():
                self._problem(event, event.device, why_words(event.what), "")
            case events.Problem():
                self._problem(event, event.subject, event.what, event.mend)
            case events.FilterFinished() if event.why and event.outcome != "complete":
                self._problem(event, event.set, why_words(event.why), "")
            case events.RunFinished():
                self.exposing, self.brightness = None, None
                self.cover = event.cover or self.cover
                self._lit(event.light or Light.UNKNOWN)
            case _:
                pass

    def phase(self, holder: int | None, teller: int | None) -> Phase:
        """Return what the rig is at; `teller` is the process of the journal, where it lives."""
        if holder is None:
            begun = self.record.started is not None
            return Phase.DIED if begun and self.record.exit_code is None else Phase.IDLE
        if teller is None:
            return Phase.HELD
        if self.record.exit_code is not None:
            return Phase.ENDED
        if self.waiting is not None:
            return Phase.WAITING
        match self.exposing.kind if self.exposing else "":
            case "trial":
                return Phase.SEARCH
            case "flat":
                return Phase.CAPTURE
            case "dark_flat":
                return Phase.DARK_FLATS
            case _:
                return Phase.STARTING

    @property
    def current(self) -> FilterRecord | None:
        """The set that is taken now, or was taken last."""
        shot = self.exposing if self.exposing and self.exposing.set else self.last
        return self.record.filters.get(shot.set) if shot is not None and shot.set else None

    def facts(self) -> dict[str, object]:
        """Return figures of the run as they stand, none of them a guess."""
        now, last, exposing = self.current, self.last, self.exposing
        shown = last if last is None or now is None or last.set == now.name else None
        return {
            "filter": (exposing or last).filter if exposing or last else None,  # type: ignore[union-attr]
            "set": now.name if now else None,
            "n": now.on_disk if now else None,
            "of": now.wanted if now else None,
            "level": to_plain(shown)["level"] if shown else None,
            "target": now.target if now else None,
            "tolerance": now.tolerance if now else None,
            "brightness": exposing.brightness if exposing else self.brightness,
            "brightness_max": self.record.brightness_max or None,
            "exposure_s": (exposing or last).exposure_s if exposing or last else None,  # type: ignore[union-attr]
            "verdict": _verdict(last),
            "light": self.light.value,
            "light_time": self.light_at,
            "cover": self.cover,
            "problems": self.problems,
            "filters": [_filter(each) for each in self.record.filters.values()],
            "exit_code": self.record.exit_code,
        }

    def died(self) -> None:
        """Take it that the process has gone without a word: of its light nothing is known."""
        if self.light is not Light.UNKNOWN and not self._seen_to:
            self._lit(Light.UNKNOWN)

    def _by_hand(self, plain: Mapping[str, object]) -> None:
        self._seen_to = True
        told = str(plain.get("light"))
        self._lit(Light(told) if told in list(Light) else Light.UNKNOWN)
        brightness, cover = plain.get("brightness"), plain.get("cover")
        self.brightness = brightness if isinstance(brightness, int) else None
        self.cover = cover if isinstance(cover, str) else self.cover

    def _exposed(self, event: events.Exposing) -> None:
        if self.record.light_source is LightSource.SKY:
            return
        dark = event.kind == "dark_flat" or not event.brightness
        self._lit(Light.COMMANDED_OFF if dark else Light.ON)

    def _lit(self, light: Light) -> None:
        self.light, self.light_at = light, self.time

    def _problem(self, event: Event, subject: str, what: str, mend: str) -> None:
        told = {"time": event.time, "subject": subject, "what": what, "mend": mend}
        self.problems = [*self.problems, told][-_PROBLEMS_MAX:]


def _verdict(shot: events.Shot | None) -> str | None:
    match shot:
        case events.Trial():
            return str(shot.verdict)
        case events.Rejected():
            return f"rejected: {why_words(shot.why)}"
        case events.Flat():
            return "kept"
        case _:
            return None


def _filter(record: FilterRecord) -> dict[str, object]:
    return {
        "name": record.name,
        "done": record.on_disk,
        "wanted": record.wanted,
        "rejected": len(record.rejected),
        "outcome": record.outcome.value if record.outcome else None,
        "reason": why_words(record.why) if record.why else "",
    }
