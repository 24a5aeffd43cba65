"""What systemd hears, on a socket like the one it gives to services."""

import os
import socket
import time

import pytest
from event_streams import told, typed

from flatctl.outputs.systemd import Service


@pytest.fixture
def systemd(tmp_path, monkeypatch):
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as line:
        line.bind(str(tmp_path / "n"))
        line.settimeout(5)
        monkeypatch.setenv("NOTIFY_SOCKET", str(tmp_path / "n"))
        monkeypatch.setenv("WATCHDOG_USEC", "150000")
        monkeypatch.setenv("WATCHDOG_PID", str(os.getpid()))
        yield line


def heard(line: socket.socket, wanted: str) -> str:
    """Return the first message that begins so; a silent line is an error."""
    while True:
        message = line.recv(1000).decode()
        if message.startswith(wanted):
            return message


def emptied(line: socket.socket) -> None:
    line.setblocking(False)
    try:
        while True:
            line.recv(1000)
    except BlockingIOError:
        line.settimeout(0.4)


def test_it_is_ready_once_it_has_begun(systemd):
    with Service(60):
        assert heard(systemd, "READY") == "READY=1"


def test_the_watchdog_hears_it_as_long_as_the_work_goes_on(systemd):
    with Service(60):
        assert heard(systemd, "WATCHDOG") == "WATCHDOG=1"
        assert heard(systemd, "WATCHDOG") == "WATCHDOG=1"


def test_the_watchdog_hears_nothing_of_work_that_hangs(systemd):
    with Service(0.0):
        emptied(systemd)
        with pytest.raises(TimeoutError):
            heard(systemd, "WATCHDOG")


def test_a_beat_is_a_sign_of_life(systemd):
    with Service(0.3) as service:
        time.sleep(0.35)
        service.beat()
        emptied(systemd)
        assert heard(systemd, "WATCHDOG") == "WATCHDOG=1"


def test_the_status_says_what_goes_on(systemd):
    with Service(60) as service:
        told(service, [typed("flat", filter="Ha", index=3, count=30)])
        assert heard(systemd, "STATUS") == "STATUS=Ha · flat 3 of 30"


def test_no_command_that_is_started_can_speak_in_its_name(systemd):
    Service(60)
    assert not {"NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID"} & os.environ.keys()


def test_an_abstract_address_will_do(monkeypatch):
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as line:
        line.bind(f"\0flatctl-test-{os.getpid()}-{time.monotonic_ns()}")
        line.settimeout(5)
        monkeypatch.setenv("NOTIFY_SOCKET", "@" + line.getsockname()[1:].decode())
        with Service(60):
            assert line.recv(100) == b"READY=1"


def test_a_systemd_that_is_gone_changes_nothing(tmp_path, monkeypatch):
    monkeypatch.setenv("NOTIFY_SOCKET", str(tmp_path / "nobody"))
    with Service(60) as service:
        told(service, [typed("waiting", what="morning")])


def test_without_systemd_nothing_is_sent(monkeypatch):
    monkeypatch.delenv("NOTIFY_SOCKET", raising=False)
    with Service(60) as service:
        told(service, [typed("waiting", what="morning")])
