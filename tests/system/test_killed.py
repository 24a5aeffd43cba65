"""A run that is killed, and what systemd calls then: the unit's own ExecStopPost."""

import json
import shlex
import signal
import subprocess
import threading
import tomllib
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest
import rigs

pytestmark = pytest.mark.timeout(300)

UNIT = Path(__file__).parents[2] / "config" / "systemd" / "flatctl-dawn@.service"
LOST = "light unknown, it MAY STILL BE ON"


def exec_stop_post(config: Path) -> list[str]:
    """Return the command of the unit as on a computer where flatctl is installed here."""
    (line,) = (each for each in UNIT.read_text("utf-8").splitlines() if "ExecStopPost=" in each)
    installed, given = "/opt/flatctl/.venv/bin/flatctl", "/etc/flatctl/%i.toml"
    return [
        word.replace(installed, str(rigs.FLATCTL)).replace(given, str(config))
        for word in shlex.split(line.partition("=")[2])
    ]


def kill_in_the_middle(rig: rigs.RunningRig, folder: Path) -> None:
    run = rigs.started("run", rig.config, "--output", folder, "--json", "--no-resume")
    with run:
        for line in run.stdout:
            if json.loads(line)["event"] == "flat":
                run.kill()
                break
        run.stdout.read()
        assert run.wait(timeout=60) == -signal.SIGKILL
    assert rig.light()[-1]["lit"] is True


@contextmanager
def mailbox() -> Iterator[tuple[int, list[dict]]]:
    """Take messages as a service on the web does; yield its port and what has come."""
    came: list[dict] = []

    class Box(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            came.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    server = HTTPServer(("127.0.0.1", 0), Box)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield server.server_port, came
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def test_after_a_kill_the_units_last_command_puts_the_light_out(tmp_path):
    with rigs.simulated_rig(tmp_path) as rig:
        kill_in_the_middle(rig, tmp_path / "flats")
        after = subprocess.run(
            exec_stop_post(rig.config), capture_output=True, text=True, timeout=120, check=False
        )
        assert (after.returncode, "light off" in after.stdout) == (0, True), after.stderr
        assert rig.light()[-1]["lit"] is False


def test_after_a_kill_with_the_panel_gone_it_says_so_soon_ends_at_a_signal_and_sends_word(tmp_path):
    with mailbox() as (port, came):
        with rigs.simulated_rig(tmp_path) as rig:
            kill_in_the_middle(rig, tmp_path / "flats")
            written = rig.config.read_text()
        config = tmp_path / "rig.toml"
        # What would mute any other message.
        muted = f'\n[notify]\nurls = ["json://127.0.0.1:{port}"]\noccasions = []\n'
        config.write_text(written + muted)
        with (
            # The name of the old one may be another test's by now.
            rigs.environment(FLATCTL_PANEL__PORT=str(tmp_path / "gone")),
            subprocess.Popen(exec_stop_post(config), stderr=subprocess.PIPE, text=True) as after,
        ):
            assert "set by the environment" in after.stderr.readline()
            first = after.stderr.readline()
            after.send_signal(signal.SIGTERM)
            last = after.stderr.read().splitlines()[-1]
            assert after.wait(timeout=60) == 8
    assert "light unknown so far; still trying" in first
    assert LOST in last
    ((title, text),) = [(each["title"], each["message"]) for each in came]
    assert "THE LAMP MAY BE ON" in title
    assert "stopped by SIGTERM" in text
    assert LOST in text


@pytest.mark.nightly
def test_a_rig_that_is_killed_under_a_run_is_told_with_what_came_first_and_the_light(tmp_path):
    port = tmp_path / "panel"
    with rigs.simulated_rig(tmp_path) as rig:
        port.symlink_to(tomllib.loads(rig.config.read_text())["panel"]["port"])
        with rigs.environment(FLATCTL_PANEL__PORT=str(port)):
            run = rigs.started("run", rig.config, "--output", tmp_path / "flats", "--json")
        for line in run.stdout:
            if json.loads(line)["event"] == "flat":
                break
        port.unlink()
    with run:
        told = [json.loads(line) for line in run.stdout]
        last = run.stderr.read().splitlines()
        assert run.wait(timeout=240) == 8
    assert any("the connection is lost" in line for line in last[-4:])
    assert LOST in last[-1]
    assert (told[-1]["event"], told[-1]["exit_code"], told[-1]["light"]) == (
        "run_finished",
        8,
        "unknown",
    )
