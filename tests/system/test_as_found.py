"""A run leaves the stock simulators as it found them, whatever ends it."""

import signal
import time
from collections.abc import Iterator, Mapping

import pytest
from rigs import RunningRig, flatctl, started, stock_simulators

from flatctl.devices.indi.connecting import connect
from flatctl.devices.indi.wire.client import IndiClient
from flatctl.devices.transports import Role

pytestmark = pytest.mark.indi_bin

CAMERA, PANEL = "CCD Simulator", "Light Panel Simulator"
# What another program may have left behind, and a run needs otherwise.
LEFT: Mapping[str, Mapping[str, object]] = {
    "CCD_TRANSFER_FORMAT": {"FORMAT_NATIVE": True},
    "CCD_COMPRESSION": {"INDI_ENABLED": True},
    "UPLOAD_MODE": {"UPLOAD_BOTH": True},
    "CCD_BINNING": {"HOR_BIN": 2.0, "VER_BIN": 2.0},
    "CCD_FRAME": {"X": 100.0, "Y": 50.0, "WIDTH": 400.0, "HEIGHT": 300.0},
    "CCD_FRAME_TYPE": {"FRAME_BIAS": True},
    "CCD_GAIN": {"GAIN": 33.0},
    "CCD_OFFSET": {"OFFSET": 7.0},
}
# What a run is for, and what counts by itself.
OF_THE_RUN = {"CCD_EXPOSURE", "FILTER_SLOT", "FLAT_LIGHT_INTENSITY", "FLAT_LIGHT_CONTROL"}


@pytest.fixture(scope="module")
def rig(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningRig]:
    folder = tmp_path_factory.mktemp("rig")
    with stock_simulators(folder) as rig:
        config = rig.config.read_text()
        config = config.replace("[wheel]", "gain = 50\noffset = 10\n[wheel]")
        config = config.replace("start = 1.0", "start = 0.13").replace(
            '["Red", "Green"]', '["Red"]'
        )
        rig.config.write_text(config + f'history = "{folder / "history.sqlite"}"\n')
        yield rig


@pytest.fixture(scope="module")
def connected(rig: RunningRig) -> Iterator[IndiClient]:
    with IndiClient("127.0.0.1", rig.port, socket="off") as client:
        connect(client, CAMERA, Role.CAMERA, ("CCD_EXPOSURE",), 20)
        connect(client, PANEL, Role.PANEL, ("FLAT_LIGHT_CONTROL",), 20)
        connect(client, "Filter Simulator", Role.WHEEL, ("FILTER_SLOT",), 20)
        yield client


@pytest.fixture
def client(connected: IndiClient) -> IndiClient:
    """Leave the camera as another program may have left it."""
    client = connected
    for name, values in LEFT.items():
        client.set(CAMERA, name, values, 20)
    client.send(CAMERA, "CCD_VIDEO_STREAM", {"STREAM_ON": True}, 20)
    on = client.wait_for(lambda r: r.find(CAMERA, "CCD_VIDEO_STREAM").on("STREAM_ON") or None, 20)
    assert on
    return client


def settings(client: IndiClient) -> dict[str, dict[str, object]]:
    """Return every value that can be set of the devices of the rig."""
    return client.look(
        lambda registry: {
            f"{name} {one.name}": {key: element.value for key, element in one.elements.items()}
            for name in (CAMERA, PANEL, "Filter Simulator")
            for one in registry.devices[name].properties.values()
            if one.writable and one.kind != "blob" and one.name not in OF_THE_RUN
        }
    )


def await_settings(client: IndiClient, before: dict, timeout_s: float = 5) -> None:
    deadline = time.monotonic() + timeout_s
    while settings(client) != before and time.monotonic() < deadline:
        time.sleep(0.05)
    assert settings(client) == before


def await_frame(client: IndiClient) -> None:
    began = client.find(CAMERA, "CCD_EXPOSURE")
    since = began.serial if began else 0
    look = client.wait_for(
        lambda r: True if r.find(CAMERA, "CCD_EXPOSURE").serial > since else None, 30
    )
    assert look


def test_after_a_run_everything_that_can_be_set_stands_as_before(rig, client):
    before = settings(client)

    done = rig.run("--count", "1", "--force")

    assert "not as it was found" not in done.stderr
    await_settings(client, before)


def test_a_light_that_answers_and_the_camera_does_not_see_is_told_and_all_stands_as_before(
    rig, client
):
    # The stock panel shines on nothing.
    before = settings(client)
    checked = flatctl("check", rig.config, "--light", "--force")
    assert checked.returncode == 4, checked.stdout + checked.stderr
    assert "blinks, and the camera does not see it" in checked.stdout
    await_settings(client, before)


def test_after_a_signal_everything_stands_as_before(rig, client):
    before = settings(client)
    run = started("run", rig.config, "--force")
    await_frame(client)

    run.send_signal(signal.SIGTERM)
    run.communicate(timeout=60)

    await_settings(client, before)


def test_after_a_kill_safe_puts_everything_back(rig, client):
    before = settings(client)
    run = started("run", rig.config, "--force")
    await_frame(client)
    run.kill()
    run.communicate(timeout=60)
    assert settings(client) != before

    done = flatctl("safe", rig.config)

    assert f"{CAMERA}: settings as they were found" in done.stdout
    await_settings(client, before)


def test_what_somebody_has_changed_after_a_kill_stays_his(rig, client):
    run = started("run", rig.config, "--force")
    await_frame(client)
    run.kill()
    run.communicate(timeout=60)
    client.set(CAMERA, "CCD_GAIN", {"GAIN": 77.0}, 20)

    flatctl("safe", rig.config)

    assert client.find(CAMERA, "CCD_GAIN").number("GAIN") == 77
    client.wait_for(lambda r: r.find(CAMERA, "CCD_OFFSET").number("OFFSET") == 7 or None, 5)
    assert client.find(CAMERA, "CCD_OFFSET").number("OFFSET") == 7
