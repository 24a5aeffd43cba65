"""Which local socket belongs to which server; the real thing is in the system tests."""

import pytest

from flatctl.devices.indi.wire import local
from flatctl.devices.indi.wire.local import NoLocalSocket, local_socket


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ([], (7624, "/tmp/indiserver")),
        (["-p", "7700", "indi_simulator_ccd"], (7700, "/tmp/indiserver")),
        (["-v", "-u", "/run/mine", "-p", "7700"], (7700, "/run/mine")),
        (["-vp", "7700", "-m", "1024", "indi_asi_ccd"], (7700, "/tmp/indiserver")),
        (["-pu", "7700", "/run/mine", "driver"], (7700, "/run/mine")),
        (["driver", "-p", "7700"], (7624, "/tmp/indiserver")),
        (["-p", "what"], (0, "/tmp/indiserver")),
        (["-p"], (0, "/tmp/indiserver")),
    ],
)
def test_a_servers_options_are_read_as_it_reads_them(words, expected):
    assert local._options(words) == expected


def test_another_machine_has_none_here():
    with pytest.raises(NoLocalSocket, match=r"192\.0\.2\.1") as refused:
        local_socket("192.0.2.1", 7624)
    assert not refused.value.could_be


def test_a_port_without_indiserver_has_none():
    with pytest.raises(NoLocalSocket, match="started with port 1") as refused:
        local_socket("localhost", 1)
    assert refused.value.could_be
