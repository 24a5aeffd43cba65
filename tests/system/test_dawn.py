"""`flatctl dawn`, and word to the owner, on the simulated rig over real wires."""

import contextlib
import json
import signal
import socket
import time
from datetime import datetime

import pytest
import rigs

pytestmark = pytest.mark.timeout(180)

SECRET = "hunter2verysecret"


@pytest.fixture(scope="module")
def deaf_port():
    """A notification service that accepts and never answers."""
    with socket.create_server(("127.0.0.1", 0), backlog=50) as server:
        yield server.getsockname()[1]


@pytest.fixture(scope="module")
def systemd(tmp_path_factory):
    """The socket on which systemd hears its services."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as line:
        line.bind(str(tmp_path_factory.mktemp("systemd") / "notify"))
        line.setblocking(False)
        yield line


@pytest.fixture(scope="module")
def morning(tmp_path_factory, deaf_port, systemd):
    """A dawn that is now, with a notification service that is dead."""
    folder = tmp_path_factory.mktemp("rig")
    with (
        rigs.simulated_rig(folder) as rig,
        rigs.environment(
            FLATCTL_NOTIFY__URLS=f'["json://{SECRET}:{SECRET}@127.0.0.1:{deaf_port}/{SECRET}"]',
            NOTIFY_SOCKET=systemd.getsockname(),
            WATCHDOG_USEC="3000000",
            FLATCTL_DAWN__AFTER=f"touch {folder}/asked",
        ),
    ):
        run = rigs.flatctl(
            *("dawn", rig.config, "--at", f"{datetime.now():%H:%M}", "--count", 2, "--filter", "L"),
            *("--output", folder / "flats", "--json", "--no-resume"),
        )
        yield rig, run, folder / "flats", time.time()


def test_it_takes_the_flats_once_imaging_is_over(morning):
    _, run, folder, _ = morning
    assert run.returncode == 0, run.stderr
    assert (folder.parent / "asked").exists()
    assert len(list(folder.rglob("*.fits"))) == 2


def test_systemd_hears_that_it_is_up_and_alive_and_what_it_does(morning, systemd):
    heard = []
    with contextlib.suppress(BlockingIOError):
        while True:
            heard.append(systemd.recv(1000).decode())
    assert heard[0] == "READY=1"
    assert "WATCHDOG=1" in heard
    assert [line for line in heard if line.startswith("STATUS=")]


def test_the_lamp_is_off_afterwards(morning):
    assert morning[0].light()[-1]["lit"] is False


def test_a_dead_notification_service_is_told_and_costs_at_most_its_grace(morning):
    _, run, _, ended_s = morning
    told = rigs.events(run)
    ended = datetime.fromisoformat(told[-1]["time"]).timestamp()
    assert "flatctl: notify: " in run.stderr
    assert ended_s - ended < 30 + 15


def test_no_secret_is_in_any_file_or_in_what_is_said(morning):
    _, run, folder, _ = morning
    files = [path for path in folder.rglob("*") if path.is_file()]
    assert {"run.json", "report.html"} <= {path.name for path in files}
    assert not [path for path in files if SECRET.encode() in path.read_bytes()]
    assert SECRET not in run.stdout + run.stderr


def test_a_mistake_beside_a_secret_does_not_show_it(tmp_path, monkeypatch):
    monkeypatch.delenv("FLATCTL_NOTIFY__URLS", raising=False)
    config = tmp_path / "rig.toml"
    config.write_text(f"""
[camera]
device = "C"
[panel]
kind = "manual"
[notify]
urls = "json://{SECRET}@localhost"
url = "json://{SECRET}@localhost"
""")
    for debug in ("", "1"):
        with rigs.environment(FLATCTL_DEBUG=debug):
            run = rigs.flatctl("run", config)
        assert run.returncode == 3
        assert "notify.urls" in run.stderr
        assert SECRET not in run.stdout + run.stderr


def test_problems_are_told_at_once_and_a_second_dawn_is_refused(tmp_path):
    config = tmp_path / "rig.toml"
    config.write_text(f"""
[indi]
host = "127.0.0.1"
port = 1
[camera]
device = "{tmp_path}"
[panel]
kind = "manual"
[output]
directory = "{tmp_path / "flats"}"
""")
    hour = (datetime.now().hour + 12) % 24
    with rigs.started("dawn", config, "--at", f"{hour:02}:00", "--json") as waiting:
        for line in waiting.stdout:
            event = json.loads(line)
            if event["event"] == "problem":
                break
        assert (event["subject"], "nothing answers" in event["what"]) == ("INDI server", True)
        second = rigs.flatctl("dawn", config, "--at", "06:00")
        waiting.send_signal(signal.SIGTERM)
        assert waiting.wait(timeout=30) == 143
        waiting.stdout.read()
        waiting.stderr.read()
    assert second.returncode == 4
    assert f"is in use by process {waiting.pid}" in second.stderr
