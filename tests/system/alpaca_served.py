"""A simulated rig over Alpaca in the test's own process, and programs that use it."""

from __future__ import annotations

import contextlib
import io
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path

from flatctl.app.run import run
from flatctl.cli import main
from flatctl.outputs.jsonlines import to_plain
from hardware_sims.alpaca.habits import named_rig
from hardware_sims.alpaca.rig import AlpacaRig
from hardware_sims.scenarios import scenario
from hardware_sims.world import World

TABLES = """
[rig]
name = "{name}"

{tables}
[flats]
{flats}
[output]
directory = "{folder}/flats"
history = "{folder}/history.sqlite"
"""
EXPOSURES = "count = 3\nexposure_s = { start = 0.1, min = 0.02, max = 10.0 }\n"
FLATS = f'filters = ["L"]\n{EXPOSURES}'


@contextmanager
def alpaca_served(
    name: str = "mono", *, world: World | None = None, **habits: object
) -> Iterator[AlpacaRig]:
    """Serve a scenario, with small frames and covers that are quick; or a `world` there is."""
    small = partial(scenario, rows=120, cols=160)
    sized, of_name = named_rig(name, alpaca=True, sized=small)
    with AlpacaRig(world or World(sized), replace(of_name, **{"cover_s": 0.1, **habits})) as rig:
        yield rig


def config_of(folder: Path, *tables: str, flats: str = FLATS, name: str = "alpaca") -> Path:
    """Write a configuration of these tables and return its path."""
    path = folder / f"{name}.toml"
    text = TABLES.format(name=name, tables="\n".join(tables), flats=flats, folder=folder)
    path.write_text(text, "utf-8")
    return path


def alpaca_panel(rig: AlpacaRig) -> str:
    """Return the table of a rig's panel."""
    return f'[panel]\nkind = "alpaca"\ndevice = "{rig.url("covercalibrator")}"\nsettle_s = 0\n'


def alpaca_camera(rig: AlpacaRig) -> str:
    """Return the tables of a rig's camera and wheel."""
    return (
        f'[camera]\ndevice = "{rig.url("camera")}"\n[wheel]\ndevice = "{rig.url("filterwheel")}"\n'
    )


def take_flats(config: Path) -> tuple[int, list[dict]]:
    """Run a configuration in this process; return the exit code, and what was told."""
    told: list[dict] = []
    code = run(config, resume=False, listeners=[lambda event, _: told.append(to_plain(event))])
    return code, told


def command(*arguments: object) -> tuple[int, str]:
    """Call the program in this process; return the exit code, and what it printed."""
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed), contextlib.redirect_stderr(printed):
        try:
            main([str(each) for each in arguments])
        except SystemExit as ending:
            return int(ending.code or 0), printed.getvalue()
    raise AssertionError("it does not end")
