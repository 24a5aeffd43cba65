"""Who is named when INDI fails: our own process, the server, or a driver."""

from types import SimpleNamespace

import pytest
from virtual_lamp import LAMP, Driver, VirtualClient, clock_moved_by_tests

from flatctl.devices.indi.connecting import connect
from flatctl.devices.indi.wire.client import IndiClient
from flatctl.devices.transports import Role
from flatctl.errors import Fault, NoReply

CHILD = SimpleNamespace(kill=lambda: None)


@pytest.fixture
def client() -> IndiClient:
    made = IndiClient(socket="off")
    made._child = CHILD
    return made


def test_where_our_own_process_was_killed_nobody_is_sent_to_the_servers_log(client):
    client._on_exit(CHILD, "the process that speaks INDI is gone (SIGKILL)")
    with pytest.raises(NoReply, match=r"SIGKILL.*memory may have run out") as raised:
        client.wait_for(lambda _: None, 1)
    assert "indiserver" not in raised.value.remedy


def test_where_the_server_has_ended_its_log_is_named_though_our_process_ends_as_well(client):
    client._hear(CHILD, {"at": "lost", "what": "the connection ended (-1)"}, None)
    client._on_exit(CHILD, "the process that speaks INDI is gone (exit status 0)")
    with pytest.raises(NoReply, match=r"the connection ended \(-1\).*see indiserver's log"):
        client.wait_for(lambda _: None, 1)


def test_a_driver_that_has_lost_a_property_is_not_called_another_kind_of_device():
    with clock_moved_by_tests() as clock:
        client = VirtualClient(Driver(clock, [()]))
        with pytest.raises(Fault, match=r"is connected and has no FLAT_LIGHT_CONTROL_2; restart"):
            connect(client, LAMP, Role.PANEL, ("FLAT_LIGHT_CONTROL_2",), 5)


def test_a_device_of_another_kind_is_called_that():
    with clock_moved_by_tests() as clock:
        client = VirtualClient(Driver(clock, [()]))
        with pytest.raises(Fault, match=r"has no FILTER_SLOT: it is no filter wheel; of this kind"):
            connect(client, LAMP, Role.WHEEL, ("FILTER_SLOT",), 5)
