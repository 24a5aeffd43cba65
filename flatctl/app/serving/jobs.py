"""What the console does for those who ask: each time the program itself, in a process of its own.

So whatever is done from a page is done as from a shell, with its claims, its guards and its words.
A run has a session of its own and outlives the console. No process is ever killed from here.
"""

import os
import subprocess
import sys
import threading
import time
import uuid
from collections import OrderedDict
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import IO

from flatctl.app.serving.rig import ServedRig, now_utc
from flatctl.app.wiring.claim import describe_process
from flatctl.app.wiring.claims_seen import ClaimsSeen
from flatctl.app.wiring.journal import journal_folder, note_in_journal
from flatctl.errors import Busy, ExitCode

# As long as a service is granted to put its light out.
STOP_S = 360.0
_SAFE_S = 120.0
_STARTED_S = 60.0
_KEPT = 200
_SHOWN_LINES = 12
# Nobody who fell asleep has a lamp on all night.
HAND_S = 600.0


@dataclass
class Job:
    """Something that was asked for, and what came of it; `said` are the program's own words."""

    id: str
    rig: str
    what: str
    by: str
    time: datetime
    state: str = "running"
    exit_code: int | None = None
    said: str = ""
    steps: list[str] = field(default_factory=list)

    def plain(self) -> dict[str, object]:
        """Return it as the API has it."""
        return dict(vars(self)) | {"steps": list(self.steps)}


class Jobs:
    """The jobs of all rigs; of each rig one at a time, but for the way into the dark."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._jobs: OrderedDict[str, Job] = OrderedDict()
        self._keys: dict[tuple[str, str], str] = {}

    def get(self, job: str) -> Job | None:
        """Return a job by its id."""
        return self._jobs.get(job)

    def known(self, rig: ServedRig, key: str) -> Job | None:
        """Return the job that was asked for with this key before."""
        return self._jobs.get(self._keys.get((rig.name, key), "")) if key else None

    def run(self, rig: ServedRig, by: str, key: str, arguments: Sequence[str]) -> Job:
        """Begin a run: `arguments` are those of the command line, its first word the command.

        Raises `Busy` where somebody has the rig, or is about to.
        """
        return self._begin(rig, by, key, arguments[0], lambda job: self._run(job, rig, arguments))

    def stop(self, rig: ServedRig, by: str, key: str) -> Job:
        """End whatever drives a rig."""
        return self._begin(rig, by, key, "stop", lambda job: self._stop(job, rig))

    def safe(self, rig: ServedRig, by: str, key: str) -> Job:
        """Put the light out: whoever drives the rig is stopped first."""
        return self._begin(rig, by, key, "safe", lambda job: self._safe(job, rig))

    def panel(self, rig: ServedRig, by: str, key: str, action: Sequence[str]) -> Job:
        """Control a panel by hand, as `flatctl panel` does. Raises `Busy` as `run` does."""
        return self._begin(rig, by, key, "panel", lambda job: self._panel(job, rig, action))

    def _begin(
        self, rig: ServedRig, by: str, key: str, what: str, do: Callable[[Job], None]
    ) -> Job:
        with self._lock:
            known = self.known(rig, key)
            if known is not None:
                return known
            if what not in ("stop", "safe"):
                self._ensure_free(rig, by_hand=what == "panel")
            job = Job(uuid.uuid4().hex, rig.name, what, by, now_utc())
            self._jobs[job.id] = job
            if key:
                self._keys[rig.name, key] = job.id
            while len(self._jobs) > _KEPT:
                gone, _ = self._jobs.popitem(last=False)
                self._keys = {k: kept for k, kept in self._keys.items() if kept != gone}
        threading.Thread(target=self._do, args=(job, rig, do), daemon=True).start()
        return job

    def _ensure_free(self, rig: ServedRig, *, by_hand: bool) -> None:
        going_on = [j for j in self._jobs.values() if j.rig == rig.name and j.state == "running"]
        if going_on:
            raise Busy(rig.name, f"{going_on[-1].what} has just been asked for", "wait for it")
        claims = ClaimsSeen()
        rig.look(_looked(claims))
        if rig.holder is not None and not (by_hand and is_panel_by_hand(rig.holder)):
            who = describe_process(rig.holder)
            raise Busy(rig.name, f"is in use by {who}", "stop it first")

    def _do(self, job: Job, rig: ServedRig, do: Callable[[Job], None]) -> None:
        asked = partial(
            note_in_journal, rig.settings, {"event": "asked", "what": job.what, "by": job.by}
        )
        ends = job.what in ("stop", "safe")
        try:
            if ends:  # while there is somebody to whom it is done
                asked()
            do(job)
            if not ends:  # in the journal that it has begun
                asked()
        except Exception as error:  # noqa: BLE001 because whoever asked has to hear of it
            job.exit_code = int(ExitCode.INTERNAL) if job.exit_code is None else job.exit_code
            job.said = job.said or f"{type(error).__name__}: {error}"
        job.state = "failed" if job.exit_code else "done"

    def _run(self, job: Job, rig: ServedRig, arguments: Sequence[str]) -> None:
        before = rig.run
        said = journal_folder() / f"{job.id}.out"
        with suppress(OSError):
            said.parent.mkdir(parents=True, exist_ok=True)
        with said.open("wb") as out:
            child = _program(arguments, out)
        try:
            deadline = time.monotonic() + _STARTED_S
            while child.poll() is None and time.monotonic() < deadline:
                if rig.run != before and rig.head.get("pid") == child.pid:
                    job.exit_code, job.said = (
                        int(ExitCode.COMPLETE),
                        f"begun as process {child.pid}",
                    )
                    threading.Thread(target=child.wait, daemon=True).start()
                    return
                time.sleep(0.1)
            job.exit_code = child.poll()
            job.said = _last_lines(said)
            if job.exit_code is None:
                job.exit_code, job.said = (
                    int(ExitCode.COMPLETE),
                    f"process {child.pid} is getting ready",
                )
                threading.Thread(target=child.wait, daemon=True).start()
        finally:
            with suppress(OSError):
                said.unlink()

    def _stop(self, job: Job, rig: ServedRig) -> None:
        job.steps.append("stopping it, light out first")
        job.exit_code, job.said = _done(("stop", str(rig.config)), STOP_S)

    def _safe(self, job: Job, rig: ServedRig) -> None:
        rig.look(_looked(ClaimsSeen()))
        if rig.holder is not None:
            self._stop(job, rig)
            if job.exit_code not in (ExitCode.COMPLETE, ExitCode.LIGHT_UNKNOWN):
                job.steps.append("it was not stopped, so the panel was not touched")
                return
        job.steps.append("panel off")
        job.exit_code, job.said = _done(("safe", str(rig.config)), _SAFE_S)

    def _panel(self, job: Job, rig: ServedRig, action: Sequence[str]) -> None:
        if rig.holder is not None:
            self._stop(job, rig)
        command = ("panel", str(rig.config), *action)
        if "--for" not in action:
            job.exit_code, job.said = _done(command, _SAFE_S)
            return
        child = _program(command, subprocess.PIPE)
        assert child.stdout is not None
        job.said = child.stdout.readline(4096).decode("utf-8", "replace").strip()
        if job.said and child.poll() is None:
            job.exit_code = int(ExitCode.COMPLETE)
            # Nobody reads on, and nothing more is said.
            threading.Thread(target=child.wait, daemon=True).start()
        else:
            job.exit_code = child.wait()
            job.said = job.said or "it said nothing"


def is_panel_by_hand(pid: int) -> bool:
    """Tell whether a process is a `flatctl panel` that keeps a light on for a while."""
    with suppress(OSError):
        words = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
        return b"panel" in words and b"--for" in words
    return False


def _looked(claims: ClaimsSeen) -> ClaimsSeen:
    claims.look()
    return claims


def _program(arguments: Sequence[str], out: int | IO[bytes]) -> "subprocess.Popen[bytes]":
    return subprocess.Popen(
        [sys.executable, "-m", "flatctl", *arguments],
        stdin=subprocess.DEVNULL,
        stdout=out,
        stderr=subprocess.STDOUT,
        start_new_session=True,
        env=_environment(),
    )


def _done(arguments: Sequence[str], timeout_s: float) -> tuple[int, str]:
    """Call the program, and return its exit code and what it said at last."""
    with _program(arguments, subprocess.PIPE) as child:
        try:
            said, _ = child.communicate(timeout=timeout_s)
        except subprocess.TimeoutExpired:
            # It goes on: to end it might leave a light on.
            what = " ".join(arguments[:1])
            return int(
                ExitCode.DEVICE
            ), f"flatctl {what} has not ended within {timeout_s:.0f} s; it goes on"
    text = said.decode("utf-8", "replace").strip()
    return child.returncode, "\n".join(text.splitlines()[-_SHOWN_LINES:])


def _last_lines(path: Path) -> str:
    with suppress(OSError):
        lines = path.read_text("utf-8", "replace").strip().splitlines()
        return "\n".join(lines[-_SHOWN_LINES:])
    return ""


def _environment() -> dict[str, str]:
    """Return our environment without what systemd has given to us alone."""
    ours = ("NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID", "LISTEN_FDS", "LISTEN_PID")
    return {name: value for name, value in os.environ.items() if name not in ours}
