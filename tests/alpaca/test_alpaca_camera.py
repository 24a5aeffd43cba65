"""A camera behind Alpaca, on the simulated rig and whatever its driver makes of the protocol."""

import contextlib
import struct
import time

import numpy as np
import pytest
from scripted import Device, http, said, serving

from flatctl.core.types import CameraSetup, FilterPlan, FrameKind
from flatctl.devices.alpaca.camera import AlpacaCamera
from flatctl.devices.alpaca.session import AlpacaSession
from flatctl.devices.alpaca.wire.refusals import AlpacaFault
from flatctl.errors import BadReply, DeviceError, Fault, InUse, NoReply, Unfit, Unreachable
from hardware_sims.alpaca.habits import AlpacaHabits
from hardware_sims.alpaca.rig import AlpacaRig
from hardware_sims.habits import Mode
from hardware_sims.scenarios import scenario
from hardware_sims.world import World

LIMIT_S = 5.0
ROWS, COLS = 51, 83
EXPOSURE_S = 0.1


@pytest.fixture
def rigs():
    with contextlib.ExitStack() as stack:

        def make(name="mono", rows=ROWS, cols=COLS, **habits):
            world = World(scenario(name, rows=rows, cols=cols))
            return stack.enter_context(AlpacaRig(world, AlpacaHabits(**habits)))

        yield make


@pytest.fixture
def cameras():
    with contextlib.ExitStack() as stack:

        def make(rig, setup=None):
            session = stack.enter_context(contextlib.closing(AlpacaSession(LIMIT_S)))
            camera = AlpacaCamera(session, rig.url("camera"))
            camera.open(LIMIT_S)
            if setup is not None:
                camera.prepare(setup, LIMIT_S)
            return camera

        yield make


def taken(camera, exposure_s=EXPOSURE_S, timeout_s=LIMIT_S, kind=FrameKind.FLAT):
    camera.start(exposure_s, kind)
    return camera.read(exposure_s + timeout_s)


def exposed(rig):
    """Return the list that every frame of the world is put into from now on."""
    frames, expose = [], rig.world.expose

    def noted(*arguments):
        frames.append(expose(*arguments))
        return frames[-1]

    rig.world.expose = noted
    return frames


@pytest.mark.parametrize("binning", [1, 2, 3])
@pytest.mark.parametrize("how", ["int16", "uint16", "int32", "uint32", "json_only"])
def test_a_frame_is_that_of_the_world_pixel_for_pixel(rigs, cameras, how, binning):
    rig = rigs(**({how: True} if how == "json_only" else {"element": how}))
    frames = exposed(rig)
    camera = cameras(rig, CameraSetup(binning=binning))
    assert np.array_equal(taken(camera).pixels, frames[0])
    assert frames[0].shape == (ROWS // binning, COLS // binning)


def test_a_frame_of_bytes_is_that_of_the_world(rigs, cameras):
    rig = rigs(element="byte")
    rig.world.expose = lambda *_: np.arange(ROWS * COLS, dtype=np.uint16).reshape(ROWS, -1) % 256
    pixels = taken(cameras(rig, CameraSetup())).pixels
    assert np.array_equal(pixels, np.arange(ROWS * COLS).reshape(ROWS, -1) % 256)


def test_a_colour_frame_says_its_pattern(rigs, cameras):
    rig = rigs("osc", rows=52, cols=84)
    camera = cameras(rig, CameraSetup())
    pattern = rig.world.scenario.sensor.bayer
    assert camera.open(LIMIT_S).bayer == pattern
    camera.prepare(CameraSetup(), LIMIT_S)
    assert taken(camera).header.values["BAYERPAT"] == pattern


def test_a_binned_colour_frame_has_no_pattern(rigs, cameras):
    camera = cameras(rigs("osc", rows=52, cols=84), CameraSetup(binning=2))
    assert "BAYERPAT" not in taken(camera).header.values


def test_a_frame_has_the_cards_that_its_server_does_not_send(rigs, cameras):
    values = taken(cameras(rigs(), CameraSetup(binning=2))).header.values
    assert values["INSTRUME"] == "Sim CCD"
    assert values["XPIXSZ"] == pytest.approx(7.52)
    assert values["ROWORDER"] == "TOP-DOWN"
    assert values["EGAIN"] > 0
    assert "CCD-TEMP" in values


@pytest.mark.parametrize("form", ["range", "list", "both"])
def test_a_gain_is_a_value_however_its_driver_has_it(rigs, cameras, form):
    rig = rigs(gains=form, offsets=form)
    state = cameras(rig).prepare(CameraSetup(gain=120, offset=20), LIMIT_S)
    assert (state.gain, state.offset) == (120, 20)
    assert rig.devices["camera"]._gain.value == 120


def test_the_place_of_a_gain_in_its_list_is_no_gain(rigs, cameras):
    camera = cameras(rigs(gains="list"))
    with pytest.raises(Unfit, match="allowed: 0, 60, 100, 120"):
        camera.prepare(CameraSetup(gain=3), LIMIT_S)


def test_an_iso_is_found_by_the_number_in_its_name(rigs, cameras):
    rig = rigs("dslr")
    state = cameras(rig).prepare(CameraSetup(iso=800), LIMIT_S)
    assert (state.iso, state.gain) == (800, None)


def test_an_iso_may_be_given_as_a_gain(rigs, cameras):
    state = cameras(rigs("dslr")).prepare(CameraSetup(gain=800), LIMIT_S)
    assert (state.iso, state.gain) == (800, 800)


MODES = (Mode("A", "Normal"), Mode("B", "High gain", conversion=3.0))


def test_a_readout_mode_is_found_by_its_name_in_any_case(rigs, cameras):
    state = cameras(rigs(modes=MODES)).prepare(CameraSetup(readout_mode="high GAIN"), LIMIT_S)
    assert state.readout_mode == "High gain"


def test_a_fast_readout_is_a_readout_mode(rigs, cameras):
    rig = rigs(fast_readout=True)
    state = cameras(rig).prepare(CameraSetup(readout_mode="fast"), LIMIT_S)
    assert state.readout_mode == "Fast"


@pytest.mark.parametrize(
    "setup",
    [
        CameraSetup(gain=1000),
        CameraSetup(gain=0.5),
        CameraSetup(offset=1000),
        CameraSetup(iso=800),
        CameraSetup(binning=5),
        CameraSetup(readout_mode="Turbo"),
        CameraSetup(conversion_gain="High"),
        CameraSetup(capture_format="RAW16"),
    ],
)
def test_what_a_camera_can_not_do_is_told_before_anything_is_set(rigs, cameras, setup):
    rig = rigs()
    camera = cameras(rig)
    assert camera.unfit(setup, FilterPlan(None))
    with pytest.raises(Unfit):
        camera.prepare(setup, LIMIT_S)
    orders = [path for method, path, _ in rig.heard if method == "PUT"]
    assert [each for each in orders if not each.endswith("connect")] == []


def test_three_planes_of_colour_are_refused(rigs, cameras):
    with pytest.raises(Unfit, match="three planes"):
        cameras(rigs(planes=True))


def test_a_full_frame_is_taken_whoever_set_another_one(rigs, cameras):
    rig = rigs()
    rig.devices["camera"]._set.update(StartX=20, StartY=10, NumX=30, NumY=20, BinX=2, BinY=2)
    assert taken(cameras(rig, CameraSetup())).stored.shape == (ROWS, COLS)


def test_a_setting_that_is_not_taken_is_a_fault(rigs, cameras):
    rig = rigs()
    camera = cameras(rig)
    rig.devices["camera"]._gain._set = lambda _: None
    rig.devices["camera"].take("gain", lambda _: None, Gain=int)
    with pytest.raises(Fault, match="asked for gain 50, and reports 100"):
        camera.prepare(CameraSetup(gain=50), LIMIT_S)


def test_an_exposure_is_rounded_to_what_the_camera_makes(rigs, cameras):
    rig = rigs()
    rig.devices["camera"].tell(exposureresolution=0.04)
    camera = cameras(rig, CameraSetup())
    assert taken(camera, 0.1).exposure_s == pytest.approx(0.08)


def test_a_dark_flat_is_taken_without_light(rigs, cameras):
    rig = rigs()
    taken(cameras(rig, CameraSetup()), kind=FrameKind.DARK_FLAT)
    [form] = [form for _, path, form in rig.heard if path.endswith("startexposure")]
    assert form["Light"] == "False"


def test_a_frame_of_an_exposure_given_up_is_never_taken_for_the_next_one(rigs, cameras):
    rig = rigs(late_after_abort=True)
    camera = cameras(rig, CameraSetup())
    for exposure_s in (0.6, 0.3):
        camera.start(0.6, FrameKind.FLAT)
        camera.close()
        camera.open(LIMIT_S)
        camera.prepare(CameraSetup(), LIMIT_S)
        with pytest.raises(BadReply):
            taken(camera, exposure_s)
        camera.open(LIMIT_S)
        camera.prepare(CameraSetup(), LIMIT_S)
        assert taken(camera).exposure_s == EXPOSURE_S


def always_ready(rig):
    """Let the camera say that a frame is ready from its first one on."""
    device = rig.devices["camera"]
    is_ready = device._exposures.__class__.taken.fget
    seen = []

    def told():
        seen.append(is_ready(device._exposures) is not None)
        return any(seen)

    device.tell(imageready=told)


def test_a_camera_that_goes_on_saying_that_a_frame_is_ready_is_waited_for(rigs, cameras):
    rig = rigs()
    always_ready(rig)
    frames = exposed(rig)
    camera = cameras(rig, CameraSetup())
    for n in range(3):
        assert np.array_equal(taken(camera).pixels, frames[n])


def scripted(**members):
    """Return a camera of 3 × 2 pixels that says what is told, whatever it was ordered."""
    rows_cols = {"cameraxsize": 3, "cameraysize": 2, "numx": 3, "numy": 2, "startx": 0, "starty": 0}
    header = struct.pack("<11i", 1, 0, 0, 0, 44, 2, 8, 2, 3, 2, 0)
    frame = http(header + bytes(12), "application/imagebytes")
    of_frame = {"imagearray": frame, "lastexposureduration": EXPOSURE_S}
    return Device(**{**rows_cols, "binx": 1, "biny": 1, **of_frame, "camerastate": 0, **members})


def taken_of(device, exposure_s=EXPOSURE_S):
    """Return the frame that is taken of a scripted camera."""
    with serving(device) as server, contextlib.closing(AlpacaSession(LIMIT_S)) as session:
        camera = AlpacaCamera(session, str(server.url()))
        camera.open(LIMIT_S)
        camera.prepare(CameraSetup(), LIMIT_S)
        return taken(camera, exposure_s, timeout_s=1.0)


def ready_after(seconds, **members):
    """Return a camera whose frame is ready so long after it was begun."""
    begun_s = []
    order = {"PUT startexposure": lambda _: begun_s.append(time.monotonic()) or said()}

    def is_ready(_):
        return said(bool(begun_s) and time.monotonic() >= begun_s[0] + seconds)

    return scripted(imageready=is_ready, **order, **members)


def test_a_frame_that_is_ready_in_time_is_taken():
    assert taken_of(ready_after(EXPOSURE_S)).stored.shape == (2, 3)


@pytest.mark.parametrize("seconds", [0.0, 0.6])
def test_a_frame_that_is_ready_before_its_exposure_can_be_over_is_refused(seconds):
    with pytest.raises(BadReply, match="ready after"):
        taken_of(ready_after(seconds, lastexposureduration=1.0), 1.0)


@pytest.mark.parametrize("told_s", [0.05, 0.2, 6.0])
def test_a_frame_of_another_length_is_refused(told_s):
    with pytest.raises(BadReply, match="made an exposure of"):
        taken_of(ready_after(EXPOSURE_S, lastexposureduration=told_s))


@pytest.mark.parametrize("told", [None, 0.0, -1.0, 0.104])
def test_a_length_that_is_not_told_or_rounded_is_no_fault(told):
    taken_of(ready_after(EXPOSURE_S, lastexposureduration=told))


@pytest.mark.parametrize("started", ["2026-11-28T05:00:00.123", None])
def test_a_frame_that_was_ready_before_is_refused_where_its_start_tells(started):
    device = scripted(imageready=True, lastexposurestarttime=started)
    if started is None:
        assert taken_of(device).stored.shape == (2, 3)
    else:
        with pytest.raises(BadReply, match="the exposure before"):
            taken_of(device)


def test_a_camera_that_failed_says_so():
    with pytest.raises(Fault, match="exposure failed"):
        taken_of(ready_after(99.0, camerastate=iter_states(0, 0, 5)))


def iter_states(*states):
    """Return a member that is each of these in turn, and the last one from then on."""
    left = list(states)
    return lambda _: said(left.pop(0) if len(left) > 1 else left[0])


@pytest.mark.parametrize("aborts", [True, False])
def test_after_an_exposure_that_failed_the_next_one_is_begun(aborts):
    device = ready_after(EXPOSURE_S, camerastate=5, canabortexposure=aborts)
    begin = device.members["PUT startexposure"]

    def start(asked):
        device.members["camerastate"] = 0
        return begin(asked)

    device.members["PUT startexposure"] = start
    assert taken_of(device).stored.shape == (2, 3)


def test_an_error_of_the_exposure_before_does_not_come_in_the_way():
    asked = []

    def is_ready(_):
        asked.append(time.monotonic())
        if len(asked) == 1:
            return said(None, 0x500, "the exposure before failed")
        return said(asked[-1] - asked[0] > EXPOSURE_S)

    assert taken_of(scripted(imageready=is_ready)).stored.shape == (2, 3)


def test_a_frame_lost_by_a_restart_is_told_at_once(rigs, cameras):
    rig = rigs()
    camera = cameras(rig, CameraSetup())
    camera.start(3.0, FrameKind.FLAT)
    rig.restart()
    begun_s = time.monotonic()
    with pytest.raises(BadReply, match="lost"):
        camera.read(10.0)
    assert time.monotonic() - begun_s < 5.0


def test_a_server_that_is_gone_during_an_exposure_is_silent(rigs, cameras):
    rig = rigs()
    camera = cameras(rig, CameraSetup())
    camera.start(0.3, FrameKind.FLAT)
    rig.stop_listening()
    with pytest.raises(NoReply):
        camera.read(2.0)
    rig.listen()


def test_after_a_restart_it_is_opened_and_prepared_again(rigs, cameras):
    rig = rigs()
    camera = cameras(rig, CameraSetup(gain=50))
    rig.restart()
    camera.open(LIMIT_S)
    assert camera.prepare(CameraSetup(gain=50), LIMIT_S).gain == 50
    assert taken(camera).stored.shape == (ROWS, COLS)


FAULTS = [
    ("imagearray", "stall", NoReply),
    ("imagearray", "hang", NoReply),
    ("imagearray", "cut", BadReply),
    ("imagearray", "short", BadReply),
    ("imagearray", "misshapen", BadReply),
    ("imagearray", "image-error", AlpacaFault),
    ("imagearray", "not-json", BadReply),
    ("imagearray", "fails", AlpacaFault),
    ("imagearray", "endless", BadReply),
    ("imagearray", "elsewhere", BadReply),
    ("imagearray", "packed", BadReply),
    ("imagearray", "broken", AlpacaFault),
    ("imagearray", "gone", BadReply),
    ("imageready", "fails", AlpacaFault),
    ("imageready", "hang", NoReply),
    ("imageready", "text", BadReply),
    ("imageready", "valueless", BadReply),
    ("startexposure", "fails", AlpacaFault),
    ("startexposure", "gone", BadReply),
    ("startexposure", "broken", AlpacaFault),
]


@pytest.mark.parametrize(("member", "fault", "error"), FAULTS)
def test_a_fault_on_the_way_is_told_by_name_and_the_camera_goes_on(
    rigs, cameras, member, fault, error, monkeypatch
):
    monkeypatch.setattr("flatctl.devices.alpaca.camera._ANSWER_S", 1.0)
    rig = rigs()
    camera = cameras(rig, CameraSetup())
    rig.order("camera", member, fault, times=None)
    begun_s = time.monotonic()
    with pytest.raises(error):
        taken(camera, EXPOSURE_S, 0.5)
    assert time.monotonic() - begun_s < LIMIT_S
    rig.forgive()
    camera.open(LIMIT_S)
    camera.prepare(CameraSetup(), LIMIT_S)
    assert taken(camera).stored.shape == (ROWS, COLS)


def test_a_start_that_stays_unanswered_and_was_carried_out_goes_on(rigs, cameras, monkeypatch):
    monkeypatch.setattr("flatctl.devices.alpaca.camera._ANSWER_S", 0.2)
    rig = rigs()
    camera = cameras(rig, CameraSetup())
    rig.order("camera", "startexposure", "mute")
    assert taken(camera, 1.0).exposure_s == 1.0


def test_the_exposure_of_another_program_is_left_alone(rigs, cameras):
    rig = rigs()
    other, camera = cameras(rig, CameraSetup()), cameras(rig)
    other.start(0.8, FrameKind.FLAT)
    assert isinstance(camera.in_use(LIMIT_S), InUse)
    with pytest.raises(InUse):
        camera.prepare(CameraSetup(), LIMIT_S)
    assert other.read(LIMIT_S).exposure_s == 0.8
    assert camera.in_use(LIMIT_S) is None


def test_the_exposure_of_another_program_is_aborted_once_taken_over(rigs, cameras):
    rig = rigs()
    other, camera = cameras(rig, CameraSetup()), cameras(rig)
    other.start(30.0, FrameKind.FLAT)
    camera.take_over()
    camera.prepare(CameraSetup(), LIMIT_S)
    assert taken(camera).exposure_s == EXPOSURE_S


def test_its_own_exposure_is_not_that_of_another_program(rigs, cameras):
    camera = cameras(rigs(), CameraSetup())
    camera.start(0.5, FrameKind.FLAT)
    assert camera.in_use(LIMIT_S) is None


def test_closing_aborts_an_exposure_and_leaves_the_camera_connected(rigs, cameras):
    rig = rigs()
    camera = cameras(rig, CameraSetup())
    camera.start(30.0, FrameKind.FLAT)
    camera.close()
    paths = [path.rpartition("/")[2] for method, path, _ in rig.heard if method == "PUT"]
    assert "abortexposure" in paths
    assert "disconnect" not in paths


@pytest.mark.parametrize("platform", [6, 7])
def test_it_is_connected_by_drivers_of_either_generation(rigs, cameras, platform):
    rig = rigs(platform=platform, per_client=True, terse=True)
    assert taken(cameras(rig, CameraSetup())).stored.shape == (ROWS, COLS)


def test_a_camera_that_is_not_there_is_unreachable(rigs, cameras):
    rig = rigs()
    del rig.devices["camera"]
    with pytest.raises(Unreachable, match="there is no camera/0"):
        cameras(rig)


@pytest.mark.parametrize(("exposure_s", "error"), [(float("nan"), ValueError), (9999.0, Unfit)])
def test_an_exposure_that_can_not_be_is_refused(rigs, cameras, exposure_s, error):
    camera = cameras(rigs(), CameraSetup())
    with pytest.raises(error):
        camera.start(exposure_s, FrameKind.FLAT)


def test_an_unprepared_camera_does_not_expose(rigs, cameras):
    camera = cameras(rigs())
    with pytest.raises(DeviceError, match="not ready"):
        camera.start(1.0, FrameKind.FLAT)


def test_it_says_how_it_stands_and_how_it_would(rigs, cameras):
    now, then = cameras(rigs()).standing(CameraSetup(gain=50, temperature_c=-10.0))
    assert (now.gain, then.gain, then.set_temperature_c) == (100, 50, -10.0)
