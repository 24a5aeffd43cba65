"""The console beside real runs on the simulated rig, over real HTTP."""

import json
import os
import signal
import socket
import subprocess
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager

import pytest
from rigs import RunningRig, flatctl, simulated_rig, started

WITHIN_S = 60


@pytest.fixture(scope="module")
def rig(tmp_path_factory) -> Iterator[RunningRig]:
    folder = tmp_path_factory.mktemp("console")
    before = os.environ.get("XDG_STATE_HOME")
    os.environ["XDG_STATE_HOME"] = str(folder / "state")
    try:
        with simulated_rig(folder) as running:
            yield running
    finally:
        os.environ.pop("XDG_STATE_HOME")
        if before is not None:
            os.environ["XDG_STATE_HOME"] = before


class Console:
    def __init__(self, address: str, process: subprocess.Popen) -> None:
        self.address = address
        self.process = process

    def state(self) -> dict:
        with urllib.request.urlopen(f"{self.address}api/v1/state", timeout=20) as answer:
            return json.load(answer)

    def ask(self, what: str, **body: object) -> dict:
        request = urllib.request.Request(
            f"{self.address}api/v1/{what}",
            json.dumps(body).encode(),
            {"Content-Type": "application/json", "X-Flatctl": "1"},
        )
        with urllib.request.urlopen(request, timeout=20) as answer:
            return json.load(answer)

    def await_state(self, wanted: Callable[[dict], bool]) -> dict:
        deadline = time.monotonic() + WITHIN_S
        while not wanted(state := self.state()):
            assert time.monotonic() < deadline, state
            time.sleep(0.1)
        return state


@contextmanager
def console(rig: RunningRig) -> Iterator[Console]:
    process = started("serve", rig.config, "--listen", "127.0.0.1:0")
    try:
        assert process.stderr is not None
        yield Console(process.stderr.readline().split()[0], process)
    finally:
        process.kill()
        process.communicate()


def test_a_run_from_a_shell_is_seen_outlives_the_console_and_is_stopped_from_it(rig):
    with started("run", rig.config, "--filter", "L", "--count", "400") as run:
        with console(rig) as first:
            seen = first.await_state(lambda state: state["n"] and state["light"] == "on")
            first.process.kill()
        with console(rig) as second:
            again = second.await_state(lambda state: state["seq"] > 0)
            second.ask("stop")
            ended = second.await_state(lambda state: not state["running"])
        run.communicate(timeout=WITHIN_S)
    assert (
        seen["running"],
        again["run"] == seen["run"],
        run.returncode,
        ended["light"],
    ) == (True, True, 128 + signal.SIGTERM, "off")


def test_of_a_run_that_was_killed_the_light_is_not_known_until_it_is_put_out(rig):
    with (
        console(rig) as shown,
        started("run", rig.config, "--filter", "L", "--count", "400") as run,
    ):
        shown.await_state(lambda state: state["light"] == "on")
        run.kill()
        run.communicate()
        died = shown.await_state(lambda state: state["phase"] == "died")
        shown.ask("safe")
        dark = shown.await_state(lambda s: s["light"] == "off" and s["holder"] is None)
    assert (died["light"], dark["phase"]) == ("unknown", "died")


def test_two_hundred_half_requests_keep_nobody_out(rig):
    with console(rig) as shown, ExitStack() as held:
        host, _, port = shown.address.removeprefix("http://").rstrip("/").rpartition(":")
        for _ in range(200):
            half = held.enter_context(socket.create_connection((host, int(port)), timeout=20))
            half.sendall(b"GET / HTTP/1.1\r\nHost: ")
        assert shown.state()["light"]


def test_a_light_by_hand_is_out_even_where_nobody_is_left_to_put_it_out(rig):
    with started("panel", rig.config, "set", "100", "--for", "600") as hand:
        assert hand.stdout is not None
        assert "light on" in hand.stdout.readline()
        hand.kill()
        hand.communicate()
    deadline = time.monotonic() + WITHIN_S
    while "light off" not in flatctl("panel", rig.config, "status").stdout:
        assert time.monotonic() < deadline
        time.sleep(0.2)


def test_a_light_by_hand_goes_out_by_itself(rig):
    ended = flatctl("panel", rig.config, "set", "100", "--for", "1")
    assert [line.split(": ")[1].split(",")[0] for line in ended.stdout.splitlines()] == [
        "light on",
        "light off",
    ]
