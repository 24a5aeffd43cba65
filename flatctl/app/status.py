"""`flatctl status`: which rigs of this machine are at work, and how far they are."""

from collections.abc import Iterator

from flatctl.app.wiring.beside import Work, named, other_holders, works
from flatctl.app.wiring.claim import describe_process
from flatctl.outputs.tables.status import ended_line, work_lines


def status(rig: str | None) -> Iterator[str]:
    """Yield how the rigs of this machine stand, or the one of this name or configuration.

    Raises `UsageError` where nothing is known of a rig of that name.
    """
    if rig is not None:
        yield from _lines(named(rig))
        return
    known = [work for work in works() if work.pid is not None]
    for work in known:
        yield from _lines(work)
    others = other_holders({work.pid for work in known})
    yield from (f"{describe_process(pid)}: holds a panel or a rig" for pid in others)
    if not known and not others:
        yield "no rig of this machine is at work"


def _lines(work: Work) -> Iterator[str]:
    if work.pid is None:
        yield ended_line(work.rig, work.record, work.config)
    else:
        who = describe_process(work.pid)
        yield from work_lines(work.rig, who, work.began, work.record, work.exposing)
