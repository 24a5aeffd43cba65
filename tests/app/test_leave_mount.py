"""What `flatctl safe` makes of a mount that a killed run had pointed; no device is anywhere."""

from pathlib import Path
from types import SimpleNamespace

import pytest

from flatctl.app.wiring import sky
from flatctl.app.wiring.journal import Journal
from flatctl.errors import InUse
from flatctl.settings.loading import load

CONFIG = """
[rig]
latitude_deg = 50.1
longitude_deg = 8.7
[camera]
device = "C"
[sky]
[mount]
device = "M"
move = true
"""


@pytest.fixture
def left(tmp_path, monkeypatch):
    """Leave the mount as a run of these events has told; return what is told of it."""

    def leave(*events: str, used: InUse | None = None) -> tuple[str, int]:
        (tmp_path / "rig.toml").write_text(CONFIG)
        path = tmp_path / "journal"
        journal = Journal(path, {"rig": "rig"}, tuple({"event": each} for each in events))
        ended: list[bool] = []

        job = SimpleNamespace(pointing=SimpleNamespace(end=lambda: ended.append(True)))
        monkeypatch.setattr(sky, "all_journals", lambda: [journal])
        monkeypatch.setattr(sky, "disturbed", lambda *_: used)
        monkeypatch.setattr(sky, "make_sky", lambda *_, **__: job)
        return sky.leave_mount(load(Path(tmp_path / "rig.toml"), {}), None, None), len(ended)

    return leave


def test_one_that_was_pointed_and_not_left_is_left_now(left):
    assert left("run_started", "pointing") == ("; M: tracking off", 1)


@pytest.mark.parametrize("told", [(), ("run_started",), ("pointing", "run_finished")])
def test_one_that_no_run_has_left_so_is_not_touched(left, told):
    assert left(*told) == ("", 0)


def test_it_is_seen_to_once(left):
    assert left("pointing", "mount_seen_to") == ("", 0)


def test_another_program_that_exposes_keeps_it(left):
    used = InUse("C", "is exposing for another program", "wait", 54.0)
    assert left("pointing", used=used) == (
        "; M is left as it is: C is exposing for another program",
        0,
    )
