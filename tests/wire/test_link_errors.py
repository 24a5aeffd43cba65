"""What a user is told when a port can't be used."""

import errno
import grp
import os
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from types import SimpleNamespace

import pytest
import serial
from dialogue import Script, dialogue, plugged_in
from serial.rfc2217 import PortManager

from flatctl.devices.serial.diagnosis import SerialPort, printable, why_not_opened
from flatctl.devices.serial.link import SerialLink
from flatctl.devices.serial.ports import Line
from flatctl.errors import BadReply, Busy, NoReply, Unreachable
from hardware_sims.serial_panels.line import LineFaults
from hardware_sims.serial_panels.server import PtyServer


def link_to(url: str) -> SerialLink:
    return SerialLink(url, name=f"panel at {url}", baud=9600)


def echo(frame: bytes) -> bytes:
    if not frame.startswith(b"OK"):
        raise ValueError("not OK")
    return frame


def ask(link: SerialLink, command: bytes, timeout_s: float = 0.3) -> bytes:
    return link.ask(command, echo, link.deadline(timeout_s))


def greet(link: SerialLink) -> bytes:
    return link.greet(b"?\n", echo, timeout_s=0.3)


@contextmanager
def a_server_that_says(words: bytes) -> Iterator[str]:
    """Hang up on whoever comes, with a word on why, as ser2net does."""
    with socket.create_server(("127.0.0.1", 0)) as server:

        def turn_away() -> None:
            with suppress(OSError):
                client, _ = server.accept()
                with client:
                    # pyserial drops whatever comes before it is open.
                    client.recv(100)
                    client.sendall(words)
                    client.shutdown(socket.SHUT_WR)
                    while client.recv(100):
                        pass

        thread = threading.Thread(target=turn_away, daemon=True)
        thread.start()
        yield f"socket://127.0.0.1:{server.getsockname()[1]}"
        thread.join()


def test_a_server_of_ports_that_says_its_port_is_in_use_is_heard():
    with (
        a_server_that_says(b"Port already in use\r\n") as url,
        pytest.raises(Busy, match="Port already in use"),
    ):
        greet(link_to(url))


def test_a_server_of_ports_that_can_not_open_its_own_is_heard():
    with (
        a_server_that_says(b"Device open failure: no such file\r\n") as url,
        pytest.raises(Unreachable, match="Device open failure"),
    ):
        greet(link_to(url))


def test_a_missing_port_is_named_with_a_way_to_find_the_right_one(tmp_path):
    missing = f"{tmp_path}/ttyUSB0"
    with pytest.raises(
        Unreachable, match=r"ttyUSB0: no such port; is it .* powered. (There are|This computer)"
    ):
        link_to(missing).open()


def test_the_ports_that_exist_are_listed_when_one_does_not():
    ports = [SerialPort("/dev/ttyUSB1", "Flat-Man"), SerialPort("/dev/ttyACM0", "Arduino Uno")]
    error = why_not_opened("/dev/ttyUSB0", "panel", OSError(errno.ENOENT, "gone"), ports)
    there = "There are: /dev/ttyUSB1 (Flat-Man), /dev/ttyACM0 (Arduino Uno)"
    assert error.remedy == f"is it plugged in and powered? {there}"


@pytest.mark.parametrize(
    ("group", "mode", "to_join"),
    [
        ("dialout", 0o660, "dialout"),
        ("plugdev", 0o660, "plugdev"),
        ("root", 0o660, ""),
        ("disk", 0o660, ""),
        ("dialout", 0o600, ""),
        ("dialout", 0o640, ""),
        (None, 0o660, ""),
    ],
)
def test_without_permission_only_a_group_that_helps_and_is_safe_is_to_be_joined(
    group, mode, to_join, monkeypatch
):
    def look_up(_gid: int) -> SimpleNamespace:
        if group is None:
            raise KeyError("no such group")
        return SimpleNamespace(gr_name=group)

    monkeypatch.setattr(os, "stat", lambda _path: SimpleNamespace(st_gid=7, st_mode=mode))
    monkeypatch.setattr(grp, "getgrgid", look_up)
    error = why_not_opened("/dev/ttyS7", "panel", PermissionError(errno.EACCES, "denied"), [])
    assert error.remedy.startswith("join its group") == bool(to_join)
    assert f"usermod -a -G {to_join or 'dialout'} " in error.remedy
    assert ("udev rule" in error.remedy) == (not to_join)


@contextmanager
def echoing_rfc2217() -> Iterator[str]:
    """Serve a port that echoes, as ser2net would, to one client."""

    def serve() -> None:
        wire, _ = listener.accept()
        with wire, serial.serial_for_url("loop://", timeout=0) as port, suppress(OSError):
            manager = PortManager(port, SimpleNamespace(write=wire.sendall))
            while data := wire.recv(100):
                port.write(b"".join(manager.filter(data)))
                wire.sendall(b"".join(manager.escape(port.read(port.in_waiting))))

    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=serve)
        thread.start()
        yield f"rfc2217://127.0.0.1:{listener.getsockname()[1]}"
        thread.join(10)


@pytest.mark.filterwarnings(r"ignore:set(Daemon|Name)\(\):DeprecationWarning")  # by pyserial 3.5
def test_a_port_behind_rfc2217_works():
    with echoing_rfc2217() as url:
        link = link_to(url)
        link.open()
        answer = ask(link, b"OK\r\n", timeout_s=5)
        link.close()
    assert answer == b"OK"


def test_a_port_behind_rfc2217_that_does_not_open_names_its_option():
    refusal = TimeoutError("timeout while waiting for option 'control'")
    error = why_not_opened("rfc2217://dome:4000", "panel", refusal, [])
    assert "?ign_set_control" in error.remedy


def test_a_kind_of_url_that_can_not_do_it_is_no_bug_of_ours():
    def refuse(line: Line) -> None:
        raise NotImplementedError("write_timeout is currently not supported")

    link = SerialLink("odd://x", name="panel", baud=9600, open_port=refuse)
    with pytest.raises(Unreachable, match="write_timeout is currently not supported"):
        link.open()


def test_a_port_in_other_hands_is_busy_and_says_whose():
    with PtyServer(Script([])) as server:
        first, second = link_to(server.path), link_to(server.path)
        first.open()
        with pytest.raises(Busy, match=rf"another program has the port open \(.*{os.getpid()}"):
            second.open()
        first.close()


def test_a_port_that_was_let_go_can_be_taken_by_another():
    with PtyServer(Script([])) as server:
        first, second = link_to(server.path), link_to(server.path)
        first.open()
        first.close()
        second.open()
        assert second.is_open
        second.close()


@pytest.mark.parametrize("path", ["/dev/null", "/etc/passwd", "/tmp"])
def test_what_is_no_serial_port_is_called_so(path):
    with pytest.raises(Unreachable, match="no serial port"):
        link_to(path).open()


def test_an_address_where_nobody_listens_is_unreachable():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        url = f"socket://127.0.0.1:{taken.getsockname()[1]}"
        with pytest.raises(Unreachable, match=r"can't be reached \(.*refused"):
            link_to(url).open()


@pytest.mark.parametrize("url", ["telepathy://panel", "socket://nowhere", "socket://:x"])
def test_an_address_that_makes_no_sense_is_unreachable(url):
    with pytest.raises(Unreachable, match="check the address"):
        link_to(url).open()


def test_a_panel_behind_a_socket_is_asked_like_any_other():
    with socket.create_server(("127.0.0.1", 0)) as server:
        link = link_to(f"socket://127.0.0.1:{server.getsockname()[1]}")
        link.open()
        panel, _ = server.accept()
        with panel:
            panel.sendall(b"stale\n")
            link.send(b"!\n")
            assert panel.recv(10) == b"!\n"
        link.close()


def test_a_silent_port_is_unreachable_when_it_is_greeted():
    with (
        dialogue((b"?\n" * 3, b"")) as port,
        pytest.raises(Unreachable, match=r"nobody answers: no answer to '\?\\n'"),
    ):
        greet(link_to(port))


def test_another_device_on_the_port_is_a_bad_reply_that_quotes_it():
    with (
        dialogue(*((b"?\n", b"GPS,47.1\r\n"),) * 3) as port,
        pytest.raises(BadReply, match=r"GPS,47\.1"),
    ):
        greet(link_to(port))


def test_a_port_that_failed_to_greet_is_let_go():
    with dialogue((b"?\n" * 3, b"")) as port:
        link = link_to(port)
        with pytest.raises(Unreachable):
            greet(link)
        assert not link.is_open


def test_silence_after_the_greeting_is_no_reply():
    with dialogue((b"?\n", b"OK\n"), (b"?\n" * 3, b"")) as port:
        link = link_to(port)
        greet(link)
        with pytest.raises(NoReply):
            ask(link, b"?\n")
        link.close()


def test_the_first_try_is_made_even_when_the_time_is_over():
    with dialogue((b"!\n", b"")) as port:
        link = link_to(port)
        link.open()
        with pytest.raises(NoReply):
            ask(link, b"!\n", timeout_s=0.0)
        link.close()


def test_a_try_after_a_wrong_answer_finds_the_right_one():
    with dialogue((b"?\n", b"K\n"), (b"?\n", b"OK\n")) as port:
        link = link_to(port)
        link.open()
        assert ask(link, b"?\n", timeout_s=2.0) == b"OK"
        link.close()


def test_a_board_that_starts_anew_is_not_spoken_to_before_its_boot_delay():
    with dialogue((b"?\n", b"OK\n"), faults=LineFaults(boot_silence_s=0.2)) as port:
        link = SerialLink(port, name="panel", baud=9600, boot_delay_s=0.4)
        assert greet(link) == b"OK"
        link.close()


def test_using_a_closed_port_is_unreachable():
    with pytest.raises(Unreachable, match="not open"):
        link_to("/dev/ttyUSB0").send(b"!")


def test_closing_twice_is_no_error():
    link = link_to("/dev/ttyUSB0")
    link.close()
    link.close()


def test_bytes_are_shown_so_that_they_can_be_read():
    assert printable(b"*P99\r\n\xff") == r"'*P99\r\n\xff'"


def test_endless_chatter_is_cut():
    assert printable(b"x" * 100).endswith("' and 40 bytes more")


def test_constructing_a_link_touches_nothing(tmp_path):
    link_to(str(tmp_path / "ttyUSB0"))
    assert list(Path(tmp_path).glob("tty*")) == []


@contextmanager
def flooding(words: bytes) -> Iterator[str]:
    """Serve an address that talks as fast as it can and listens to nobody."""
    with socket.create_server(("127.0.0.1", 0)) as server:

        def talk() -> None:
            talker, _ = server.accept()
            with talker, suppress(OSError):
                while True:
                    talker.sendall(words)

        thread = threading.Thread(target=talk)
        thread.start()
        yield f"socket://127.0.0.1:{server.getsockname()[1]}"
        thread.join(10)


@pytest.mark.parametrize("word", [b"x", b"abc\n"])
def test_a_device_that_never_stops_talking_is_a_bad_reply_in_time(word):
    with flooding(word * 8000) as url:
        link = link_to(url)
        link.open()
        begin = time.monotonic()
        with pytest.raises(BadReply):
            ask(link, b"?\n", timeout_s=0.5)
        assert time.monotonic() - begin < 2.0
        link.close()


def test_of_endless_talk_no_more_is_kept_than_can_be_shown():
    class Talker:
        def reply(self, _received: bytes) -> bytes:
            return b"x" * 4000

    with plugged_in(Talker()) as server:
        link = link_to(server.path)
        link.open()
        with pytest.raises(BadReply, match=r"and \d{1,4} bytes more"):
            ask(link, b"?\n", timeout_s=1.0)
        link.close()
