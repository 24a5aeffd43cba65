"""`flatctl panel CONFIG --record FILE`, and what was sent in, held again without the panel."""

import json
import signal
import threading
from contextlib import contextmanager
from pathlib import Path

import pytest
from lines import virtual_lines
from panel_bench import Bench, build

from flatctl.app import record as app
from flatctl.engine.stop import StopSignals
from flatctl.errors import BadReply, DeviceError, Stopped, UsageError
from hardware_sims.light import Light
from hardware_sims.serial_panels.alnitak import AlnitakTraits, SimulatedAlnitak
from hardware_sims.serial_panels.giotto import SimulatedAlto, SimulatedGiotto
from hardware_sims.serial_panels.line import LineFaults
from hardware_sims.serial_panels.recorded import RecordedPanel
from hardware_sims.serial_panels.server import PtyServer

RECORDINGS = Path(__file__).parents[1] / "wire" / "recordings"
SENT_IN = {
    path.stem: recording
    for path in sorted(RECORDINGS.glob("*.json"))
    if "calls" in (recording := json.loads(path.read_text("utf-8")))
}
LIMIT_S = 10.0


def held_again(recording: dict) -> tuple[list[str], RecordedPanel]:
    """Let the driver do what was done while it was recorded; return how each call ended."""
    pairs = [
        (each["host"].encode("latin-1"), each["panel"].encode("latin-1"))
        for each in recording["exchanges"]
    ]
    ended = []
    with virtual_lines() as lines:
        recorded = RecordedPanel(pairs, now=lines.clock.monotonic)
        options = {"port": "/dev/first", "boot_delay_s": 0.0, **recording["options"]}
        lines.serve(recorded, "/dev/first")
        if options.get("alto_port"):
            options["alto_port"] = lines.serve(recorded, "/dev/second").path
        panel = build(recording["kind"], options)
        for call in recording["calls"]:
            values = [call["value"]] if "value" in call else []
            try:
                getattr(panel, call["call"])(*values, LIMIT_S)
                ended.append("done")
            except DeviceError as error:
                ended.append(type(error).__name__)
        panel.close()
    return ended, recorded


@pytest.mark.parametrize("name", SENT_IN)
def test_what_was_sent_in_ends_as_it_should(name):
    ended, script = held_again(SENT_IN[name])
    assert (ended, script.complaint, script.left) == (
        [call["ended"] for call in SENT_IN[name]["calls"]],
        "",
        [],
    )


@contextmanager
def flat_man(folder, faults=None):
    """Serve a Flat-Man and yield its configuration, its light and its line."""
    config = folder / "rig.toml"
    with virtual_lines() as lines:
        light = Light(255, now=lines.clock.monotonic)
        panel = SimulatedAlnitak(light, AlnitakTraits(product=19))
        wire = lines.serve(panel, f"{folder}/panel", faults)
        config.write_text(
            f'[camera]\ndevice = "x"\n\n[panel]\nkind = "alnitak"\nport = "{wire.path}"\n'
            "boot_delay_s = 0\n"
        )
        yield config, light, wire


def recorded(file) -> dict:
    return json.loads(file.read_text("utf-8"))


def calls(file) -> list[tuple]:
    return [(c["call"], c.get("value"), c["ended"]) for c in recorded(file)["calls"]]


def test_a_round_steps_through_the_range_and_puts_the_light_out(tmp_path):
    with flat_man(tmp_path) as (config, light, _):
        app.record(config, tmp_path / "panel.json", None, None)
        steps = [change.brightness for change in light.changes() if change.lit]
        assert (steps[-1], light.lit) == (255, False)
    assert calls(tmp_path / "panel.json") == [
        ("open", None, "done"),
        ("status", None, "done"),
        ("set_brightness", 0, "done"),
        ("set_brightness", 128, "done"),
        ("set_brightness", 255, "done"),
        ("light_off", None, "done"),
        ("status", None, "done"),
    ]


def test_every_byte_that_passed_is_in_the_recording(tmp_path):
    with flat_man(tmp_path) as (config, _, wire):
        app.record(config, tmp_path / "panel.json", "set", 42)
        passed = {
            way: b"".join(c for w, c in wire.traffic if w == way).decode() for way in (">", "<")
        }
    exchanges = recorded(tmp_path / "panel.json")["exchanges"]
    assert passed == {
        ">": "".join(e["host"] for e in exchanges),
        "<": "".join(e["panel"] for e in exchanges),
    }


def test_one_action_alone_can_be_recorded(tmp_path):
    with flat_man(tmp_path) as (config, light, _):
        app.record(config, tmp_path / "panel.json", "set", 42)
        assert (light.lit, light.brightness) == (True, 42)


@pytest.mark.parametrize(
    "faults",
    [LineFaults(), LineFaults(garble_replies=2), LineFaults(drop_bytes=1)],
    ids=["well", "garbled", "dropped"],
)
def test_a_recording_is_a_ready_test(tmp_path, faults):
    with flat_man(tmp_path, faults) as (config, _, _):
        app.record(config, tmp_path / "panel.json", None, None)
    recording = recorded(tmp_path / "panel.json")
    ended, script = held_again(recording)
    assert (ended, script.complaint, script.left) == (
        [call["ended"] for call in recording["calls"]],
        "",
        [],
    )


def test_a_panel_that_misbehaves_is_recorded_too(tmp_path):
    file = tmp_path / "panel.json"
    with flat_man(tmp_path) as (config, _, wire):
        wire.panel.reply = lambda received: b"#?\r\n" if received else b""
        with pytest.raises(BadReply, match=r"what was said is in .*panel\.json"):
            app.record(config, file, None, None)
    assert calls(file) == [("open", None, "BadReply")]
    assert recorded(file)["exchanges"][0] == {"host": ">P000\r", "panel": "#?\r\n"}


def test_an_unknown_panels_recording_is_a_ready_test(tmp_path):
    file = tmp_path / "panel.json"
    with flat_man(tmp_path) as (config, _, wire):
        wire.panel.reply = lambda received: b"#?\r\n" if received else b""
        with pytest.raises(BadReply):
            app.record(config, file, None, None)
    ended, script = held_again(recorded(file))
    assert (ended, script.left) == (["BadReply"], [])


def test_the_light_goes_out_though_a_step_of_the_round_fails(tmp_path):
    with flat_man(tmp_path) as (config, light, wire):
        obey = wire.panel.reply
        wire.panel.reply = lambda received: b"?\n" if b"B128" in received else obey(received)
        with pytest.raises(BadReply):
            app.record(config, tmp_path / "panel.json", None, None)
        assert not light.lit
    ended = [end for name, _, end in calls(tmp_path / "panel.json") if name == "set_brightness"]
    assert ended == ["done", "BadReply", "done"]


def test_a_file_that_is_there_is_not_overwritten(tmp_path):
    (tmp_path / "panel.json").write_text("mine")
    with flat_man(tmp_path) as (config, _, wire):
        with pytest.raises(UsageError, match="exists already"):
            app.record(config, tmp_path / "panel.json", None, None)
        assert wire.traffic == []


def test_a_file_in_no_folder_is_refused_before_the_light_is_touched(tmp_path):
    with flat_man(tmp_path) as (config, _, wire):
        with pytest.raises(UsageError, match="no such folder"):
            app.record(config, tmp_path / "nowhere" / "panel.json", "on", None)
        assert wire.traffic == []


def test_stopped_while_it_lights_the_panel_is_left_dark_and_the_file_written(tmp_path):
    with flat_man(tmp_path) as (config, light, wire):
        obey, main = wire.panel.reply, threading.main_thread().ident

        def stop_when_lit(received: bytes) -> bytes:
            said = obey(received)
            if b">L" in received:
                signal.pthread_kill(main, signal.SIGTERM)
            return said

        wire.panel.reply = stop_when_lit
        with StopSignals().installed(), pytest.raises(Stopped):
            app.record(config, tmp_path / "panel.json", "set", 42)
        assert not light.lit
    assert calls(tmp_path / "panel.json")[-1] == ("light_off", None, "done")


def test_only_a_serial_line_can_be_recorded(tmp_path):
    config = tmp_path / "rig.toml"
    config.write_text('[camera]\ndevice = "x"\n\n[panel]\nkind = "manual"\n')
    with pytest.raises(UsageError, match="serial line"):
        app.record(config, tmp_path / "panel.json", None, None)


def configured(bench: Bench, folder: Path) -> Path:
    """Write a configuration for the panel of a bench."""
    config = folder / "rig.toml"
    options = "".join(f"{key} = {json.dumps(value)}\n" for key, value in bench.options.items())
    config.write_text(f'[camera]\ndevice = "x"\n\n[panel]\nkind = "{bench.kind}"\n{options}')
    return config


def test_a_recording_of_any_panel_on_a_line_is_a_ready_test(bench, wire, tmp_path):
    file = tmp_path / "panel.json"
    app.record(configured(bench, tmp_path), file, None, None)
    recording = recorded(file)
    ended, panel = held_again(recording)
    assert (ended, panel.complaint, panel.left) == (
        [call["ended"] for call in recording["calls"]],
        "",
        [],
    )


def test_a_recording_of_a_panel_with_two_ports_is_a_ready_test(tmp_path):
    file, light = tmp_path / "panel.json", Light(100)
    with (
        PtyServer(SimulatedGiotto(light)) as wire,
        PtyServer(SimulatedAlto(light, motor_s=0.1)) as arm,
    ):
        config = tmp_path / "rig.toml"
        config.write_text(
            f'[camera]\ndevice = "x"\n\n[panel]\nkind = "giotto"\nport = "{wire.path}"\n'
            f'alto_port = "{arm.path}"\nboot_delay_s = 0\n'
        )
        app.record(config, file, "open", None)
    assert "/dev/" not in file.read_text()
    ended, panel = held_again(recorded(file))
    assert (ended, panel.complaint, panel.left) == (["done", "done", "done"], "", [])
