"""A run told to the person who takes the pictures: what to set next, and how many are good."""

from typing import TextIO

from flatctl import events
from flatctl.core.shutter import HALVES, THIRDS, speed_of
from flatctl.core.types import Verdict
from flatctl.events import Event, Preparation
from flatctl.outputs import figures
from flatctl.outputs.jsonlines import Outlet
from flatctl.outputs.record import RunRecord
from flatctl.outputs.sentences.reasons import waiting_words
from flatctl.outputs.summary import summary_lines
from flatctl.outputs.talk_lines import TalkLines

_WIDTH = 100


class ByHandTalk:
    """Write short lines to `stderr`, and the table at the run's end to `stdout`.

    `results=False` leaves stdout to somebody else. `again` is the command that goes on with it.
    The bell rings where something is to be changed, on a terminal.
    """

    def __init__(
        self, stdout: TextIO, stderr: TextIO, *, results: bool = True, again: str = ""
    ) -> None:
        self._outlet = Outlet(stderr)
        self._bell = "\a" if stderr.isatty() else ""
        self._results = Outlet(stdout) if results else None
        self._lines = TalkLines(table=results)
        self._again = again
        self._told: tuple[str, float, str] | None = None  # filter, exposure and kind told last
        self._pending: tuple[events.Exposing, RunRecord] | None = None
        self._wished = ""  # by the camera, whose words stand in where nothing else was told

    def __call__(self, event: Event, run: RunRecord) -> None:
        """Take one event."""
        for line in self._of(event, run):
            self._outlet.write(f"{line}\n")
        if self._results is not None and isinstance(event, events.RunFinished):
            self._results.write("\n".join(summary_lines(run, _WIDTH, again=self._again)) + "\n")

    def _of(self, event: Event, run: RunRecord) -> list[str]:
        match event:
            case events.RunStarted():
                return [_begin(event)]
            case events.Exposing():
                # A picture may be there already: it is told once somebody is waited for.
                self._pending = event, run
                return []
            case events.Waiting():
                return self._waiting(event)
            case events.Trial():
                good = event.verdict is Verdict.ACCEPTED
                verdict = "good" if good else figures.words(event.verdict.value)
                return [f"  {figures.percent(event.level, 0)}: {verdict}"]
            case events.Flat():
                level = figures.percent(event.level, 0)
                return [f"  {event.index} of {event.count}: {event.path.name}, {level}"]
            case events.DarkFlat():
                return [f"  dark flat {event.index} of {event.count}: {event.path.name}"]
            case events.FilterStarted():
                again = f"{event.present} of {event.wanted} counted before"
                return [again] if event.present else []
            case events.PanelCurve() | events.SetQuality() | events.RunFinished():
                return []
            case _:
                return [figures.printable(line) for line in self._lines.of(event, run)]

    def _take_pending(self) -> list[str]:
        """Return the wish that nothing has answered yet, once."""
        pending, self._pending = self._pending, None
        if pending is None:
            return []
        wish, run = pending
        told = wish.filter, wish.exposure_s, wish.kind
        before, self._told = self._told, told
        if told == before and wish.kind != "trial":
            return []
        return [
            f"{self._bell}{_wish(wish, run, same=before is not None and told[:2] == before[:2])}"
        ]

    def _waiting(self, event: events.Waiting) -> list[str]:
        awaited = None if isinstance(event.what, str) else event.what.what
        if awaited is Preparation.ANOTHER:
            return [f"{self._bell}{figures.printable(event.says)}"]
        if awaited is Preparation.PICTURE:
            before, self._wished = self._wished, event.says
            if self._pending is not None:
                return self._take_pending()
            if event.says == before:
                return []
            # What comes next is another thing again.
            self._told = None
            return [f"{self._bell}{figures.printable(event.says)}"]
        is_trouble = awaited is None or awaited in _TROUBLES
        return [figures.printable(waiting_words(event))] if is_trouble else []


_TROUBLES = (Preparation.DEVICES, Preparation.OTHERS, Preparation.DARK)


def _wish(event: events.Exposing, run: RunRecord, *, same: bool) -> str:
    """Say what to set, unless that is the `same` as before, and what to take."""
    begin = "Take" if same else f"Set {shutter(event.exposure_s)}, then take"
    panel = figures.brightness(event.brightness, run.brightness_max)
    lit = f" (light {panel})" if panel else ""
    match event.kind:
        case "trial":
            return f"{begin} one picture{lit}."
        case "dark_flat":
            return f"{begin} pictures without light: cover the telescope."
        case _:
            left = max(run.of_event(event).wanted - event.n + 1, 1)
            return f"{begin} {figures.plural(left, 'picture')} like this{lit}."


def shutter(exposure_s: float) -> str:
    """Return an exposure as it is set on a camera: what is really a speed by its name, `1/30 s`."""
    near = (speed_of(exposure_s, ladder) for ladder in (THIRDS, HALVES))
    exact = (speed for speed in near if speed is not None and speed.real_s == exposure_s)
    return next(map(str, exact), figures.seconds(exposure_s))


def _begin(event: events.RunStarted) -> str:
    names = f" through {', '.join(event.filters)}" if len(event.filters) > 1 else ""
    name = next(iter(event.sets), "")
    target, tolerance = event.target.get(name, 0.0), event.tolerance.get(name, 0.0)
    low, high = figures.percent(target - tolerance, 0), figures.percent(target + tolerance, 0)
    return (
        f"{event.camera}: full at {figures.adu(event.full_scale_adu)} ADU; good is "
        f"{low.removesuffix(' %')} to {high} of it{names}. Report: {event.folder}"
    )
