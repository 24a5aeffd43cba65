"""The INDI devices on a real indiserver with the stock simulators."""

import itertools
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import numpy as np
import pytest
from indiserver import CCD, LIGHTPANEL, TELESCOPE, WHEEL, Server, free_port, indiserver

from flatctl.core.types import CameraSetup, FrameKind
from flatctl.devices.indi.camera import IndiCamera
from flatctl.devices.indi.discovery import list_devices
from flatctl.devices.indi.panel import IndiPanel
from flatctl.devices.indi.wheel import IndiFilterWheel
from flatctl.devices.indi.wire.client import IndiClient
from flatctl.devices.transports import Role
from flatctl.errors import BadReply, ConfigError, DeviceError, Fault, InUse, NoReply, Unreachable

pytestmark = pytest.mark.indi_bin

CAMERA = "CCD Simulator"
SETUP = CameraSetup(gain=50, offset=10)


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    with indiserver(CCD, WHEEL, TELESCOPE, LIGHTPANEL) as running:
        yield running


@pytest.fixture(scope="module")
def client(server: Server) -> Iterator[IndiClient]:
    with IndiClient("localhost", server.port) as connected:
        # The simulated camera only sees light once it knows a telescope.
        connected.open(20)
        connected.set_switch("Telescope Simulator", "CONNECTION", "CONNECT", 20)
        yield connected


@pytest.fixture
def camera(client: IndiClient) -> Iterator[IndiCamera]:
    camera = IndiCamera(client, CAMERA)
    camera.open(20)
    yield camera
    camera.close()


@pytest.fixture
def wheel(client: IndiClient) -> Iterator[IndiFilterWheel]:
    wheel = IndiFilterWheel(client, "Filter Simulator")
    wheel.open(20)
    yield wheel
    wheel.close()


@pytest.fixture
def panel(client: IndiClient) -> Iterator[IndiPanel]:
    panel = IndiPanel(client, "Light Panel Simulator")
    panel.open(20)
    yield panel
    panel.light_off(20)
    panel.close()


def ask(server: Server, name: str) -> list[str]:
    """Ask with the stock client, which shares nothing with ours."""
    command = ["indi_getprop", "-p", str(server.port), "-1", name]
    return subprocess.run(command, capture_output=True, text=True, timeout=20).stdout.split()


def tell(server: Server, setting: str) -> None:
    subprocess.run(["indi_setprop", "-p", str(server.port), setting], check=True, timeout=20)


def until(holds: Callable[[], bool], timeout_s: float = 20.0) -> None:
    deadline = time.monotonic() + timeout_s
    while not holds():
        assert time.monotonic() < deadline, "it never happened"
        time.sleep(0.02)


# --- what should work -----------------------------------------------------------------------


def test_a_camera_says_what_it_is(client: IndiClient):
    info = IndiCamera(client, CAMERA).open(20)

    assert (info.width_px, info.height_px, info.bits) == (1280, 1024, 16)
    assert (info.exposure_min_s, info.exposure_max_s) == (0.01, 3600)


def test_a_prepared_camera_stands_as_asked(server: Server, camera: IndiCamera):
    tell(server, f"{CAMERA}.UPLOAD_MODE.UPLOAD_LOCAL=On")
    tell(server, f"{CAMERA}.CCD_FRAME.X;Y;WIDTH;HEIGHT=10;10;100;100")

    state = camera.prepare(CameraSetup(binning=2, gain=33, offset=77, temperature_c=0.5), 60)

    assert (state.binning, state.gain, state.offset) == (2, 33, 77)
    assert state.temperature_c == pytest.approx(0.5, abs=0.5)
    assert ask(server, f"{CAMERA}.CCD_GAIN.GAIN") == ["33"]
    assert ask(server, f"{CAMERA}.CCD_FRAME.WIDTH") == ["1280"]
    assert ask(server, f"{CAMERA}.UPLOAD_MODE.UPLOAD_CLIENT") == ["On"]
    assert ask(server, f"{CAMERA}.CCD_COMPRESSION.INDI_DISABLED") == ["On"]
    assert ask(server, f"{CAMERA}.CCD_FRAME_TYPE.FRAME_FLAT") == ["On"]


def test_a_live_view_is_left_alone_and_ended_before_the_first_exposure_of_a_camera_that_is_taken(
    server: Server, camera
):
    tell(server, f"{CAMERA}.CCD_VIDEO_STREAM.STREAM_ON=On")
    until(lambda: ask(server, f"{CAMERA}.CCD_VIDEO_STREAM.STREAM_ON") == ["On"])

    with pytest.raises(InUse):
        camera.prepare(SETUP, 20)
    assert ask(server, f"{CAMERA}.CCD_VIDEO_STREAM.STREAM_ON") == ["On"]

    camera.take_over()
    camera.prepare(SETUP, 20)
    assert ask(server, f"{CAMERA}.CCD_VIDEO_STREAM.STREAM_OFF") == ["On"]


@pytest.mark.parametrize("binning", [1, 2])
def test_a_frame_has_the_size_of_the_binned_sensor(camera: IndiCamera, binning: int):
    camera.prepare(CameraSetup(binning=binning), 20)
    camera.start(0.1, FrameKind.FLAT)
    frame = camera.read(20)

    assert frame.pixels.shape == (1024 // binning, 1280 // binning)
    assert frame.pixels.dtype == np.uint16
    assert len(frame.header.cards) % 80 == 0
    assert frame.exposure_s == 0.1


def test_more_exposure_makes_a_brighter_flat(camera: IndiCamera):
    camera.prepare(SETUP, 20)
    medians = []
    for exposure_s in (0.05, 0.1):
        camera.start(exposure_s, FrameKind.FLAT)
        medians.append(float(np.median(camera.read(20).pixels)))

    assert medians[1] == pytest.approx(2 * medians[0], rel=0.1)


@pytest.mark.parametrize(
    ("kind", "word"), [(FrameKind.FLAT, b"Flat Frame"), (FrameKind.DARK_FLAT, b"Dark Frame")]
)
def test_the_driver_knows_what_a_frame_is_for(camera: IndiCamera, kind: FrameKind, word: bytes):
    camera.prepare(SETUP, 20)
    camera.start(0.1, kind)

    assert word in camera.read(20).header.cards


def test_an_abandoned_exposure_leaves_no_frame_behind(camera: IndiCamera):
    camera.prepare(SETUP, 20)
    camera.start(1.0, FrameKind.FLAT)
    camera.start(0.2, FrameKind.FLAT)

    header = camera.read(20).header.cards

    assert b"2.000000E-01" in next(card for card in cards(header) if card.startswith(b"EXPTIME"))


def cards(header: bytes) -> list[bytes]:
    return [header[i : i + 80] for i in range(0, len(header), 80)]


def test_a_wheel_turns_to_a_filter_by_its_name(server: Server, wheel: IndiFilterWheel):
    wheel.select("Blue", 20)
    assert ask(server, "Filter Simulator.FILTER_SLOT.FILTER_SLOT_VALUE") == ["3"]

    wheel.select("Red", 20)
    assert ask(server, "Filter Simulator.FILTER_SLOT.FILTER_SLOT_VALUE") == ["1"]


def test_a_filter_already_in_place_is_selected_too(wheel: IndiFilterWheel):
    wheel.select("Green", 20)
    wheel.select("Green", 20)


def test_a_camera_may_be_its_own_wheel(client: IndiClient, camera: IndiCamera):
    wheel = IndiFilterWheel(client, CAMERA)
    names = wheel.open(20)

    wheel.select(names[1], 20)


def test_a_panel_shines_as_bright_as_asked(server: Server, panel: IndiPanel):
    assert panel.open(20) == range(256)

    panel.set_brightness(200, 20)

    status = panel.status(5)
    assert (status.lit, status.brightness) == (True, 200)
    assert ask(server, "Light Panel Simulator.FLAT_LIGHT_CONTROL.FLAT_LIGHT_ON") == ["On"]


def test_a_panel_goes_out(server: Server, panel: IndiPanel):
    panel.set_brightness(10, 20)
    panel.light_off(20)

    assert panel.status(5).lit is False
    assert ask(server, "Light Panel Simulator.FLAT_LIGHT_CONTROL.FLAT_LIGHT_OFF") == ["On"]


def test_a_panel_does_not_follow_the_wheel_while_it_is_open(server: Server, client: IndiClient):
    panel = IndiPanel(client, "Light Panel Simulator")
    watched = "Light Panel Simulator.ACTIVE_DEVICES.ACTIVE_FILTER"
    before = ask(server, watched)

    panel.open(20)
    until(lambda: ask(server, watched) == [])
    panel.close()

    until(lambda: ask(server, watched) == before)


def test_the_devices_are_listed_with_their_roles(client: IndiClient):
    roles = {one.name: one.roles for one in list_devices(client, 20)}

    assert Role.CAMERA in roles[CAMERA]
    assert roles["Filter Simulator"] == (Role.WHEEL,)
    assert roles["Light Panel Simulator"] == (Role.PANEL,)


def test_hundreds_of_settings_leave_nothing_open(client: IndiClient, panel: IndiPanel):
    panel.set_brightness(1, 20)
    before = len(os.listdir("/proc/self/fd"))
    for brightness in itertools.islice(itertools.cycle(range(256)), 300):
        panel.set_brightness(brightness, 20)

    assert len(os.listdir("/proc/self/fd")) == before


def test_frames_leave_nothing_open(camera: IndiCamera):
    camera.prepare(CameraSetup(binning=4), 20)
    before = len(os.listdir("/proc/self/fd"))
    for _ in range(5):
        camera.start(0.01, FrameKind.FLAT)
        camera.read(20)

    assert len(os.listdir("/proc/self/fd")) == before


# --- wishes that can't be granted -----------------------------------------------------------


def test_an_unknown_device_is_reported_with_the_nearest_name(client: IndiClient):
    with pytest.raises(Unreachable, match=r"did you mean 'CCD Simulator'\?.*fix \[camera\] device"):
        IndiCamera(client, "ccd simulater").open(5)


def test_a_panel_is_no_camera(client: IndiClient):
    with pytest.raises(Fault, match="no camera; of this kind there: CCD Simulator"):
        IndiCamera(client, "Light Panel Simulator").open(5)


def test_a_mount_is_not_even_connected(server: Server, client: IndiClient):
    tell(server, "Telescope Simulator.CONNECTION.DISCONNECT=On")

    with pytest.raises(Fault, match="mount"):
        IndiFilterWheel(client, "Telescope Simulator").open(5)

    assert ask(server, "Telescope Simulator.CONNECTION.CONNECT") == ["Off"]
    client.set_switch("Telescope Simulator", "CONNECTION", "CONNECT", 20)


def test_an_unknown_filter_is_reported_with_those_there_are(wheel: IndiFilterWheel):
    with pytest.raises(ConfigError, match=r"'Bleu'; did you mean 'Blue'\? there: Red, Green, Blue"):
        wheel.select("Bleu", 5)


@pytest.mark.parametrize(
    ("setup", "complaint"),
    [
        (CameraSetup(gain=120), "allowed: 0 to 100"),
        (CameraSetup(binning=9), "allowed: 1 to 4"),
        (CameraSetup(iso=800), "remove camera.iso"),
        (CameraSetup(readout_mode="fast"), "remove camera.readout_mode"),
        (CameraSetup(temperature_c=-200), "allowed: -50 to 50"),
    ],
)
def test_a_setup_the_camera_can_not_take_is_a_fault(camera, setup: CameraSetup, complaint: str):
    with pytest.raises(Fault, match=complaint):
        camera.prepare(setup, 20)


def test_a_refusal_hidden_by_an_ok_is_seen(
    client: IndiClient, camera: IndiCamera, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("flatctl.devices.indi.wire.client._check_allowed", lambda *_: None)

    with pytest.raises(Fault, match="Valid range is from 0 to 100"):
        client.set(CAMERA, "CCD_GAIN", {"GAIN": 120}, 10)


def test_a_temperature_out_of_reach_is_a_fault():
    with own_rig(CCD) as (_, client):
        camera = IndiCamera(client, CAMERA)
        camera.open(20)

        with pytest.raises(Fault, match="does not reach -40"):
            camera.prepare(CameraSetup(temperature_c=-40), 1)


def test_an_exposure_out_of_the_drivers_limits_is_a_fault(camera: IndiCamera):
    camera.prepare(SETUP, 20)
    with pytest.raises(Fault, match=r"it allows 0\.01 to 3600 s"):
        camera.start(4000, FrameKind.FLAT)


@pytest.mark.parametrize("exposure_s", [0, -1, float("nan"), float("inf")])
def test_a_length_that_is_none_is_a_value_error(camera: IndiCamera, exposure_s: float):
    with pytest.raises(ValueError, match="an exposure of"):
        camera.start(exposure_s, FrameKind.FLAT)


def test_a_brightness_outside_the_range_is_a_value_error(panel: IndiPanel):
    with pytest.raises(ValueError, match="outside 0 to 255"):
        panel.set_brightness(256, 5)


def test_a_camera_that_was_not_prepared_does_not_expose(client: IndiClient):
    camera = IndiCamera(client, CAMERA)
    camera.open(20)

    with pytest.raises(Fault, match="prepare it again"):
        camera.start(0.1, FrameKind.FLAT)


def test_a_camera_over_a_renewed_connection_wants_to_be_prepared_again(server: Server):
    with IndiClient("localhost", server.port) as client:
        camera = IndiCamera(client, CAMERA)
        camera.open(20)
        camera.prepare(CameraSetup(gain=41), 20)
        assert client.pid is not None
        os.kill(client.pid, signal.SIGKILL)
        until(lambda: client._end != "")

        with pytest.raises(Fault, match="was lost and is renewed"):
            camera.start(0.1, FrameKind.FLAT)

        camera.open(20)
        camera.prepare(CameraSetup(gain=41), 20)
        camera.start(0.1, FrameKind.FLAT)
        assert camera.read(20).pixels.shape == (1024, 1280)
        camera.close()


def test_a_frame_for_another_program_is_not_taken_for_ours(server: Server, camera: IndiCamera):
    camera.prepare(SETUP, 20)
    camera.start(2.0, FrameKind.FLAT)
    tell(server, f"{CAMERA}.CCD_EXPOSURE.CCD_EXPOSURE_VALUE=0.5")

    with pytest.raises(BadReply, match=r"exposed 0\.5 s instead of 2 s"):
        camera.read(20)


# --- what breaks, and works again afterwards ------------------------------------------------


@contextmanager
def own_rig(*drivers: str, silence_s: float = 10.0) -> Iterator[tuple[Server, IndiClient]]:
    with ExitStack() as stack:
        server = stack.enter_context(indiserver(*drivers))
        client = stack.enter_context(IndiClient("localhost", server.port, silence_s=silence_s))
        yield server, client


def takes_a_frame(camera: IndiCamera) -> bool:
    camera.open(20)
    camera.prepare(SETUP, 20)
    camera.start(0.1, FrameKind.FLAT)
    return camera.read(20).pixels.shape == (1024, 1280)


def expose(camera: IndiCamera, exposure_s: float = 30.0) -> None:
    camera.open(20)
    camera.prepare(SETUP, 20)
    camera.start(exposure_s, FrameKind.FLAT)


def seconds_to_fail(camera: IndiCamera, kind: type[DeviceError], timeout_s: float = 60.0) -> float:
    began_s = time.monotonic()
    with pytest.raises(kind):
        camera.read(timeout_s)
    return time.monotonic() - began_s


def test_a_killed_server_is_noticed_at_once_and_reached_again():
    with own_rig(CCD) as (server, client):
        camera = IndiCamera(client, CAMERA)
        expose(camera)
        server.stop()
        assert seconds_to_fail(camera, NoReply) < 5
        with pytest.raises(Unreachable, match="refused"):
            camera.open(5)

        server.start()

        assert takes_a_frame(camera)


def test_nobody_else_gets_the_port_of_a_server_that_is_away():
    with own_rig(CCD) as (server, client):
        server.stop()
        with socket.socket() as other, pytest.raises(OSError, match="in use"):
            other.bind(("127.0.0.1", server.port))

        server.start()

        client.open(20)


def test_a_killed_driver_is_noticed_at_once_and_used_again():
    with own_rig(CCD) as (server, client):
        camera = IndiCamera(client, CAMERA)
        expose(camera)
        os.kill(server.driver_pid(CCD), signal.SIGKILL)

        assert seconds_to_fail(camera, Fault) < 5
        assert takes_a_frame(camera)


def test_a_driver_restarted_between_exposures_has_to_be_prepared_again():
    with own_rig(CCD) as (server, client):
        camera = IndiCamera(client, CAMERA)
        assert takes_a_frame(camera)
        old = server.driver_pid(CCD)
        os.kill(old, signal.SIGKILL)
        until(lambda: server.driver_pid(CCD) != old)
        until(lambda: client.find(CAMERA, "CCD_EXPOSURE") is None)

        with pytest.raises(Fault, match="prepare it again"):
            camera.start(0.1, FrameKind.FLAT)


def test_a_restarted_driver_gets_a_new_child_since_the_old_one_keeps_its_last_frame():
    with own_rig(CCD) as (server, client):
        pids = set()
        for _ in range(3):
            # The simulator begins with the same noise each time, as no camera does.
            assert takes_a_frame(IndiCamera(client, CAMERA))
            pids.add(client.pid)
            old = server.driver_pid(CCD)
            os.kill(old, signal.SIGKILL)
            until(lambda old=old: server.driver_pid(CCD) != old)
            until(lambda: CAMERA in client.look(lambda registry: registry.lost))
        assert len(pids) == 3


def test_a_killed_child_is_noticed_at_once_and_replaced():
    with own_rig(CCD) as (_, client):
        camera = IndiCamera(client, CAMERA)
        expose(camera)
        old = client.pid
        assert old is not None
        os.kill(old, signal.SIGKILL)

        assert seconds_to_fail(camera, NoReply) < 5
        assert takes_a_frame(camera)
        assert client.pid != old


def test_a_frozen_child_is_noticed_and_replaced():
    with own_rig(CCD, silence_s=1.0) as (_, client):
        camera = IndiCamera(client, CAMERA)
        expose(camera)
        assert client.pid is not None
        os.kill(client.pid, signal.SIGSTOP)

        assert seconds_to_fail(camera, NoReply) < 15
        assert takes_a_frame(camera)


def test_a_stopped_server_is_no_reply_within_the_deadline():
    with own_rig(CCD) as (server, client):
        camera = IndiCamera(client, CAMERA)
        camera.open(20)
        camera.prepare(SETUP, 20)
        server.send_signal(signal.SIGSTOP)
        camera.start(30.0, FrameKind.FLAT)  # which the server passes on once it goes on
        assert seconds_to_fail(camera, NoReply, timeout_s=1.0) < 10
        with pytest.raises(NoReply, match="said nothing"):
            camera.open(2)

        server.send_signal(signal.SIGCONT)

        assert takes_a_frame(camera)


def test_a_stopped_driver_is_no_reply_within_the_deadline():
    with own_rig(CCD) as (server, client):
        camera = IndiCamera(client, CAMERA)
        camera.open(20)
        os.kill(server.driver_pid(CCD), signal.SIGSTOP)
        with pytest.raises(NoReply, match="did not answer"):
            camera.prepare(SETUP, 1)

        os.kill(server.driver_pid(CCD), signal.SIGCONT)

        assert takes_a_frame(camera)


def test_the_light_goes_out_even_after_the_child_was_killed():
    with own_rig(LIGHTPANEL) as (server, client):
        panel = IndiPanel(client, "Light Panel Simulator")
        panel.open(20)
        panel.set_brightness(100, 20)
        assert client.pid is not None
        os.kill(client.pid, signal.SIGKILL)
        until(lambda: not Path(f"/proc/{client.pid}").exists())

        with pytest.raises(Fault, match="was lost and is renewed"):
            panel.light_off(20)

        assert ask(server, "Light Panel Simulator.FLAT_LIGHT_CONTROL.FLAT_LIGHT_OFF") == ["On"]


def test_the_light_goes_out_even_after_the_server_was_restarted():
    with own_rig(LIGHTPANEL) as (server, client):
        panel = IndiPanel(client, "Light Panel Simulator")
        panel.open(20)
        panel.set_brightness(100, 20)
        server.stop()
        server.start()

        until(lambda: client._end != "")
        with pytest.raises(Fault, match="was lost and is renewed"):
            panel.light_off(20)

        panel.open(20)
        assert panel.status(5).lit is False


def restart_driver(server: Server, driver: str, client: IndiClient, device: str) -> None:
    """Kill it, and wait until the next one has introduced itself to the client."""

    def born() -> int:
        return client.look(lambda r: r.devices[device].born if device in r.devices else 0)

    old_pid, old = server.driver_pid(driver), born()
    os.kill(old_pid, signal.SIGKILL)
    until(lambda: server.driver_pid(driver) != old_pid)
    until(lambda: born() > old and client.find(device, "CONNECTION") is not None)


@pytest.mark.parametrize("turn", [IndiFilterWheel.select, IndiFilterWheel.start])
def test_a_wheel_whose_driver_was_restarted_says_so_before_it_turns_again(turn):
    with own_rig(WHEEL) as (server, client):
        wheel = IndiFilterWheel(client, "Filter Simulator")
        wheel.open(20)
        wheel.select("Red", 20)
        restart_driver(server, WHEEL, client, "Filter Simulator")

        with pytest.raises(Fault, match="its driver was restarted since"):
            turn(wheel, "Green", 20)

        wheel.open(20)
        wheel.select("Green", 20)


def test_a_wheel_over_a_renewed_connection_says_so_before_it_turns_again():
    with own_rig(WHEEL) as (_, client):
        wheel = IndiFilterWheel(client, "Filter Simulator")
        wheel.open(20)
        assert client.pid is not None
        os.kill(client.pid, signal.SIGKILL)
        until(lambda: client._end != "")

        with pytest.raises(Fault, match="was lost and is renewed"):
            wheel.select("Green", 20)

        wheel.open(20)
        wheel.select("Green", 20)


def test_a_wheel_that_somebody_disconnected_says_so_before_it_turns_again():
    with own_rig(WHEEL) as (server, client):
        wheel = IndiFilterWheel(client, "Filter Simulator")
        wheel.open(20)
        tell(server, "Filter Simulator.CONNECTION.DISCONNECT=On")
        until(lambda: client.find("Filter Simulator", "FILTER_SLOT") is None)

        with pytest.raises(Fault, match="was disconnected since"):
            wheel.select("Green", 20)

        wheel.open(20)
        wheel.select("Green", 20)


def test_a_panel_whose_driver_was_restarted_says_so_before_it_shines_again():
    with own_rig(LIGHTPANEL) as (server, client):
        panel = IndiPanel(client, "Light Panel Simulator")
        panel.open(20)
        panel.set_brightness(100, 20)
        restart_driver(server, LIGHTPANEL, client, "Light Panel Simulator")

        with pytest.raises(Fault, match="its driver was restarted since"):
            panel.set_brightness(120, 20)

        panel.open(20)
        panel.set_brightness(120, 20)
        panel.light_off(20)


def test_a_panel_whose_driver_was_restarted_is_put_out_and_says_so():
    with own_rig(LIGHTPANEL) as (server, client):
        panel = IndiPanel(client, "Light Panel Simulator")
        panel.open(20)
        panel.set_brightness(100, 20)
        restart_driver(server, LIGHTPANEL, client, "Light Panel Simulator")

        with pytest.raises(Fault, match="its driver was restarted since"):
            panel.light_off(20)

        assert ask(server, "Light Panel Simulator.FLAT_LIGHT_CONTROL.FLAT_LIGHT_OFF") == ["On"]


def test_a_panel_is_reached_anew_beside_a_camera_whose_driver_died():
    with own_rig(CCD, LIGHTPANEL) as (server, client):
        panel, camera = IndiPanel(client, "Light Panel Simulator"), IndiCamera(client, CAMERA)
        panel.open(20)
        assert takes_a_frame(camera)
        restart_driver(server, CCD, client, CAMERA)

        # The order in which the engine comes back: the camera does not spoil the panel's line.
        panel.open(20)
        camera.open(20)

        panel.set_brightness(100, 20)
        panel.light_off(20)


def test_a_closed_port_is_unreachable():
    with (
        IndiClient("localhost", free_port()) as client,
        pytest.raises(Unreachable, match=r"refused.*is indiserver running"),
    ):
        client.open(20)


def test_an_unknown_host_is_unreachable():
    with IndiClient("no-such-host.invalid", 7624) as client, pytest.raises(Unreachable):
        client.open(20)


def test_a_host_that_drops_everything_is_unreachable_within_the_deadline():
    with socket.socket() as listener, ExitStack() as stack:
        listener.bind(("127.0.0.1", 0))
        listener.listen(0)
        # A full backlog is as deaf as a firewall.
        for _ in range(4):
            filler = stack.enter_context(socket.socket())
            filler.setblocking(False)
            filler.connect_ex(listener.getsockname())
        client = stack.enter_context(IndiClient("127.0.0.1", listener.getsockname()[1]))
        began_s = time.monotonic()

        with pytest.raises(Unreachable):
            client.open(2)

        assert time.monotonic() - began_s < 10


def test_a_server_that_says_nothing_is_no_reply():
    with (
        socket.create_server(("127.0.0.1", 0)) as mute,
        IndiClient("127.0.0.1", mute.getsockname()[1]) as client,
        pytest.raises(NoReply, match="said nothing"),
    ):
        IndiCamera(client, CAMERA).open(2)


PARENT = """
import sys, time
from flatctl.devices.indi.wire.client import IndiClient
client = IndiClient("localhost", int(sys.argv[1]))
client.open(20)
print(client.pid, flush=True)
time.sleep(600)
"""


@pytest.mark.parametrize("stopped", [False, True], ids=["running", "stopped"])
def test_the_child_ends_with_its_parent(server: Server, stopped: bool):
    with subprocess.Popen(
        [sys.executable, "-c", PARENT, str(server.port)], stdout=subprocess.PIPE
    ) as parent:
        assert parent.stdout is not None
        child = Path("/proc") / parent.stdout.readline().decode().strip()
        if stopped:
            os.kill(int(child.name), signal.SIGSTOP)
        parent.kill()

    until(lambda: not child.exists())


def test_the_child_does_not_hear_the_users_interrupt(client: IndiClient, panel: IndiPanel):
    assert client.pid is not None
    assert os.getpgid(client.pid) != os.getpgid(0)
    for signum in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        os.kill(client.pid, signum)

    panel.set_brightness(5, 20)


def test_closing_twice_is_fine_and_opening_again_works(server: Server):
    client = IndiClient("localhost", server.port)
    client.open(20)
    client.open(20)
    client.close()
    client.close()
    assert client.pid is None

    client.open(20)

    assert client.pid is not None
    client.close()
