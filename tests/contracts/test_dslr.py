"""A DSLR: ISO speeds in place of gain and offset, colours, 14 bits; in process and over INDI."""

from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
import pytest
from indi_served import indi_served

from flatctl.core.types import CameraSetup, FrameKind
from flatctl.devices.indi.camera import IndiCamera
from flatctl.devices.indi.wire.client import IndiClient
from flatctl.devices.protocols import Camera
from flatctl.errors import Fault
from hardware_sims import camera
from hardware_sims.camera import SimCamera
from hardware_sims.fakes import FakeRig
from hardware_sims.scenarios import scenario
from hardware_sims.world import World

LIMIT_S = 20.0


@contextmanager
def in_process() -> Iterator[Camera]:
    yield FakeRig(scenario("dslr", rows=120, cols=160)).camera


@contextmanager
def behind_indi() -> Iterator[Camera]:
    world = World(scenario("dslr", rows=120, cols=160))
    with (
        indi_served(lambda: [SimCamera(world)]) as port,
        IndiClient("127.0.0.1", port) as client,
    ):
        yield IndiCamera(client, camera.NAME)


@pytest.fixture(params=[in_process, behind_indi], ids=["in-process", "indi"])
def dslr(request) -> Iterator[Camera]:
    with request.param() as made:
        yield made
        made.close()


def test_it_says_how_its_colours_lie(dslr):
    assert dslr.open(LIMIT_S).bayer == "RGGB"


def test_its_iso_is_set_and_read_back(dslr):
    dslr.open(LIMIT_S)
    assert dslr.prepare(CameraSetup(iso=800), LIMIT_S).iso == 800
    assert dslr.prepare(CameraSetup(), LIMIT_S).iso == 800


def test_it_has_neither_gain_nor_offset(dslr):
    dslr.open(LIMIT_S)
    state = dslr.prepare(CameraSetup(iso=100), LIMIT_S)
    assert (state.gain, state.offset) == (None, None)
    with pytest.raises(Fault, match=r"gain"):
        dslr.prepare(CameraSetup(gain=100), LIMIT_S)


def test_an_iso_it_does_not_have_is_refused_with_those_it_has(dslr):
    dslr.open(LIMIT_S)
    with pytest.raises(Fault, match=r"(?i)iso.*100, 200, 400, 800, 1600"):
        dslr.prepare(CameraSetup(iso=123), LIMIT_S)


def test_its_frames_have_14_bits_and_name_their_pattern(dslr):
    dslr.open(LIMIT_S)
    dslr.prepare(CameraSetup(iso=100), LIMIT_S)
    dslr.start(0.1, FrameKind.FLAT)
    frame = dslr.read(LIMIT_S)
    assert int(frame.pixels.max()) < 1 << 14
    assert np.median(frame.pixels) == pytest.approx(2048, abs=5)
    assert frame.header.values["BAYERPAT"] == "RGGB"
