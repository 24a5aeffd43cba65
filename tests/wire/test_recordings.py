"""What real programs and panels said to each other, held against drivers and simulators."""

import json

import pytest
from dialogue import RECORDINGS, recordings

from flatctl.devices.protocols import CoverState
from flatctl.devices.serial import deepskydad, flatmaster, snapcap
from hardware_sims.light import Light
from hardware_sims.serial_panels.deepskydad import DeepSkyDadTraits, SimulatedDeepSkyDad
from hardware_sims.serial_panels.flatmaster import FlatMasterTraits, SimulatedFlatMaster
from hardware_sims.serial_panels.snapcap import SimulatedSnapCap, SnapCapTraits
from hardware_sims.serial_panels.wanderer_v3 import SimulatedWandererV3, WandererV3Traits


class Clock:
    """The seconds of a recording."""

    def __init__(self) -> None:
        self.now_s = 0.0

    def __call__(self) -> float:
        return self.now_s


def deep_sky_dad(clock, **traits):
    return SimulatedDeepSkyDad(Light(4096, now=clock), DeepSkyDadTraits(**traits))


def flat_master(clock, **traits):
    return SimulatedFlatMaster(Light(200), FlatMasterTraits(**traits))


def snap_cap(clock, **traits):
    return SimulatedSnapCap(Light(255, now=clock), SnapCapTraits(**traits))


def wanderer_v3(clock, **traits):
    return SimulatedWandererV3(Light(255, now=clock), WandererV3Traits(**traits))


RECORDED = {
    "deepskydad-fp1": (deep_sky_dad, {}),
    "deepskydad-fp1-cr-lf": (deep_sky_dad, {"ending": b"\r\n"}),
    "deepskydad-fp1-long-version": (deep_sky_dad, {"version": "1.0.12-beta"}),
    "flatmaster": (flat_master, {}),
    "flatmaster-lf": (flat_master, {"ending": b"\n"}),
    "flatmaster-clamp": (flat_master, {"clamp": 220}),
    "flatmaster-padded": (flat_master, {"padded": True}),
    "flatmaster-other-name": (flat_master, {"identity": b"OK_PPB"}),
    "flatmaster-no-name": (flat_master, {"identity": b""}),
    "snapcap": (snap_cap, {}),
    "snapcap-lf": (snap_cap, {"ending": b"\n"}),
    "snapcap-garbled-start": (snap_cap, {}),
    "wanderer-v3": (wanderer_v3, {}),
    "wanderer-v3-old": (wanderer_v3, {"firmware": ""}),
}


def spoken(name: str) -> list[tuple[float, bytes, bytes]]:
    recording = json.loads((RECORDINGS / f"{name}.json").read_text(encoding="utf-8"))
    return [
        (each.get("at_s", 0.0), each["host"].encode("latin-1"), each["panel"].encode("latin-1"))
        for each in recording["exchanges"]
        if not each.get("spoilt")
    ]


@pytest.mark.parametrize("name", RECORDED)
def test_the_simulator_answers_a_recorded_dialogue_byte_by_byte(name):
    clock = Clock()
    simulated, traits = RECORDED[name]
    panel = simulated(clock, **traits)
    answers = []
    for at_s, host, _ in spoken(name):
        clock.now_s = at_s
        answers.append(panel.reply(host))
    assert answers == [answer for _, _, answer in spoken(name)]


def exchanges(kind: str, start: bytes) -> list[tuple[bytes, bytes]]:
    """Return each recorded exchange with that kind whose command begins so."""
    found = {pair for pairs in recordings(kind).values() for pair in pairs}
    chosen = sorted(pair for pair in found if pair[0].startswith(start))
    assert chosen, f"no {start!r} recorded with {kind}"
    return chosen


@pytest.mark.parametrize(("host", "answer"), exchanges("deepskydad", b"[SLBR"))
def test_levels_of_deep_sky_dad_are_said_and_understood_as_recorded(host, answer):
    assert deepskydad.encode_brightness(int(host[5:9])) == host
    deepskydad.parse_ok(answer.split(b")")[0])


@pytest.mark.parametrize(("host", "answer"), exchanges("deepskydad", b"[GFRM"))
def test_the_model_of_deep_sky_dad_is_understood_as_recorded(host, answer):
    assert deepskydad.encode("GFRM") == host
    assert deepskydad.parse_board(answer.split(b")")[0]) == "FP1"


@pytest.mark.parametrize(("host", "answer"), exchanges("deepskydad", b"[GPOS"))
def test_the_cover_of_deep_sky_dad_is_understood_as_recorded(host, answer):
    known = {b"(270)": CoverState.CLOSED, b"(0)": CoverState.OPEN}
    position = deepskydad.parse_number(answer.split(b")")[0])
    expected = known.get(answer.strip(), CoverState.UNKNOWN)
    assert deepskydad.cover_at("FP1", position) is expected


@pytest.mark.parametrize(("host", "answer"), exchanges("flatmaster", b"L:"))
def test_the_echo_of_a_level_of_a_flatmaster_is_understood_as_recorded(host, answer):
    assert flatmaster.parse_brightness(answer.strip()) == 220 - int(answer.strip()[2:])


@pytest.mark.parametrize(("host", "answer"), exchanges("flatmaster", b"#"))
def test_a_flatmaster_is_greeted_as_recorded(host, answer):
    assert host == flatmaster.HELLO
    if answer.strip() == b"OK_FM":
        flatmaster.parse_hello(answer.strip())
    else:
        with pytest.raises(ValueError, match="no FlatMaster"):
            flatmaster.parse_hello(answer.strip())


@pytest.mark.parametrize(("host", "answer"), exchanges("snapcap", b">"))
def test_a_snapcap_is_told_and_understood_as_recorded(host, answer):
    letter = host[1:2].decode()
    assert snapcap.encode(letter, int(host[2:5])) == host
    assert snapcap.parse(answer.strip(), letter) == answer[2:5].decode()


@pytest.mark.parametrize(
    ("state", "cover"),
    [
        ("002", CoverState.CLOSED),
        ("011", CoverState.OPEN),
        ("101", CoverState.MOVING),
        ("102", CoverState.MOVING),
        ("006", CoverState.FAILED),
        ("005", CoverState.FAILED),
        ("000", CoverState.UNKNOWN),
    ],
)
def test_the_cover_of_a_snapcap_counts_the_other_way_round(state, cover):
    assert snapcap.cover_of(state) is cover
