"""One device is one claim, however its address is spelled."""

import os
import socket

import pytest

from flatctl.devices.hosts import THIS_MACHINE, places
from flatctl.devices.lines import line_addresses


def own_addresses() -> list[str]:
    """Return an address of this machine that the network knows, where it has one."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("192.0.2.1", 9))  # nothing is sent
        except OSError:
            return []
        return [probe.getsockname()[0]]


SPELLINGS = [
    "localhost",
    "LOCALHOST",
    "localhost.",
    "localhost.localdomain",
    "127.0.0.1",
    "127.0.0.2",
    "127.1",
    "0.0.0.0",
    "::1",
    "[::1]",
    "0:0:0:0:0:0:0:1",
    "::ffff:127.0.0.1",
    "::ffff:7f00:2",
    socket.gethostname(),
    *own_addresses(),
]


def resolves(host: str) -> bool:
    try:
        socket.getaddrinfo(host.strip("[]"), None)
    except OSError:
        return False
    return True


@pytest.mark.parametrize("host", [each for each in SPELLINGS if resolves(each)])
def test_this_machine_has_one_name(host):
    assert places(host, 7624) == (f"{THIS_MACHINE}:7624",)


def test_another_machine_is_known_by_its_address():
    assert places("192.0.2.77", 7624) == ("192.0.2.77:7624",)
    assert places("::ffff:192.0.2.77", 7624) == ("192.0.2.77:7624",)


def test_a_name_with_several_addresses_shares_each_of_them(monkeypatch):
    found = [
        (socket.AF_INET, socket.SOCK_DGRAM, 0, "", ("192.0.2.77", 0)),
        (socket.AF_INET6, socket.SOCK_DGRAM, 0, "", ("2001:db8::7", 0, 0, 0)),
    ]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: found)
    assert places("observatory", 7624) == ("192.0.2.77:7624", "2001:db8::7:7624")


@pytest.mark.parametrize("host", ["no-such-host.invalid", "ü" * 70, ""])
def test_a_name_that_nobody_knows_is_no_error(host):
    assert places(host, 7624)


def test_two_ports_are_two_places():
    assert places("localhost", 7624) != places("localhost", 7625)


@pytest.mark.parametrize(
    "port",
    [
        "socket://localhost:4000",
        "socket://127.0.0.2:4000",
        "SOCKET://LocalHost:4000",
        "rfc2217://[::1]:4000",
        "rfc2217://localhost:4000?ign_set_control&timeout=3",
        "socket://localhost:4000/",
    ],
)
def test_a_line_over_the_network_is_one_by_whatever_protocol(port):
    assert line_addresses(port) == (f"line {THIS_MACHINE}:4000",)


def test_a_line_has_one_name_by_whatever_file(tmp_path):
    tty, other = os.openpty()
    try:
        port = os.ttyname(other)
        link = tmp_path / "panel"
        link.symlink_to(port)
        names = [set(line_addresses(each)) for each in (port, str(link), f"spy://{port}?file=x")]
        assert set.intersection(*names)
    finally:
        os.close(tty)
        os.close(other)


def test_two_lines_share_nothing():
    (tty, one), (pty, two) = os.openpty(), os.openpty()
    try:
        assert not {*line_addresses(os.ttyname(one))} & {*line_addresses(os.ttyname(two))}
    finally:
        for each in (tty, one, pty, two):
            os.close(each)


@pytest.mark.parametrize("port", ["", "://", "socket://", "socket://host:many", "hwgrep://067B"])
def test_no_spelling_is_an_error(port):
    assert line_addresses(port)
