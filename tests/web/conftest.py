import json
import os

import pytest
from asgi import Console

from flatctl.app.serving.rig import ServedRig
from flatctl.web.access import Access

CONFIG = """
[rig]
name = "{name}"

[camera]
device = "CCD Simulator"

[wheel]
device = "Filter Simulator"

[panel]
kind = "alnitak"
port = "{folder}/no-such-port"

[flats]
filters = ["L", "Ha"]

[output]
directory = "{folder}/flats"
history = "{folder}/history.sqlite"
"""


@pytest.fixture(autouse=True)
def own_state(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))


@pytest.fixture
def config(tmp_path):
    path = tmp_path / "rig.toml"
    path.write_text(CONFIG.format(name="north", folder=tmp_path))
    return path


@pytest.fixture
def rig(config):
    return ServedRig.of(config)


@pytest.fixture
def console(rig):
    return Console([rig], Access(None))


@pytest.fixture
def told(tmp_path):
    """Write a journal of the rig: its head, and then these events."""

    def write(*events: dict, **head: object) -> None:
        folder = tmp_path / "state" / "flatctl" / "live"
        folder.mkdir(parents=True, exist_ok=True)
        first = {"rig": "north", "pid": os.getpid(), "claims": [], "time": "2026-11-28T04:00:00Z"}
        lines = [first | head]
        lines += [
            {"seq": n, "time": f"2026-11-28T04:00:{n:02d}Z", **event}
            for n, event in enumerate(events, 1)
        ]
        (folder / "north.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))

    return write
