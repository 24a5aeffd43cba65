"""The Wanderer Cover V4, which talks unasked."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flatctl.devices.protocols import CoverState, PanelStatus
from flatctl.devices.serial.wanderer_v4 import WandererV4Panel, parse
from flatctl.errors import BadReply, Fault, NoReply, Stopped, Unreachable
from hardware_sims.light import Light
from hardware_sims.serial_panels.line import LineFaults
from hardware_sims.serial_panels.server import PtyServer
from hardware_sims.serial_panels.wanderer_v4 import SimulatedWandererV4, WandererV4Traits

LIMIT_S = 5.0
LINE = b"WandererCoverV4A20250404A20.0A270.0A20.0A12.1A100A0A1A"


@contextmanager
def served(
    faults: LineFaults | None = None, link: Path | None = None, **traits
) -> Iterator[PtyServer]:
    unit = SimulatedWandererV4(
        Light(255), WandererV4Traits(**({"period_s": 0.03, "motor_s": 0.15} | traits))
    )
    with PtyServer(unit, faults=faults, link=link) as server:
        yield server


@contextmanager
def opened(server: PtyServer) -> Iterator[WandererV4Panel]:
    panel = WandererV4Panel(server.path, boot_delay_s=0.0)
    panel.open(LIMIT_S)
    yield panel
    panel.close()


def readers() -> list[str]:
    return [thread.name for thread in threading.enumerate() if "wanderer-v4" in thread.name]


def test_a_line_tells_everything():
    stand = parse(LINE)
    assert (stand.model, stand.firmware, stand.brightness) == ("WandererCoverV4", 20250404, 100)
    assert (stand.closed_deg, stand.open_deg, stand.position_deg) == (20.0, 270.0, 20.0)


def test_an_old_firmware_does_not_tell_its_brightness():
    assert parse(b"WandererCoverV4A20240101A20.0A270.0A20.0A12.1A").brightness is None


def test_the_pro_has_a_name_of_its_own():
    assert parse(LINE.replace(b"V4", b"V4Pro")).model == "WandererCoverV4Pro"


@pytest.mark.parametrize(
    "line",
    [
        b"",
        b"done",
        b"OpenSet",
        LINE[1:],
        LINE[:-1],
        LINE[:30],
        LINE.replace(b"V4", b"V3"),
        LINE.replace(b"270.0", b"2e0.0"),
        LINE.replace(b"100", b"1.0.0"),
        LINE.replace(b"12.1", b"\xff"),
        LINE.replace(b"100", b"9" * 400),
    ],
)
def test_what_is_no_status_is_refused(line):
    with pytest.raises(ValueError, match=r".+"):
        parse(line)


@given(st.binary(max_size=60))
def test_noise_is_a_value_error_and_nothing_else(noise):
    try:
        parse(noise)
    except ValueError:
        return


@pytest.mark.parametrize(
    ("before", "now", "state"),
    [
        ("20.0", "20.0", CoverState.CLOSED),
        ("29.9", "30.0", CoverState.CLOSED),
        ("264.0", "264.0", CoverState.OPEN),
        ("25.0", "21.0", CoverState.MOVING),
        ("100.0", "140.0", CoverState.MOVING),
        ("140.0", "140.0", CoverState.UNKNOWN),
    ],
)
def test_where_the_cover_is_follows_from_two_lines(before, now, state):
    lines = (LINE.replace(b"A20.0A12.1", f"A{at}A12.1".encode()) for at in (before, now))
    first, second = (parse(line) for line in lines)
    assert second.cover(first) is state


def test_a_brightness_is_confirmed_by_the_stream():
    with served() as server, opened(server) as panel:
        panel.set_brightness(77, LIMIT_S)
        assert panel.status(LIMIT_S) == PanelStatus(True, 77, confirmed=True)


def test_a_panel_that_does_not_heed_is_no_reply_that_says_what_it_tells():
    with served() as server, opened(server) as panel:
        panel.set_brightness(10, LIMIT_S)
        server.faults.deaf = True
        with pytest.raises(NoReply, match=r"'77\\n' is not heeded: .* telling brightness 10"):
            panel.set_brightness(77, 0.6)


def test_a_level_that_the_panel_cuts_is_a_fault_and_the_light_goes_out():
    with (
        served(clamp=200) as server,
        opened(server) as panel,
        pytest.raises(Fault, match="asked for brightness 255, it says 200"),
    ):
        panel.set_brightness(255, 0.6)
    assert not server.panel.light.lit


def test_with_an_old_firmware_nothing_is_confirmed():
    with served(firmware=20240101) as server, opened(server) as panel:
        panel.set_brightness(77, LIMIT_S)
        assert panel.status(LIMIT_S) == PanelStatus(True, 77, confirmed=False)


def test_a_panel_that_falls_silent_is_no_reply():
    with served() as server, opened(server) as panel:
        server.faults.silent = True
        panel._link.send(b"")
        time.sleep(0.1)  # lines that were on their way
        with pytest.raises(NoReply, match="fallen silent"):
            panel.status(0.3)


def test_a_silent_panel_is_not_waited_for_longer_than_it_can_take():
    with served() as server, opened(server) as panel:
        server.faults.silent = True
        panel.silence_s = 0.3
        begin = time.monotonic()
        with pytest.raises(NoReply, match="fallen silent"):
            panel.status(90.0)
        assert time.monotonic() - begin < 3.0


def test_a_port_without_a_word_is_given_up_long_before_a_cover_could_move():
    with served(faults=LineFaults(silent=True)) as server:
        panel = WandererV4Panel(server.path, boot_delay_s=0.0)
        panel.start_s = 0.3
        begin = time.monotonic()
        with pytest.raises(Unreachable, match="nobody answers"):
            panel.open(90.0)
        assert time.monotonic() - begin < 3.0


def test_a_command_that_got_lost_is_sent_again():
    with served() as server, opened(server) as panel:
        server.faults.deaf = True
        hearing = threading.Timer(0.3, lambda: setattr(server.faults, "deaf", False))
        hearing.start()
        panel.set_brightness(77, 3.0)
        assert server.panel.light.brightness == 77
        hearing.join()


def test_a_cable_pulled_while_a_line_is_awaited_ends_the_wait(tmp_path):
    with (
        served(link=tmp_path / "panel", period_s=1000.0) as server,
        opened_quickly(server) as panel,
    ):
        pulling = threading.Timer(0.2, server.pull_cable)
        pulling.start()
        begin = time.monotonic()
        with pytest.raises(Unreachable, match="line broke"):
            panel.status(30.0)
        assert time.monotonic() - begin < 5.0
        pulling.join()


@contextmanager
def opened_quickly(server: PtyServer) -> Iterator[WandererV4Panel]:
    """Open a panel that says one line and then hardly another."""
    server.panel._next = time.monotonic() + 0.3
    with opened(server) as panel:
        yield panel


def test_after_a_broken_line_it_is_listened_to_again(tmp_path):
    with served(link=tmp_path / "panel") as server, opened(server) as panel:
        for _ in range(3):
            server.pull_cable()
            with pytest.raises(Unreachable):
                panel.light_off(LIMIT_S)
            server.plug_in()
            panel.close()
            panel.open(LIMIT_S)
        panel.set_brightness(5, LIMIT_S)
        assert server.panel.light.brightness == 5


def test_nobody_reads_on_after_closing():
    with served() as server:
        with opened(server):
            assert len(readers()) == 1
        assert readers() == []


def test_closing_is_no_error_where_a_signal_came_before_the_reader_started(monkeypatch):
    def stop(_thread: threading.Thread) -> None:
        raise Stopped(15)

    with served() as server:
        panel = WandererV4Panel(server.path, boot_delay_s=0.0)
        with monkeypatch.context() as patch:
            patch.setattr(threading.Thread, "start", stop)
            with pytest.raises(Stopped):
                panel.open(LIMIT_S)
        panel.close()
        panel.open(LIMIT_S)
        panel.close()


def test_nobody_reads_on_where_opening_failed():
    with served(model="WandererEclipse") as server:
        panel = WandererV4Panel(server.path, boot_delay_s=0.0)
        with pytest.raises(BadReply, match="WandererEclipse"):
            panel.open(0.3)
        assert readers() == []


def test_a_line_that_began_before_a_question_does_not_answer_it():
    with (
        served(faults=LineFaults(byte_gap_s=0.002), period_s=0.2) as server,
        opened(server) as panel,
    ):
        server.panel.light.set(lit=True, brightness=9)
        assert panel.status(LIMIT_S).brightness in (None, 9)
        assert panel.status(LIMIT_S).brightness == 9


def test_a_number_beyond_reason_does_not_end_the_listening():
    with served() as server, opened(server) as panel:
        speak = server.panel.line
        server.panel.line = lambda: speak().replace(b"20250404", b"9" * 400) + speak()
        assert panel.status(LIMIT_S).lit is False


def test_a_cover_that_is_blocked_is_a_fault_that_says_where():
    with served() as server, opened(server) as panel:
        server.panel.cover.stuck_moves = 9
        with pytest.raises(Fault, match="asked to be open, but it stopped half-way"):
            panel.open_cover(10.0)


def test_a_word_on_the_side_does_no_harm():
    with served() as server, opened(server) as panel:
        panel.open_cover(LIMIT_S)
        heard = b"".join(said for way, said in server.traffic if way == "<")
        assert b"done\r\n" in heard
        assert panel.cover_state(LIMIT_S) is CoverState.OPEN
