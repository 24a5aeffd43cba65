"""What the console says of a rig: what its journal tells, and nothing that is not known."""

import json
import os
from xml.etree import ElementTree

import pytest
from asgi import Console

from flatctl.app.serving.rig import ServedRig
from flatctl.app.wiring.claim import claim, name_of
from flatctl.web.access import Access

STARTED = {
    "event": "run_started",
    "run": "20261128T040001Z",
    "rig": "north",
    "filters": ["L"],
    "sets": ["L"],
    "folder": "/nowhere",
    "camera": "CCD Simulator",
    "panel": "alnitak",
    "brightness_min": 0,
    "brightness_max": 255,
    "full_scale_adu": 65535.0,
    "target": {"L": 0.5},
    "tolerance": {"L": 0.05},
}
BEGUN = {
    "event": "filter_started",
    "filter": "L",
    "set": "L",
    "start_brightness": 128,
    "start_exposure_s": 1.0,
    "trained": False,
    "wanted": 20,
    "present": 0,
}
EXPOSING = {
    "event": "exposing",
    "filter": "L",
    "set": "L",
    "kind": "trial",
    "n": 1,
    "brightness": 128,
    "exposure_s": 1.0,
}
FINISHED = {
    "event": "run_finished",
    "exit_code": 0,
    "filters": {"L": "complete"},
    "sets": {"L": "complete"},
    "frames": 20,
    "seconds": 60.0,
    "light": "off",
}


@pytest.fixture
def state(console, told):
    def look(*events, **head):
        told(*events, **head)
        console.watching.look()
        return console.get("/api/v1/state").json

    return look


@pytest.fixture
def alive():
    """A process of a journal that lives: this one, which holds the claims it names."""
    with claim("north", ["a camera of a test"]):
        yield {"pid": os.getpid(), "claims": [name_of("a camera of a test")]}


def test_where_nothing_was_told_nothing_is_known(console):
    console.watching.look()
    found = console.get("/api/v1/state").json
    assert (found["light"], found["running"], found["age_s"]) == ("unknown", False, None)


def test_a_run_that_lives_is_shown_at_its_work(state, alive):
    found = state(STARTED, BEGUN, EXPOSING, **alive)
    assert (found["running"], found["phase"], found["filter"], found["light"]) == (
        True,
        "search",
        "L",
        "on",
    )


def test_a_run_that_is_gone_without_a_word_has_died_and_its_light_is_not_known(state):
    found = state(STARTED, BEGUN, EXPOSING)
    assert (found["phase"], found["light"], found["sentence"]) == (
        "died",
        "unknown",
        "Died in the middle: light unknown",
    )


def test_a_light_put_out_after_a_death_is_known_again(state):
    found = state(STARTED, BEGUN, EXPOSING, {"event": "by_hand", "light": "off"})
    assert (found["phase"], found["light"]) == ("died", "off")


def test_how_a_run_left_its_light_is_as_it_told(state):
    assert state(STARTED, FINISHED | {"light": "commanded_off"})["light"] == "commanded_off"


def test_a_light_put_on_by_hand_is_on(state):
    by_hand = {"event": "by_hand", "light": "on", "brightness": 90, "cover": "open"}
    found = state(STARTED, FINISHED, by_hand)
    assert (found["light"], found["brightness"], found["cover"]) == ("on", 90, "open")


def test_who_has_the_rig_without_a_run_is_named(state, rig):
    state()
    with claim("north", [f"{rig.settings.camera.device}"]):
        pass
    assert rig.holder is None


def test_how_old_the_last_word_is_is_said(state):
    assert state(STARTED, FINISHED)["age_s"] > 0


def test_the_number_of_the_last_event_is_in_the_state(state):
    assert state(STARTED, BEGUN, EXPOSING)["seq"] == 3


def test_a_line_that_is_half_written_is_read_when_it_is_whole(console, told, tmp_path):
    told(STARTED)
    journal = tmp_path / "state" / "flatctl" / "live" / "north.jsonl"
    line = json.dumps({"seq": 2, "time": "2026-11-28T04:01:00Z", **FINISHED}) + "\n"
    seen = []
    for part in (line[:20], line[20:]):
        with journal.open("a") as file:
            file.write(part)
        console.watching.look()
        seen.append(console.get("/api/v1/state").json["seq"])
    assert seen == [1, 2]


def test_a_new_run_takes_the_place_of_the_last_one(console, told):
    told(STARTED, FINISHED)
    console.watching.look()
    told(STARTED, time="2026-11-28T05:00:00Z")
    console.watching.look()
    assert console.get("/api/v1/state").json["seq"] == 1


def test_what_was_missed_is_told_once(rig, console, told):
    told(STARTED, BEGUN, EXPOSING, FINISHED)
    console.watching.look()
    missed = rig.missed(rig.run, 2)
    assert [each.seq for each in missed] == [3, 4]


def test_of_another_journal_nothing_was_missed(rig, console, told):
    told(STARTED)
    console.watching.look()
    assert rig.missed("20200101T000000000000_1", 1) is None


def test_where_several_rigs_are_served_one_has_to_be_named(config, tmp_path):
    other = tmp_path / "other.toml"
    other.write_text(config.read_text().replace("north", "south"))
    two = Console([ServedRig.of(config), ServedRig.of(other)], Access(None))
    assert [
        two.get("/api/v1/state").status,
        two.get("/api/v1/state?rig=south").json["rig"],
        two.get("/api/v1/rigs").json["rigs"],
    ] == [422, "south", ["north", "south"]]


def test_a_chart_is_a_drawing_on_its_own(state, console, alive):
    trial = EXPOSING | {"event": "trial", "median_adu": 9000.0, "level": 0.14, "verdict": "too_dim"}
    state(STARTED, BEGUN, EXPOSING, trial, **alive)
    drawn = ElementTree.fromstring(console.get("/api/v1/chart/search").body)
    assert drawn.tag == "{http://www.w3.org/2000/svg}svg"


HOSTILE = [
    "<img src=x onerror=alert(1)>",
    '"quoted"',
    "]]>",
    "\u202egnp.exe",
    "x" * 10_000,
    "a\nb",
    "back\\slash",
]


@pytest.mark.parametrize("name", HOSTILE, ids=range(len(HOSTILE)))
def test_a_name_from_a_device_is_text_on_the_page(state, console, name):
    named = {"filter": name, "set": name}
    started = STARTED | {"sets": [name], "filters": [name]}
    state(started, BEGUN | named, EXPOSING | named)
    page = console.get("/").body.decode()
    assert (console.get("/").status, "<img" in page, "]]>" in page) == (200, False, False)


@pytest.mark.parametrize("name", HOSTILE, ids=range(len(HOSTILE)))
def test_a_name_from_a_device_breaks_no_line_of_the_figures(state, console, name):
    named = {"filter": name, "set": name}
    state(STARTED | {"sets": [name], "filters": [name]}, BEGUN | named, EXPOSING | named)
    lines = console.get("/metrics").body.decode().splitlines()
    assert all(line.startswith(("# ", "flatctl_")) for line in lines)


def test_of_a_light_that_is_not_known_there_is_no_figure(console):
    console.watching.look()
    lit = [
        line
        for line in console.get("/metrics").body.decode().splitlines()
        if line.startswith("flatctl_panel_lit")
    ]
    assert lit == []
