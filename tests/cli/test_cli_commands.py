import json
from datetime import UTC, datetime, time
from pathlib import Path
from types import SimpleNamespace

import pytest

from flatctl.devices.transports import FoundDevice, Role
from flatctl.events import FaultSeen
from flatctl.outputs.jsonlines import to_plain
from flatctl.outputs.record import RunRecord
from flatctl.storage.verify import VerifiedFile

FAULT = FaultSeen(
    time=datetime(2026, 11, 22, 17, 15, 30, 123000, tzinfo=UTC),
    device="Flat-Man",
    what="no reply",
    recovered=True,
)


def told(*, listeners, **_options) -> int:
    for listener in listeners:
        listener(FAULT, RunRecord())
    return 5


LEFT_ALONE = {"wait": False, "force": False}
SEARCHED = {"exposure_s": None, "brightness": None, "only_darks": False, "light": None}


def test_run_hands_over_what_was_asked_for(app, command):
    app.answers["run"] = 0
    command("run", "rig.toml", "--filter", "Ha", "--filter", "L", "--count", 3, "--output", "/x")
    (_, arguments, options), *_ = app.asked
    options.pop("listeners")
    assert (arguments, options) == (
        (Path("rig.toml"),),
        {
            "filters": ["Ha", "L"],
            "count": 3,
            "output": Path("/x"),
            "dry_run": False,
            "resume": True,
            **SEARCHED,
            "wait": False,
            "force": False,
        },
    )


def test_run_leaves_to_the_configuration_what_was_not_asked_for(app, command):
    app.answers["run"] = 0
    command("run", "rig.toml", "--no-resume", "--dry-run")
    (_, _, options), *_ = app.asked
    options.pop("listeners")
    assert options == {
        "filters": (),
        "count": None,
        "output": None,
        "dry_run": True,
        "resume": False,
        **SEARCHED,
        "wait": False,
        "force": False,
    }


def test_run_ends_as_the_run_did(app, command):
    app.answers["run"] = 5
    assert command("run", "rig.toml").code == 5


def test_dawn_hands_over_when_to_begin_and_what_to_do(app, command):
    app.answers["dawn"] = 5
    ending = command("dawn", "rig.toml", "--at", "06:30", "--count", 3, "--filter", "Ha")
    (_, arguments, options), *_ = app.asked
    options.pop("listeners")
    assert (ending.code, arguments, options) == (
        5,
        (Path("rig.toml"),),
        {
            "at": time(6, 30),
            "sun_altitude_deg": None,
            "filters": ["Ha"],
            "count": 3,
            "output": None,
            "dry_run": False,
            "resume": True,
            "light": None,
            "wait": False,
            "force": False,
        },
    )


def test_dawn_takes_a_sun_below_the_horizon(app, command):
    app.answers["dawn"] = 0
    command("dawn", "rig.toml", "--sun-altitude", "-8.5")
    assert app.asked[0][2]["sun_altitude_deg"] == -8.5


def test_a_run_talks_on_stderr(app, command):
    app.answers["run"] = lambda _config, **options: told(**options)
    ending = command("run", "rig.toml")
    assert ("Flat-Man" in ending.stderr, ending.stdout) == (True, "")


def test_json_puts_one_event_a_line_on_stdout(app, command):
    app.answers["run"] = lambda _config, **options: told(**options)
    assert json.loads(command("run", "rig.toml", "--json").stdout) == to_plain(FAULT)


def test_check_says_ok_or_the_problem_and_its_mend(app, command, line):
    app.answers["check"] = [
        line("camera", True, "CCD Simulator, 1280 × 1024"),
        line("panel", False, "no permission for /dev/ttyUSB0", "join the group dialout"),
    ]
    assert command("check", "rig.toml").stdout.splitlines() == [
        "ok       camera: CCD Simulator, 1280 × 1024",
        "problem  panel: no permission for /dev/ttyUSB0",
        "         join the group dialout",
    ]


def test_check_ends_with_0_when_all_is_well(app, command, line):
    app.answers["check"] = [line("camera", True, "there")]
    assert command("check", "rig.toml").code == 0


def test_check_ends_with_the_code_of_its_first_problem(app, command, line):
    app.answers["check"] = [
        line("panel", False, "gone", exit_code=4),
        line("disk", False, "full", exit_code=7),
    ]
    assert command("check", "rig.toml").code == 4


def test_check_blinks_only_when_asked(app, command):
    app.answers["check"] = []
    command("check", "rig.toml")
    command("check", "rig.toml", "--light")
    assert [options["light"] for _, _, options in app.asked] == [False, True]


@pytest.mark.parametrize(
    ("words", "action", "value"),
    [(["on"], "on", None), (["set", "128"], "set", 128), (["status"], "status", None)],
    ids=["on", "set", "status"],
)
def test_panel_does_what_it_is_told_and_says_how_the_light_stands(
    app, command, words, action, value
):
    app.answers["panel"] = "lit at 128 of 255"
    ending = command("panel", "rig.toml", *words)
    ((asked, arguments, options),) = app.asked
    del options["tell"]
    assert (asked, arguments) == ("panel", (Path("rig.toml"), action, value))
    assert options == {**LEFT_ALONE, "for_s": None}
    assert ending.stdout == "lit at 128 of 255\n"


def test_devices_are_listed_with_roles_and_state(app, command):
    app.answers["devices"] = SimpleNamespace(
        found={
            "INDI": [
                FoundDevice("indi", "CCD Simulator", True, (Role.CAMERA, Role.WHEEL)),
                FoundDevice("indi", "Focuser", False, ()),
            ]
        },
        serial_ports=[("/dev/ttyUSB0", "FT232R")],
        problems={},
    )
    lines = [line.split("  ") for line in command("devices").stdout.splitlines()]
    cells = [[cell.strip() for cell in line if cell.strip()] for line in lines]
    assert [row for row in cells if row] == [
        ["INDI device", "Roles", "State"],
        ["CCD Simulator", "camera, filter wheel", "connected"],
        ["Focuser", "other", "not connected"],
        ["Serial port", "What it is"],
        ["/dev/ttyUSB0", "FT232R"],
    ]


def test_serial_ports_are_listed_even_without_a_server(app, command):
    app.answers["devices"] = SimpleNamespace(
        found={},
        serial_ports=[("/dev/ttyUSB0", "FT232R")],
        problems={"INDI": "localhost:7624: nobody answers"},
    )
    ending = command("devices")
    assert (ending.code, "/dev/ttyUSB0" in ending.stdout, ending.stderr) == (
        4,
        True,
        "flatctl: localhost:7624: nobody answers\n",
    )


def test_devices_lists_the_kinds_of_panels_without_asking_anybody(app, command):
    ending = command("devices", "--panels")
    assert (ending.code, "alnitak " in ending.stdout, app.asked) == (0, True, [])


def test_devices_says_which_panels_have_never_met_their_hardware(command):
    lines = command("devices", "--panels").stdout.splitlines()
    (gemini,) = (line for line in lines if line.startswith("gemini "))
    (geoptik,) = (line for line in lines if line.startswith("geoptik "))
    assert "simulator, never hardware" in gemini
    assert geoptik.endswith("unconfirmed")


def of_set(name: str, *problems: tuple[str, ...]) -> list[VerifiedFile]:
    return [
        VerifiedFile(Path(f"n/{name}_20261122T17153112{n}Z_000{n}.fits"), problems=wrong)
        for n, wrong in enumerate(problems, 1)
    ]


def test_verify_names_each_set_and_ends_with_0_when_all_are_sound(app, command):
    app.answers["others"] = {}
    app.answers["verify"] = [*of_set("FLAT_FILTER-L", (), ()), *of_set("FLAT_FILTER-R", ())]
    ending = command("verify", "night")
    assert (ending.code, ending.stdout.splitlines()) == (
        0,
        [
            "ok       n/FLAT_FILTER-L_*.fits: 2 files, good",
            "ok       n/FLAT_FILTER-R_20261122T171531121Z_0001.fits: good",
            "3 files checked, all good",
        ],
    )


def test_verify_names_each_file_where_that_is_wanted(app, command):
    app.answers["others"] = {}
    app.answers["verify"] = of_set("FLAT_FILTER-L", (), ())
    ok_lines = command("verify", "night", "--each").stdout.splitlines()[:-1]
    assert ok_lines == [f"ok       {one.path}: good" for one in app.answers["verify"]]


def test_a_file_with_a_problem_is_named_and_the_rest_of_its_set_is_counted(app, command):
    app.answers["others"] = {}
    app.answers["verify"] = of_set("FLAT_FILTER-L", (), ("DATASUM differs",), ())
    assert command("verify", "night").stdout.splitlines() == [
        "problem  n/FLAT_FILTER-L_20261122T171531122Z_0002.fits: DATASUM differs",
        "ok       n/FLAT_FILTER-L_*.fits: 2 files, good",
        "3 files, 1 with problems",
    ]


def test_frames_of_other_programs_are_counted_by_folder_and_by_what_is_to_say(app, command):
    app.answers["others"] = {}
    unproven = [VerifiedFile(Path(f"n/l{n}.fits"), unproven=("no sum",)) for n in range(2)]
    app.answers["verify"] = [*unproven, VerifiedFile(Path("n/l9.fits"))]
    assert command("verify", "night").stdout.splitlines()[:-1] == [
        "unproven n/*: 2 files, no sum",
        "ok       n/l9.fits: good",
    ]


def test_verify_ends_with_7_when_a_file_is_damaged(app, command):
    app.answers["others"] = {}
    app.answers["verify"] = [VerifiedFile(Path("a.fits"), problems=("DATASUM differs",))]
    ending = command("verify", "night")
    assert (ending.code, ending.stdout.splitlines()) == (
        7,
        ["problem  a.fits: DATASUM differs", "1 file, 1 with problems"],
    )


def test_verify_says_what_it_does_not_look_at(app, command):
    app.answers["others"] = {"raw file": 2}
    app.answers["verify"] = [VerifiedFile(Path("a.fits"), unproven=("no sum",))]
    ending = command("verify", "night")
    assert ending.stdout.splitlines() == [
        "unproven a.fits: no sum",
        "1 file, 1 not proven by a checksum, 2 raw files not looked at",
    ]


def test_verify_can_name_only_what_is_wrong(app, command):
    app.answers["others"] = {}
    app.answers["verify"] = [VerifiedFile(Path("a.fits")), VerifiedFile(Path("b"), problems=("x",))]
    ending = command("verify", "night", "--quiet")
    assert ending.stdout.splitlines() == ["problem  b: x", "2 files, 1 with problems"]


def test_verify_of_nothing_is_told(app, command):
    app.answers["others"] = {}
    app.answers["verify"] = []
    ending = command("verify", "night")
    assert (ending.code, "night: no images that can be checked here or below" in ending.stderr) == (
        7,
        True,
    )


def test_a_demo_goes_where_it_is_told_and_ends_as_the_run_did(app, command):
    app.answers["demo"] = 0
    ending = command("demo", "--output", "/tmp/x")
    assert (ending.code, app.asked[0][1][0]) == (0, Path("/tmp/x"))


@pytest.mark.parametrize("options", [[], ["--alpaca"]])
def test_a_demo_hands_over_how_its_devices_are_reached(app, command, options):
    app.answers["demo"] = 0
    command("demo", *options)
    assert app.asked[0][2] == {"alpaca": bool(options)}


def test_a_demo_of_the_sky_over_alpaca_is_refused_before_anything_is_made(app, command):
    ending = command("demo", "--alpaca", "--light", "sky")
    assert (ending.code, app.asked) == (2, [])
    assert "--alpaca goes with --light panel" in ending.stderr


def test_report_prints_where_the_page_is(app, command):
    app.answers["report"] = [Path("night/report.html")]
    assert command("report", "night").stdout == "night/report.html\n"


def test_init_writes_a_usual_name_unless_told_another(app, command):
    app.answers["init"] = "flatctl.toml"
    command("init")
    assert app.asked == [("init", (Path("flatctl.toml"), "localhost", 7624, []), {})]


def test_simulate_hands_over_scenario_port_and_files(app, command):
    command("simulate", "dim", "--port", 0, "--ready", "r.json", "--config", "r.toml")
    told = ("dim", 0, Path("r.json"), Path("r.toml"))
    assert app.asked == [("simulate", told, {"alpaca": False, "lan": False})]


def test_history_shows_its_tables_and_tells_of_what_is_wrong_with_it(app, command):
    tables = [
        ("Trained settings", ("Filter", "Exposure"), [("Ha", "4.2 s")]),
        ("Past runs", ("Started",), []),
    ]
    app.answers["history"] = SimpleNamespace(
        warnings=["old history kept as x"], tables=lambda: tables
    )
    ending = command("history")
    assert (ending.stdout.splitlines(), ending.stderr) == (
        ["Trained settings", "Filter  Exposure", "Ha      4.2 s", "", "Past runs: none yet"],
        "flatctl: old history kept as x\n",
    )


@pytest.mark.parametrize(
    ("words", "action", "value"), [([], None, None), (["set", 128], "set", 128)], ids=["all", "set"]
)
def test_panel_records_what_is_said_on_the_line(app, command, words, action, value):
    app.answers["record"] = "p.json: 14 exchanges"
    ending = command("panel", "rig.toml", *words, "--record", "p.json")
    assert (app.asked, ending.stdout) == (
        [("record", (Path("rig.toml"), Path("p.json"), action, value), LEFT_ALONE)],
        "p.json: 14 exchanges\n",
    )


def test_panel_without_an_action_says_which_there_are(app, command):
    ending = command("panel", "rig.toml")
    assert (ending.code, "on, off, set" in ending.stderr, app.asked) == (2, True, [])


def test_status_prints_what_goes_on(app, command):
    app.answers["status"] = ["mono: process 7", "  L: 3 of 5 flats, 2 left"]
    ending = command("status", "mono")
    assert (app.asked, ending.stdout) == (
        [("status", ("mono",), {})],
        "mono: process 7\n  L: 3 of 5 flats, 2 left\n",
    )


def test_stop_says_what_became_of_the_light_and_ends_with_that(app, command):
    app.answers["stop"] = ("mono: stopped, the light is NOT known to be off", 8)
    ending = command("stop", "mono")
    assert (ending.code, ending.stdout) == (8, "mono: stopped, the light is NOT known to be off\n")


def test_history_says_where_it_lies(app, command):
    app.answers["where"] = ["history  /x/history.sqlite", "live     /x/live"]
    assert command("history", "--where").stdout.splitlines() == app.answers["where"]
