"""Every bench of a panel there is: what the files in `families/` offer, by kind and model.

Every kind of the catalogue needs a file there; `--device` replaces them all by one panel of real
hardware.
"""

from __future__ import annotations

import pkgutil
import tomllib
import urllib.parse
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any, ClassVar

import families
from panel_bench import Bench, build

from flatctl.devices.catalog import PANELS
from hardware_sims.fakes import FakeRig


@dataclass(frozen=True)
class InProcess:
    """The stand-in that the tests of the engine use: it has to behave like the real ones."""

    covered: ClassVar[bool] = True
    flips: ClassVar[bool] = True
    visible: ClassVar[bool] = True
    wired: ClassVar[bool] = False

    @contextmanager
    def bench(self, kind: str, folder: Path) -> Iterator[Bench]:
        """Make a rig on a virtual clock."""
        rig = FakeRig()
        yield Bench(kind, lambda: rig.panel, light=rig.world.light)


BENCHES: dict[str, dict[str, Any]] = {
    kind: models
    for found in pkgutil.iter_modules(families.__path__, "families.")
    for kind, models in import_module(found.name).BENCHES.items()
}
DOUBLES = {"fake": {"in-process": InProcess()}}


def names_of(fixtures: Collection[str]) -> list[str]:
    """Return the benches, as `kind model`, on which a test that uses these fixtures makes sense.

    Faults of the line are tried on one model of each kind.
    """
    found = []
    for kind, models in (BENCHES | DOUBLES).items():
        fitting = [
            f"{kind} {model}"
            for model, family in models.items()
            if (family.visible or "light" not in fixtures)
            and (family.covered or "cover" not in fixtures)
            and (family.flips or "flip_cover" not in fixtures)
            and (getattr(family, "stick", None) or "sticky_cover" not in fixtures)
            and (getattr(family, "clamps", False) or "clamp" not in fixtures)
            and (getattr(family, "stranger", None) or "rename" not in fixtures)
            and (family.wired or "wire" not in fixtures)
        ]
        found += fitting[:1] if "wire" in fixtures else fitting
    return found


def on_hardware(device: str) -> Bench:
    """Return a bench for `KIND:PORT` with options as in a query, each a TOML value or a text.

    `alnitak:/dev/ttyUSB0?filler=OOO&boot_delay_s=3.0`, `alnitak:socket://host:4000`.
    """
    kind, _, rest = device.partition(":")
    port, _, query = rest.partition("?")
    options = {name: _toml(text) for name, text in urllib.parse.parse_qsl(query)}
    if "port" in PANELS[kind].options.model_fields:
        options["port"] = port
    return Bench(kind, lambda: build(kind, options), limit_s=90.0)


def _toml(text: str) -> object:
    try:
        return tomllib.loads(f"value = {text}")["value"]
    except tomllib.TOMLDecodeError:
        return text
