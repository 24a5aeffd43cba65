"""`flatctl demo`: the main job on a simulated rig."""

import json
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from flatctl.app.run import run_settings, stored_in
from flatctl.errors import Unreachable
from flatctl.events import Event, RunStarted
from flatctl.outputs.record import Listener, RunRecord
from flatctl.outputs.run_names import REPORT_FILE, RUN_FILE
from flatctl.settings.loading import load
from flatctl.settings.plan import plan_flats

if TYPE_CHECKING:
    from flatctl.app.wiring.dusk_show import DuskClock

DEMO_FILTERS = ("L", "R", "Ha")
DEMO_COUNT = 6
START_S = 30.0


def dusk_clock() -> "DuskClock":
    """Return the clock of a dusk to look at."""
    from flatctl.app.wiring.dusk_show import DuskClock

    return DuskClock()


def demo(
    output: Path,
    listeners: Sequence[Listener],
    dusk: "DuskClock | None" = None,
    *,
    alpaca: bool = False,
) -> int:
    """Take the flats of three filters on a simulated rig and return the exit code.

    With the clock of a `dusk` the light is that of its sky, else a panel's, on a rig that speaks
    INDI and a serial line, or `alpaca` alone. Frames, `run.json` and
    `report.html` are in the night's folder below `output`; the last two can be reached from
    `output` itself as well.
    """
    nights: list[Path] = []

    def note(event: Event, _run: RunRecord) -> None:
        if isinstance(event, RunStarted):
            nights.append(event.folder)

    # What an earlier demo learned would spoil the show of the search.
    with TemporaryDirectory(prefix="flatctl-demo-") as folder:
        heard = [note, *listeners]
        history = Path(folder) / "history.sqlite"
        if dusk is not None:
            from flatctl.app.wiring.dusk_show import show_dusk

            code = show_dusk(output, history, dusk, heard)
        else:
            code = _by_panel(output, history, heard, alpaca=alpaca)
    for name in (RUN_FILE, REPORT_FILE):
        link = output / name
        link.unlink(missing_ok=True)
        link.symlink_to(nights[0].absolute().relative_to(output.absolute()) / name)
    return code


def _by_panel(output: Path, history: Path, listeners: Sequence[Listener], *, alpaca: bool) -> int:
    with _served(history.parent, *(["--alpaca"] if alpaca else [])) as config:
        settings = stored_in(load(config, env={}), output)
        fresh = settings.output.model_copy(update={"history": history})
        settings = settings.model_copy(update={"output": fresh})
        plan = partial(plan_flats, settings, only=DEMO_FILTERS, count=DEMO_COUNT)
        return run_settings(settings, plan, resume=False, listeners=listeners)


@contextmanager
def served_demo() -> Iterator[Path]:
    """Serve the simulated rig and give a configuration that keeps all it makes to itself."""
    with TemporaryDirectory(prefix="flatctl-demo-") as folder, _served(Path(folder)) as config:
        text = config.read_text(encoding="utf-8")
        own = Path(folder) / "demo.toml"
        output = f'directory = "{folder}/flats"\nhistory = "{folder}/history.sqlite"\n'
        own.write_text(f"{_without_output(text)}\n[output]\n{output}", encoding="utf-8")
        yield own


def _without_output(text: str) -> str:
    """Return a configuration without its table [output]."""
    kept, inside = [], False
    for line in text.splitlines():
        inside = line.strip() == "[output]" if line.startswith("[") else inside
        kept += [] if inside else [line]
    return "\n".join(kept)


@contextmanager
def _served(folder: Path, *options: str) -> Iterator[Path]:
    """Run the simulated rig in a process of its own and give the path of its configuration."""
    ready = folder / "ready.json"
    command = [sys.executable, "-m", "hardware_sims", "mono", "--ready", str(ready), *options]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, start_new_session=True) as rig:
        try:
            deadline = time.monotonic() + START_S
            while not ready.exists():
                if rig.poll() is not None or time.monotonic() > deadline:
                    raise Unreachable("simulated rig", "did not start", "see the lines above")
                time.sleep(0.05)
            yield Path(json.loads(ready.read_text(encoding="utf-8"))["config"])
        finally:
            rig.terminate()
