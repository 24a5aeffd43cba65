"""Make the pictures of the documents from the program of today: `make pictures`.

All of them show the simulated rig, on a clock that takes no time, so that they are the same each
time. `tests/docs/test_pictures.py` fails when they are older than what they show.
"""

import argparse
import hashlib
import io
import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import chdir
from dataclasses import replace
from datetime import UTC
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from rich.console import Console

from flatctl.app.demo import DEMO_COUNT, DEMO_FILTERS
from flatctl.app.wiring.dusk_show import DuskClock, show_dusk
from flatctl.core.types import CameraSetup, FilterPlan
from flatctl.engine.job import Job
from flatctl.engine.rig import Rig, Timeouts
from flatctl.engine.run import Session
from flatctl.engine.stop import StopSignals
from flatctl.events import Event
from flatctl.outputs.png import png
from flatctl.outputs.progress import TerminalProgress
from flatctl.outputs.record import RunRecord
from flatctl.outputs.report import write_report
from flatctl.outputs.summary import end_table
from flatctl.settings.quality import Quality
from flatctl.storage.history import History
from flatctl.storage.writer import FrameWriter
from hardware_sims.fakes import FakeCamera, FakePanel, FakeRig
from hardware_sims.optics import Mote
from hardware_sims.scenarios import MONO
from hardware_sims.world import Scenario, World

ROOT = Path(__file__).parents[1]
IMAGES = ROOT / "docs" / "images"
COLUMNS = 84
TIMEOUTS = Timeouts(
    open_s=30.0, cooling_s=1200.0, readout_s=60.0, wheel_s=60.0, rotator_s=180.0, focuser_s=180.0
)
REPORT_PX = (1280, 1500)
FACTOR = 5
# Of the dusk only words are shown, and small frames are quickly made.
DUSK_SIZE = "320x256"
HALF_E = 7_600.0

Grey = NDArray[np.float64]


def demo_run() -> tuple[RunRecord, list[Event]]:
    """Take the flats of `make demo` on a virtual clock, below the present folder.

    Return what was told.
    """
    fake = FakeRig(MONO)
    camera = FakeCamera(fake.world, fake.clock, "Sim CCD")
    panel = FakePanel(fake.world, fake.clock, "Alnitak panel")
    told: list[Event] = []
    plans = [
        FilterPlan(name, count=DEMO_COUNT, exposure_start_s=0.5, exposure_min_s=0.05)
        for name in DEMO_FILTERS
    ]
    rig = Rig(
        camera,
        fake.wheel,
        panel,
        setup=CameraSetup(),
        timeouts=TIMEOUTS,
        clock=fake.clock,
    )
    with History(Path("history.sqlite")) as history:
        Session(
            rig,
            Job(
                rig="simulated-mono",
                plan=lambda _slots: plans,
                resume=False,
                quality=Quality().limits(),
            ),
            writer=FrameWriter(Path("flats"), UTC),
            history=history,
            emit=told.append,
            signals=StopSignals(),
        ).run()
    # The room on the disk is another one each time.
    told[-1] = replace(told[-1], free_bytes=None)  # type: ignore[call-arg]
    return RunRecord.of(told), told


def dusk_run() -> list[Event]:
    """Take the flats of `flatctl demo --light sky`, below the present folder.

    Return what was told.
    """
    told: list[Event] = []
    clock = DuskClock(times_faster=None)
    show_dusk(Path("dusk"), Path("dusk.sqlite"), clock, [lambda event, _: told.append(event)])
    told[-1] = replace(told[-1], free_bytes=None)  # type: ignore[call-arg]
    return told


def drawn_run(told: list[Event]) -> Console:
    """Return a terminal on which the run was watched to its end.

    It is none that can move its cursor: on the picture are the lines that stay.
    """
    screen = Console(file=io.StringIO(), record=True, width=COLUMNS)
    progress, run = TerminalProgress(screen), RunRecord()
    for event in told:
        run.take(event)
        progress(event, run)
    screen.print(end_table(run, COLUMNS))
    return screen


def run_lines(told: list[Event]) -> list[str]:
    """Return the lines of that terminal that hold anything."""
    text = drawn_run(told).export_text()
    return [line.rstrip() for line in text.splitlines() if line.strip()]


def run_svg(told: list[Event], title: str = "flatctl run") -> str:
    """Return that terminal as a picture."""
    return drawn_run(told).export_svg(title=title, unique_id=title.split()[-1])


def report_text(page: str) -> str:
    """Return what a report's look hangs on: its words and styles, without pictures and figures."""
    return re.sub(r"[\d.,−-]+", "0", re.sub(r'"data:[^"]*"', '""', page))


def report_digest(page: str) -> str:
    """Return a digest of that."""
    return hashlib.sha256(report_text(page).encode()).hexdigest()


def photographed(page: Path, target: Path) -> None:
    """Take a picture of a page with Chromium."""
    browser = shutil.which("chromium") or sys.exit("the picture of the report needs chromium")
    size = ",".join(map(str, REPORT_PX))
    options = ("--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars")
    command = [browser, *options, f"--window-size={size}", f"--screenshot={target}", page.as_uri()]
    subprocess.run(command, check=True, capture_output=True, timeout=120)
    # A palette does for a page of few colours, at a third of the size.
    Image.open(target).convert("RGB").quantize(128).save(target, optimize=True)


def good(**optics: object) -> Scenario:
    """Return the rig of the pictures, with something of its optics changed."""
    return replace(MONO, optics=replace(MONO.optics, **optics))  # type: ignore[arg-type]


def frame(rig: Scenario, light: float = 1.0) -> Grey:
    """Return a flat of that rig at `light` of the right level, less the level without light.

    Averaged down by `FACTOR`, as a picture is looked at.
    """
    world = World(rig, now=lambda: 0.1)
    exposure_s = light * HALF_E / rig.lamp.flux_e_s
    world.light.set(lit=True, brightness=world.light.maximum)
    pixels = world.expose(0.1, exposure_s, world.neutral()).astype(float) - 1000.0
    rows, cols = (size // FACTOR for size in pixels.shape)
    cells = pixels[: rows * FACTOR, : cols * FACTOR].reshape(rows, FACTOR, cols, FACTOR)
    return cells.mean(axis=(1, 3))


def stretched(picture: Grey, darkest: float = 0.70, brightest: float = 1.02) -> Grey:
    """Return fractions from 0 to 1 between two fractions of the picture's bright places."""
    light = picture / np.percentile(picture, 99)
    return np.clip((light - darkest) / (brightest - darkest), 0.0, 1.0)


def flats() -> dict[str, Callable[[], Grey]]:
    """Return what makes each picture of a flat, by its name."""
    pulsed = replace(
        MONO,
        lamp=replace(MONO.lamp, pwm_hz=400.0),
        sensor=replace(MONO.sensor, line_s=2.4e-5),
    )
    moved = good(shift_px=(14.0, -22.0), mote=Mote(300.0, 900.0, 40.0, 0.05))
    return {
        "good": lambda: stretched(frame(good())),
        "dim": lambda: stretched(frame(good(), light=0.02)),
        "gradient": lambda: stretched(frame(good(gradient_frac=0.25))),
        "banding": lambda: stretched(frame(pulsed)),
        "dust": lambda: stretched(frame(moved) / frame(good()), 0.90, 1.05),
        "leak": lambda: stretched(frame(good(leak_e_s=150_000.0), light=0.5)),
    }


def main() -> None:
    """Write the pictures."""
    argparse.ArgumentParser(description=__doc__).parse_args()
    # The report shows local time: on each machine the same.
    os.environ |= {"TZ": "UTC", "FLATCTL_SIM_SIZE": DUSK_SIZE}
    time.tzset()
    with TemporaryDirectory(prefix="flatctl-pictures-") as folder, chdir(folder):
        run, told = demo_run()
        (IMAGES / "run.svg").write_text(run_svg(told), encoding="utf-8")
        (IMAGES / "dusk.svg").write_text(run_svg(dusk_run(), "flatctl dusk"), encoding="utf-8")
        page = write_report(run, lambda path, text: path.write_text(text, encoding="utf-8"))
        photographed(page.absolute(), IMAGES / "report.png")
        digest = report_digest(page.read_text(encoding="utf-8"))
        (IMAGES / "report.digest").write_text(digest + "\n", encoding="utf-8")
    for name, drawn in flats().items():
        (IMAGES / f"flat-{name}.png").write_bytes(png(drawn()))


if __name__ == "__main__":
    main()
