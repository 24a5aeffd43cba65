"""The simulated rig as an Alpaca server: what goes over the wire."""

import http.client
import json
import socket
import struct
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
import pytest
from plain_alpaca import PlainAlpaca, until

from hardware_sims.alpaca.faults import FAULTS
from hardware_sims.alpaca.habits import AlpacaHabits
from hardware_sims.alpaca.rig import AlpacaRig
from hardware_sims.scenarios import scenario
from hardware_sims.world import World

ROWS, COLS = 31, 43


@contextmanager
def served(name: str = "mono", **habits: object) -> Iterator[tuple[AlpacaRig, PlainAlpaca]]:
    world = World(scenario(name, rows=ROWS, cols=COLS))
    with AlpacaRig(world, AlpacaHabits(**habits)) as rig:
        client = PlainAlpaca(rig.port)
        yield rig, client
        client.close()


# The protocol


def test_a_device_that_is_not_connected_answers_so_until_it_is():
    with served() as (_, client):
        assert client.get("gain").error == 0x407
        assert client.get("connected").value is False
        client.put("connect")
        until(lambda: client.get("connected").value, "it is connected")
        assert client.get("gain").value == 100


def test_answers_carry_the_clients_transaction_and_count_their_own():
    with served() as (_, client):
        said = [client.get("connected").body for _ in range(2)]
    assert [each["ClientTransactionID"] for each in said] == [41, 41]
    assert said[1]["ServerTransactionID"] == said[0]["ServerTransactionID"] + 1


@pytest.mark.parametrize("path", ["/api/v1/Camera/0/gain", "/api/v1/camera/0/Gain", "/api/v1/"])
def test_paths_are_lower_case(path):
    with served() as (_, client):
        assert client.raw("GET", path)[0] == 404


@pytest.mark.parametrize("path", ["/api/v1/camera/1/gain", "/api/v1/switch/0/name"])
def test_a_device_that_is_not_there_is_not_understood(path):
    with served() as (_, client):
        status, headers, body = client.raw("GET", path)
    assert (status, headers["Content-Type"]) == (400, "text/plain; charset=utf-8")
    assert b"there is no" in body


@pytest.mark.parametrize("values", [{"binx": 2}, {"BINX": 2}, {}, {"BinX": "two"}])
def test_names_of_parameters_count_in_every_letter_of_an_order(values):
    with served() as (_, client):
        client.connect()
        assert client.put("binx", **values).status == 400
        assert client.get("binx").value == 1


def test_an_answer_is_not_held_back():
    # Headers and body in two writes cost 40 ms each on a kept connection, for Nagle's sake.
    with served() as (rig, _), socket.create_connection(("127.0.0.1", rig.port)) as line:
        line.sendall(b"GET /api/v1/camera/0/connected HTTP/1.1\r\nHost: x\r\n\r\n")
        whole = line.recv(65536)
    assert json.loads(whole.partition(b"\r\n\r\n")[2])["Value"] is False


def test_management_lists_the_devices_by_stable_names():
    with served("dusk-clear") as (_, client):
        listed = json.loads(client.raw("GET", "/management/v1/configureddevices")[2])["Value"]
        again = json.loads(client.raw("GET", "/management/v1/configureddevices")[2])["Value"]
    assert {each["DeviceType"] for each in listed} >= {"Camera", "Telescope", "Dome"}
    assert len({each["UniqueID"] for each in listed}) == len(listed)
    assert again == listed


def test_discovery_tells_the_port_to_who_asks_rightly():
    world = World(scenario(rows=ROWS, cols=COLS))
    with (
        AlpacaRig(world, discovery_port=0) as rig,
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asking,
    ):
        asking.settimeout(10)
        for question in (b"hello", b"alpacadiscovery1"):
            asking.sendto(question, ("127.0.0.1", rig.discovery_port))
        assert json.loads(asking.recv(100)) == {"AlpacaPort": rig.port}


def test_a_terse_server_leaves_out_what_is_not_asked_for():
    with served(terse=True) as (_, client):
        assert set(client.get("connected").body) == {
            "Value",
            "ClientTransactionID",
            "ServerTransactionID",
        }
        assert client.get("gain").error == 0x407


# Images


@pytest.mark.parametrize(
    ("element", "form"),
    [
        (None, "<u2"),
        ("uint16", "<u2"),
        ("int32", "<i4"),
        ("uint32", "<u4"),
        ("int64", "<i8"),
        ("uint64", "<u8"),
        ("single", "<f4"),
        ("double", "<f8"),
    ],
)
def test_a_frame_over_the_wire_is_the_worlds_to_the_pixel(element, form, monkeypatch):
    with served(element=element) as (rig, client):
        frames = watched(rig.world, monkeypatch)
        client.connect("camera", "covercalibrator")
        client.put("calibratoron", "covercalibrator", Brightness=150)
        client.expose(0.2)
        over_wire = client.image()
        assert over_wire.dtype == np.dtype(form)
        np.testing.assert_array_equal(over_wire, frames[0])


@pytest.mark.parametrize(("highest", "form"), [(255, 6), (32767, 1), (65535, 8)])
def test_the_smallest_element_that_holds_a_frame_is_sent(highest, form, monkeypatch):
    with served() as (rig, client):
        pixels = (np.arange(ROWS * COLS) % (highest + 1)).astype(np.uint16).reshape(ROWS, COLS)
        pixels[3, 5] = highest
        monkeypatch.setattr(rig.world, "expose", lambda *_: pixels)
        client.connect().expose()
        header, _ = client.image_bytes()
        assert struct.unpack("<11i", header)[6] == form
        np.testing.assert_array_equal(client.image(), pixels)


def test_a_frame_as_json_is_the_same_columns(monkeypatch):
    with served() as (rig, client):
        frames = watched(rig.world, monkeypatch)
        client.connect().expose()
        said = client.get("imagearray").body
    assert (said["Type"], said["Rank"]) == (2, 2)
    np.testing.assert_array_equal(np.array(said["Value"]).T, frames[0])


def test_a_part_of_a_binned_frame_is_what_was_asked_for(monkeypatch):
    with served() as (rig, client):
        frames = watched(rig.world, monkeypatch)
        client.connect()
        for member, value in {"BinX": 2, "BinY": 3, "StartX": 4, "StartY": 1}.items():
            assert not client.put(member.lower(), **{member: value}).error
        client.put("numx", NumX=11)
        client.put("numy", NumY=7)
        client.expose()
        np.testing.assert_array_equal(client.image(), frames[0])
        assert frames[0].shape == (7, 11)


def test_a_frame_that_reaches_beyond_the_sensor_is_refused():
    with served() as (_, client):
        client.connect()
        client.put("binx", BinX=2)  # NumX stays, as the API has it
        assert client.put("startexposure", Duration=0.1, Light=True).error == 0x401


def test_three_planes_come_as_such():
    with served("osc", planes=True) as (_, client):
        client.connect().expose()
        assert client.image().shape == (ROWS, COLS, 3)
        assert client.get("sensortype").value == 1


def watched(world: World, monkeypatch: pytest.MonkeyPatch) -> list[np.ndarray]:
    """Return what will hold the frames that the world gives."""
    frames: list[np.ndarray] = []
    expose = world.expose

    def exposed(*asked: object) -> np.ndarray:
        frames.append(expose(*asked))
        return frames[-1]

    monkeypatch.setattr(world, "expose", exposed)
    return frames


# Faults


def test_after_a_restart_frame_settings_and_connection_are_gone():
    with served() as (rig, client):
        client.connect()
        client.put("gain", Gain=60)
        client.expose()
        rig.restart()
        client = PlainAlpaca(rig.port)
        assert client.get("connected").value is False
        client.connect()
        told = [client.get(each).value for each in ("imageready", "camerastate", "gain")]
        client.close()
    assert told == [False, 0, 100]


def test_who_does_not_listen_refuses():
    with served() as (rig, _):
        rig.stop_listening()
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection(("127.0.0.1", rig.port))
        rig.listen()
        socket.create_connection(("127.0.0.1", rig.port)).close()


@pytest.mark.parametrize("late", [True, False])
def test_an_aborted_exposure_is_over_unless_it_goes_on_as_the_next(late):
    with served(late_after_abort=late) as (_, client):
        client.connect()
        client.put("startexposure", Duration=0.2, Light=True)
        client.put("abortexposure")
        assert client.get("camerastate").value == 0
        client.put("startexposure", Duration=5.0, Light=True)
        if late:
            until(lambda: client.get("imageready").value, "the late frame", timeout_s=4.0)
            assert client.get("lastexposureduration").value == 0.2
        else:
            assert client.get("camerastate").value == 2


def test_an_image_stalls_half_way():
    with served() as (rig, client):
        client.connect().expose()
        rig.order("camera", "imagearray", "stall")
        line = http.client.HTTPConnection("127.0.0.1", rig.port, timeout=0.3)
        line.request("GET", "/api/v1/camera/0/imagearray", headers={"Accept": "application/json"})
        answer = line.getresponse()
        length = int(answer.getheader("Content-Length"))
        assert len(answer.read1(length // 2)) > 0
        with pytest.raises(TimeoutError):
            answer.read()
        line.close()
        assert client.get("imageready").value is True, "others are served meanwhile"


def test_an_image_is_cut_short():
    with served() as (rig, client):
        client.connect().expose()
        rig.order("camera", "imagearray", "cut")
        with pytest.raises(http.client.IncompleteRead):
            client.image()


def test_an_error_comes_in_the_place_of_pixels():
    with served() as (rig, client):
        client.connect().expose()
        rig.order("camera", "imagearray", "image-error")
        header, text = client.image_bytes()
        assert struct.unpack("<11i", header)[1] == 0x500
        assert b"sensor" in text


def test_an_image_of_other_dimensions():
    with served() as (rig, client):
        client.connect().expose()
        rig.order("camera", "imagearray", "misshapen")
        header, pixels = client.image_bytes()
        _, _, *_, cols, rows, _ = struct.unpack("<11i", header)
        assert cols * rows * 2 < len(pixels)


def test_a_fault_comes_when_it_was_ordered_and_goes():
    with served() as (rig, client):
        rig.order("camera", "connected", "fails", after=1, times=2)
        assert [client.get("connected").error for _ in range(4)] == [0, 0x500, 0x500, 0]


@pytest.mark.parametrize("name", [name for name, fault in FAULTS.items() if not fault.carried_out])
def test_what_comes_in_the_place_of_an_answer_is_not_carried_out(name):
    with served() as (rig, client):
        client.connect("covercalibrator")
        rig.order("covercalibrator", "calibratoron", name)
        with PlainAlpacaThatMayFail(rig.port) as trying:
            trying.put("calibratoron", "covercalibrator", Brightness=9)
        assert not rig.world.light.lit


class PlainAlpacaThatMayFail(PlainAlpaca):
    """A client to whom anything may happen."""

    def __init__(self, port: int) -> None:
        super().__init__(port, timeout_s=0.2)

    def __enter__(self) -> "PlainAlpaca":
        return self

    def __exit__(self, kind: object, error: object, traceback: object) -> bool:
        self.close()
        return isinstance(error, OSError | http.client.HTTPException)


def test_who_says_nothing_for_long_is_dropped():
    with (
        served(keeps_s=0.05) as (rig, _),
        socket.create_connection(("127.0.0.1", rig.port)) as line,
    ):
        line.settimeout(10)
        assert line.recv(1) == b""


def test_each_client_connects_by_itself_and_is_forgotten_after_a_silence(monkeypatch):
    now_s = [100.0]
    world = World(scenario(rows=ROWS, cols=COLS), now=lambda: now_s[0])
    with AlpacaRig(world, AlpacaHabits(per_client=True, idle_drop_s=120.0)) as rig:
        one, other = PlainAlpaca(rig.port, 1), PlainAlpaca(rig.port, 2)
        one.connect()
        assert (one.get("gain").error, other.get("gain").error) == (0, 0x407)
        now_s[0] += 121.0
        assert one.get("gain").error == 0x407
        one.close()
        other.close()
