"""`flatctl stop`: end whatever drives a rig, as Ctrl-C does, and say what became of its light."""

import os
import select
import signal

from flatctl.app.wiring.beside import Work, named
from flatctl.app.wiring.claim import describe_process
from flatctl.errors import Busy, ExitCode, NoReply
from flatctl.outputs.tables.status import ended_line, stopped_line

# A run that ends puts its light out first, and a panel that does not answer is given this long.
PATIENCE_S = 180.0


def stop(rig: str) -> tuple[str, ExitCode]:
    """Stop what drives a rig, named by its name or configuration; say how that ended, and the code.

    Raises `UsageError` where nothing is known of it, `Busy` where it is another user's, `NoReply`
    where it does not end.
    """
    work = named(rig)
    if work.pid is None:
        return ended_line(work.rig, work.record, work.config), ExitCode.COMPLETE
    who = describe_process(work.pid)
    _end(work, work.pid)
    after = named(rig)
    if after.journal is None or work.journal is None:
        return f"{work.rig}: {who} has ended", ExitCode.COMPLETE
    text, dark = stopped_line(after.rig, after.record, after.config)
    return text, ExitCode.COMPLETE if dark else ExitCode.LIGHT_UNKNOWN


def _end(work: Work, pid: int) -> None:
    """Send the signal to the very process that was asked for, and wait for its end."""
    who = describe_process(pid)
    try:
        process = os.pidfd_open(pid)
    except ProcessLookupError:
        return
    try:
        if named(work.config or work.rig).pid != pid:
            return  # it has ended, and the number may be another one's
        signal.pidfd_send_signal(process, signal.SIGTERM)
        if not select.select([process], [], [], PATIENCE_S)[0]:
            remedy = f"if it hangs: kill -9 {pid}, then flatctl safe {work.config}"
            raise NoReply(work.rig, f"{who} has not ended within {PATIENCE_S:.0f} s", remedy)
    except PermissionError as error:
        remedy = "stop it as that user, or as root"
        raise Busy(work.rig, f"{who} is another user's", remedy) from error
    finally:
        os.close(process)
