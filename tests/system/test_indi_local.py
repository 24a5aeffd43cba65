"""The local socket of a real indiserver: found by itself, only of the right server, else TCP."""

import os

import numpy as np
import pytest
from indiserver import CCD, TELESCOPE, Server, indiserver

from flatctl.core.types import CameraSetup, FrameKind
from flatctl.devices.indi.camera import IndiCamera
from flatctl.devices.indi.wire.client import IndiClient

pytestmark = pytest.mark.indi_bin


@pytest.fixture(scope="module")
def server():
    with indiserver(CCD, TELESCOPE) as running:
        yield running


@pytest.fixture(scope="module")
def other():
    with indiserver(TELESCOPE) as running:
        yield running


def connected_over(host: str, server: Server, told: list[str], **options) -> str | None:
    with IndiClient(host, server.port, tell=told.append, **options) as client:
        client.open(20)
        client.need("Telescope Simulator", "CONNECTION", 20)
        return client.path


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1"])
def test_the_socket_of_a_server_here_is_found_and_used(server, host):
    told = []
    assert connected_over(host, server, told) == str(server.home / "socket")
    assert told == []


def test_it_can_be_given(server):
    path = str(server.home / "socket")
    assert connected_over("localhost", server, [], socket=f"@{path}") == path


def test_it_can_be_refused(server):
    told = []
    assert connected_over("localhost", server, told, socket="off") is None
    assert told == []


def test_the_socket_of_another_server_is_not_used(server, other):
    told = []
    wrong = str(other.home / "socket")
    assert connected_over("localhost", server, told, socket=wrong) is None
    assert len(told) == 1
    assert wrong in told[0]


def test_that_there_is_none_is_told_once(server):
    told = []
    with IndiClient("localhost", server.port, socket="/nowhere", tell=told.append) as client:
        client.open(20)
        client.close()
        client.open(20)
    assert len(told) == 1


def frames(server: Server, way: str, count: int) -> list:
    with IndiClient("localhost", server.port, socket=way) as client:
        client.open(20)
        client.set_switch("Telescope Simulator", "CONNECTION", "CONNECT", 20)
        camera = IndiCamera(client, "CCD Simulator")
        camera.open(20)
        camera.prepare(CameraSetup(gain=50, offset=10), 20)
        taken = []
        for number in range(count):
            camera.start(0.05 * (number + 1), FrameKind.FLAT)
            taken.append(camera.read(20))
        camera.close()
        return taken


def test_a_frame_stays_as_it_is_when_the_next_ones_come(server):
    taken = frames(server, "auto", 4)
    levels = [float(np.median(frame.pixels)) for frame in taken]
    # Each has its own exposure, so that one in another's memory would show.
    assert levels == pytest.approx([levels[0] * n for n in (1, 2, 3, 4)], rel=0.05)


def test_both_ways_give_the_same_light(server):
    local, remote = (frames(server, way, 1)[0] for way in ("auto", "off"))
    assert float(np.median(local.pixels)) == pytest.approx(np.median(remote.pixels), rel=0.01)


def test_frames_give_their_memory_back(server):
    def open_files() -> int:
        return len(os.listdir("/proc/self/fd"))

    frames(server, "auto", 1)
    before = open_files()
    frames(server, "auto", 5)
    assert open_files() <= before
