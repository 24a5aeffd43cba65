"""The log of the devices: complete, bounded, without secrets, and never in anybody's way."""

import io
import os
import re
import sys
import threading
import urllib.request
from pathlib import Path

import pytest

from flatctl.devices import log as module
from flatctl.devices.indi.wire import trace
from flatctl.devices.indi.wire.child import Child
from flatctl.devices.log import HEARD, SENT, DeviceLog, current_log, logging_to
from flatctl.devices.screen.panel import ScreenPanel
from flatctl.devices.serial.alnitak import AlnitakPanel
from hardware_sims.light import Light
from hardware_sims.serial_panels.alnitak import SimulatedAlnitak
from hardware_sims.serial_panels.server import PtyServer


@pytest.fixture
def told():
    return []


@pytest.fixture
def log(tmp_path, told):
    made = DeviceLog(tmp_path / "rig.log", told.append)
    yield made
    made.close()


def note(log: DeviceLog, *words: str) -> None:
    """Note it, and let it be written."""
    log.note(*words)
    log.close()


def lines(folder: Path, name: str = "rig.log") -> list[str]:
    """What was written, without the times."""
    written = (folder / name).read_text().splitlines()
    return [line.partition(" ")[2] for line in written]


def test_a_line_says_when_who_which_way_and_what(log, tmp_path):
    note(log, "Flat-Man", SENT, "'>POOO'")
    when, _, rest = (tmp_path / "rig.log").read_text().rstrip().partition(" ")
    assert (len(when), when[-1], rest) == (24, "Z", "Flat-Man > '>POOO'")


def test_a_remark_tells_its_place(log, tmp_path):
    (tmp_path / "rig.log").write_text("of last night\n")
    assert log.remark("Cam", "a") == f"{tmp_path}/rig.log:2"
    log.note("Cam", HEARD, "b")
    assert log.remark("Cam", "c") == f"{tmp_path}/rig.log:4"


def test_whatever_a_device_says_stays_on_one_line(log, tmp_path):
    note(log, "Cam", HEARD, "two\nlines \x1b[2J\ud800")
    assert lines(tmp_path) == [r"Cam < two\nlines \x1b[2J\ud800"]


def test_the_log_is_bounded_and_keeps_the_newest(log, tmp_path, monkeypatch):
    monkeypatch.setattr(module, "LARGEST_BYTES", 400)
    for number in range(50):
        log.note("Cam", HEARD, f"number {number}")
    log.close()
    kept = lines(tmp_path, "rig.log.1") + lines(tmp_path)
    assert kept == [f"Cam < number {n}" for n in range(50 - len(kept), 50)]
    files = sorted(tmp_path.glob("rig*"))
    assert [each.name for each in files] == ["rig.log", "rig.log.1"]
    assert all(each.stat().st_size <= 400 for each in files)


def test_a_log_that_somebody_deleted_is_begun_anew(log, tmp_path, told):
    log.remark("Cam", "a")
    (tmp_path / "rig.log").unlink()
    note(log, "Cam", HEARD, "b")
    assert (lines(tmp_path), told) == (["Cam < b"], [])


@pytest.mark.parametrize("path", [Path("/dev/full"), Path("/no/such/folder/rig.log")])
def test_a_log_that_cannot_be_written_says_so_once_and_falls_silent(path, told):
    log = DeviceLog(path, told.append)
    assert [log.remark("Cam", "a"), log.remark("Cam", "b")] == ["", ""]
    log.close()
    (words,) = told
    assert f"the log {path} can't be written" in words


def test_not_even_a_closed_stderr_turns_a_lost_log_into_an_error():
    def broken(words: str) -> None:
        raise BrokenPipeError(words)

    assert DeviceLog(Path("/dev/full"), broken).remark("Cam", "a") == ""


def test_a_stderr_closed_in_this_process_is_no_error_either():
    stderr = io.StringIO()
    stderr.close()
    log = DeviceLog(Path("/dev/full"), lambda words: print(words, file=stderr))
    assert log.remark("Flat-Man", "is silent") == ""


class Hanging:
    """A disk that takes nothing until it is let go."""

    def __init__(self, monkeypatch) -> None:
        self.taken, self.let_go = threading.Event(), threading.Event()
        write = os.write

        def stuck(fd: int, content: bytes) -> int:
            self.taken.set()
            self.let_go.wait(60)
            return write(fd, content)

        monkeypatch.setattr(module.os, "write", stuck)


@pytest.fixture
def hanging(monkeypatch):
    monkeypatch.setattr(module, "WAITING_MAX", 10)
    monkeypatch.setattr(module, "_LAST_LINES_S", 0.05)
    disk = Hanging(monkeypatch)
    yield disk
    disk.let_go.set()


def test_nobody_waits_for_a_disk_that_hangs_and_what_is_left_out_is_said_once(log, hanging, told):
    for number in range(100):
        log.note("Cam", HEARD, f"number {number}")
    log.close()
    (words,) = told
    assert "lacks lines: its disk is too slow, or hangs" in words


def test_a_disk_that_comes_back_has_the_lines_before_and_after_the_gap(log, hanging, tmp_path):
    log.note("Cam", HEARD, "first")
    assert hanging.taken.wait(60)
    for number in range(12):
        log.note("Cam", HEARD, f"number {number}")
    hanging.let_go.set()
    while not log.remark("Cam", "again"):
        pass
    kept = lines(tmp_path)
    assert kept[:11] == ["Cam < first", *(f"Cam < number {n}" for n in range(10))]
    assert re.fullmatch(r"log ! \d+ lines are left out here: the disk was too slow", kept[11])
    assert kept[12] == "Cam ! again"


def test_a_pipe_that_nobody_reads_silences_the_log(tmp_path, told):
    os.mkfifo(tmp_path / "rig.log")
    log = DeviceLog(tmp_path / "rig.log", told.append)
    for number in range(200):
        log.note("Cam", HEARD, f"number {number} {'x' * 1000}")
    log.close()
    assert ["can't be written" in words for words in told] == [True]


def test_a_giant_that_is_there_is_put_aside_and_not_read(log, tmp_path):
    with (tmp_path / "rig.log").open("wb") as giant:
        giant.truncate(10**12)
    assert log.remark("Cam", "a") == f"{tmp_path}/rig.log:1"


def test_a_log_is_current_inside_its_block_only(tmp_path, told):
    with logging_to(tmp_path / "rig.log", told.append):
        assert current_log() is not None
    assert current_log() is None


def test_a_log_that_is_current_goes_before_another(tmp_path, told):
    with logging_to(tmp_path / "asked.log", told.append):
        asked = current_log()
        with logging_to(tmp_path / "configured.log", told.append):
            assert current_log() is asked


def test_the_bytes_of_a_serial_line_are_logged_both_ways(tmp_path, told):
    with (
        PtyServer(SimulatedAlnitak(Light(255))) as wire,
        logging_to(tmp_path / "rig.log", told.append),
    ):
        panel = AlnitakPanel(wire.path, boot_delay_s=0.0)
        panel.open(5)
        panel.close()
    written = lines(tmp_path)
    assert written[0].startswith(f"alnitak panel at {wire.path} > '>P")
    # An answer may come in pieces, each with its own time.
    heard = [line.partition(" < ")[2].strip("'") for line in written if " < " in line]
    assert "".join(heard).startswith("*P")


def test_an_indi_password_is_not_written():
    element = {"name": "PASSWORD", "value": "hunter2"}
    packet = {"at": "property", "device": "Cloud", "name": "LOGIN", "state": "Ok"}
    assert trace.heard(packet | {"elements": [element]}) == ("Cloud", "LOGIN Ok PASSWORD=***")
    request = {"device": "Cloud", "name": "MQTT", "values": {"API_KEY": "hunter2"}}
    assert trace.said("send", request) == ("Cloud", "set MQTT API_KEY=***")


@pytest.mark.parametrize(
    "text", ["mqtt://owner:hunter2@broker/flats", "GET /orders?token=hunter2&page=1"]
)
def test_who_is_let_in_at_an_address_is_not_written(log, tmp_path, text):
    note(log, "Cloud", HEARD, text)
    (line,) = lines(tmp_path)
    assert ("***" in line, "hunter2" in line) == (True, False)


def test_a_password_where_a_long_line_is_cut_is_not_written(log, tmp_path):
    note(log, "CCD", HEARD, f"{'x' * 1945} http://owner:hunter2hunter2@house/")
    assert "hunter" not in (tmp_path / "rig.log").read_text()


@pytest.mark.parametrize(
    "element", ["PASSWORD", "PASSPHRASE", "WIFI_PWD", "PASSKEY", "WIFI PSK", "API_KEY", "TOKEN"]
)
def test_what_a_secret_is_called_does_not_matter(element):
    words = trace.said("send", {"device": "D", "name": "NET", "values": {element: "hunter2"}})
    assert words == ("D", f"set NET {element}=***")


def test_a_frame_is_logged_by_its_size():
    packet = {"at": "frame", "device": "Cam", "name": "CCD1", "format": ".fits", "size": 2880}
    assert trace.heard(packet | {"what": ""}) == ("Cam", "CCD1 .fits, 2880 bytes")


def test_the_token_of_the_screen_is_not_written(tmp_path, told):
    with logging_to(tmp_path / "rig.log", told.append):
        panel = ScreenPanel(("127.0.0.1", 0), token="abcdefghijkl", wait_s=0.0)
        panel._server = panel._serve()
        urllib.request.urlopen(panel.address).close()
        current_log().note("Screen", "!", f"look at {panel.address}")
        panel.close()
    written = (tmp_path / "rig.log").read_text()
    assert "GET / from 127.0.0.1: 200" in written
    assert "abcdefghijkl" not in written


def test_the_chatter_of_the_indi_library_is_passed_on(tmp_path, monkeypatch):
    program = tmp_path / "program"
    program.write_text("#!/bin/sh\necho 'Dispatch command error' >&2\n")
    program.chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(program))
    heard, over = [], threading.Event()
    child = Child("h", 1, 1.0, hear=print, ended=lambda *_: over.set(), chatter=heard.append)
    child.start()
    assert over.wait(20)
    assert heard == ["Dispatch command error"]
