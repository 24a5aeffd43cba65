"""Which Alpaca servers are found in the network, and which devices they have."""

import json
import socket
import threading
import time
from contextlib import contextmanager

import pytest
from scripted_alpaca import Device, HttpRefusal, scripted_alpaca

from flatctl.devices.alpaca import discovery
from flatctl.devices.transports import Role
from flatctl.errors import DeviceError

QUESTION = b"alpacadiscovery1"


def entry(name, kind, number=0, unique_id="u1"):
    return {
        "DeviceName": name,
        "DeviceType": kind,
        "DeviceNumber": number,
        "UniqueID": unique_id,
    }


@contextmanager
def answering(port, *answers, host="127.0.0.1"):
    """Answer what is asked on a UDP port, each question with all of these."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_DGRAM) as listening:
        listening.bind((host, port))
        listening.settimeout(0.05)
        over = threading.Event()

        def serve():
            while not over.is_set():
                try:
                    question, asker = listening.recvfrom(100)
                except TimeoutError:
                    continue
                if question == QUESTION:
                    for answer in answers:
                        listening.sendto(answer, asker)

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        try:
            yield
        finally:
            over.set()
            thread.join()


def told_of(port):
    return json.dumps({"AlpacaPort": port}).encode()


@pytest.fixture(autouse=True)
def port(monkeypatch):
    """Ask on a port of the test's own, and nobody but this machine."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as free:
        free.bind(("127.0.0.1", 0))
        found = free.getsockname()[1]
    monkeypatch.setattr(discovery, "PORT", found)
    monkeypatch.setattr(discovery, "broadcasts", lambda: [("127.0.0.1", found)])
    monkeypatch.setattr(discovery, "multicasts", lambda: [("::1", found, 0, 0)])
    monkeypatch.setattr(discovery, "_QUERY_S", 0.15)
    return found


def search(*named):
    told = []
    return discovery.discover(named, 5.0, told.append), told


def test_a_server_is_found_by_its_answer(port):
    with answering(port, told_of(11111)):
        assert discovery.find_servers() == [("127.0.0.1", 11111)]


@pytest.mark.parametrize(
    "answer",
    [
        b"",
        b"nonsense",
        b"[]",
        b"{}",
        b'{"AlpacaPort": "11111"}',
        b'{"AlpacaPort": true}',
        b'{"AlpacaPort": 0}',
        b'{"AlpacaPort": 65536}',
        b'{"AlpacaPort": 1e400}',
        b"\xff\xfe",
        b"[" * 1000,
        b"{" + b"x" * 5000,
    ],
)
def test_what_is_no_answer_names_no_port(answer):
    assert discovery.port_in(answer) is None


def test_what_is_no_answer_finds_nobody(port):
    with answering(port, b"nonsense"):
        assert discovery.find_servers() == []


def test_no_more_servers_are_believed_than_a_network_may_have(port):
    with answering(port, *map(told_of, range(1, 300))):
        assert len(discovery.find_servers()) == 64


def test_a_server_that_listens_on_ipv6_alone_is_found(port):
    try:
        with answering(port, told_of(4321), host="::1"):
            assert discovery.find_servers() == [("::1", 4321)]
    except OSError:
        pytest.skip("this machine has no IPv6")


def test_its_devices_are_told_with_address_name_and_roles(port):
    lists = [entry("ASI2600MM Pro", "Camera"), entry("Lid", "CoverCalibrator", 1, "u2")]
    camera = Device({"cameraxsize": 6248, "cameraysize": 4176, "cansetccdtemperature": True})
    devices = {"camera/0": camera, "covercalibrator/1": Device({"connected": False})}
    with scripted_alpaca(devices, lists) as server, answering(port, told_of(server.port)):
        (found, lid), told = search()
    assert (found.name, found.title) == (server.url("camera/0"), "ASI2600MM Pro")
    assert (found.unique_id, found.roles, found.connected) == ("u1", (Role.CAMERA,), True)
    assert (found.cooled, found.sensor_px) == (True, (6248, 4176))
    assert (lid.roles, lid.connected) == ((Role.PANEL, Role.COVER), False)
    assert told == []


def test_nothing_is_connected_by_looking(port):
    with scripted_alpaca(
        {"camera/0": Device({"connected": False})}, [entry("C", "Camera")]
    ) as server:
        search(("127.0.0.1", server.port))
        assert {way for way, _, _ in server.heard} == {"GET"}


def test_a_device_that_is_found_twice_is_listed_once_by_the_name_that_was_given(port):
    with (
        scripted_alpaca({"camera/0": Device()}, [entry("C", "Camera")]) as server,
        answering(port, told_of(server.port)),
    ):
        found, _ = search(("localhost", server.port))
    assert [one.name for one in found] == [f"alpaca://localhost:{server.port}/camera/0"]


def test_devices_of_other_types_have_no_role(port):
    with scripted_alpaca({}, [entry("Plug", "Switch"), entry("Sky", "ObservingConditions")]) as one:
        found, _ = search(("127.0.0.1", one.port))
    assert [each.roles for each in found] == [(), ()]


@pytest.mark.parametrize(
    "lists",
    [
        {"no": "list"},
        [
            3,
            None,
            {},
            {"DeviceType": "Camera"},
            entry("C", "Camera", -1),
            entry("C", "Camera", 0.5),
        ],
        [entry("C", 7), entry("C", "Camera", True)],
    ],
)
def test_a_list_that_makes_no_sense_has_no_devices(lists):
    with scripted_alpaca({}, lists) as server:
        assert search(("127.0.0.1", server.port)) == ([], [])


def test_a_server_that_has_no_list_is_told_of_and_the_others_are_listed():
    with (
        scripted_alpaca({"camera/0": Device()}, [entry("C", "Camera")]) as good,
        scripted_alpaca({}) as bad,
    ):
        found, told = search(("127.0.0.1", bad.port), ("127.0.0.1", good.port))
    assert [one.title for one in found] == ["C"]
    assert all(isinstance(each, DeviceError) for each in told)
    assert f"127.0.0.1:{bad.port}" in str(told[0])


def test_a_device_that_does_not_answer_is_listed_all_the_same():
    def crash():
        raise HttpRefusal(500, "crashed")

    with scripted_alpaca({"camera/0": Device({"connected": crash})}, [entry("C", "Camera")]) as one:
        found, _ = search(("127.0.0.1", one.port))
    assert [(each.title, each.connected) for each in found] == [("C", False)]


def test_nobody_there_takes_no_longer_than_two_questions(monkeypatch):
    monkeypatch.setattr(discovery, "_QUERY_S", 0.5)
    began_s = time.monotonic()
    assert search() == ([], [])
    assert time.monotonic() - began_s < 2.0


def test_every_interface_is_asked_by_its_broadcast_and_its_multicast(monkeypatch):
    monkeypatch.undo()
    assert ("127.0.0.1", discovery.PORT) in list(discovery.broadcasts())
    assert ("255.255.255.255", discovery.PORT) in list(discovery.broadcasts())
    indexes = {index for index, _ in socket.if_nameindex()}
    assert {target[3] for target in discovery.multicasts()} == {0, *indexes}
