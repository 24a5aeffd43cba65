"""A simulated rig over Alpaca in the test's own process, and programs that use it."""

from __future__ import annotations

from pathlib import Path

from hardware_sims.alpaca.rig import AlpacaRig

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
FLATS = 'filters = ["L"]\ncount = 3\nexposure_s = { start = 0.1, min = 0.02, max = 10.0 }\n'


def config_of(folder: Path, *tables: str, flats: str = FLATS, name: str = "alpaca") -> Path:
    """Write a configuration of these tables and return its path."""
    path = folder / f"{name}.toml"
    text = TABLES.format(name=name, tables="\n".join(tables), flats=flats, folder=folder)
    path.write_text(text, "utf-8")
    return path


def alpaca_panel(rig: AlpacaRig) -> str:
    """Return the table of a rig's panel."""
    return f'[panel]\nkind = "alpaca"\ndevice = "{rig.url("covercalibrator")}"\nsettle_s = 0\n'
