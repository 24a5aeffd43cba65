"""The lines of a run that stay, on a terminal and in a log: what is alike is said once."""

from collections.abc import Iterable

from flatctl import events
from flatctl.core.search.endings import Ending
from flatctl.events import Event, Rejected, Why
from flatctl.outputs.record import RunRecord
from flatctl.outputs.sentences.run import alike_line, finish_line, lines_of, result_line


def by_reason(rejected: Iterable[Rejected]) -> list[list[Rejected]]:
    """Return rejected frames, those that were so for the same kinds of reasons together."""
    found: dict[object, list[Rejected]] = {}
    for shot in rejected:
        found.setdefault(_kinds(shot.why), []).append(shot)
    return list(found.values())


class TalkLines:
    """Say what there is to say of each event.

    Of frames rejected for one reason in a set the first has a sentence, and all of them a count
    at the set's end. Where a `table` comes at the run's end, it says what ended a set short.
    """

    def __init__(self, *, table: bool = False) -> None:
        self._table = table

    def of(self, event: Event, run: RunRecord) -> list[str]:
        """Return the lines of an event that `run` has taken."""
        match event:
            case events.Rejected():
                alike = [_kinds(each.why) for each in run.of_event(event).rejected]
                return lines_of(run, event) if alike.count(_kinds(event.why)) <= 1 else []
            case events.FilterFinished():
                record = run.of_event(event)
                groups = by_reason(record.rejected)
                folded = [alike_line(record, each) for each in groups if len(each) > 1]
                return [*folded, finish_line(run, record, why=not self._table)]
            case events.RunFinished() if event.reason and not run.light_lost and self._table:
                # What ended the program is said by its last line, with the light.
                return [result_line(run)]
            case _:
                return lines_of(run, event)


def _kinds(why: Why) -> object:
    match why:
        case tuple():
            return tuple(each.kind for each in why)
        case Ending():
            return why.kind
        case _:
            return why
