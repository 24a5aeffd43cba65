"""A screen as a panel: who may show the page, and what happens when it fails to."""

import contextlib
import http.client
import json
import socket
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flatctl.devices.screen.panel import ScreenPanel
from flatctl.devices.screen.server import CONNECTIONS_MAX, address_of
from flatctl.devices.screen.wire import parse_report, tinted
from flatctl.errors import BadReply, Busy, DeviceError, NoReply, Unreachable
from hardware_sims.browser import SimulatedPage
from hardware_sims.light import Light

TOKEN = "a-secret-word"
GRACE_S = 0.3


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return probe.getsockname()[1]


@pytest.fixture
def port() -> int:
    return free_port()


@pytest.fixture
def light() -> Light:
    return Light(255)


@pytest.fixture
def page(port, light):
    with SimulatedPage(f"http://127.0.0.1:{port}/?token={TOKEN}", light) as opened:
        yield opened


@pytest.fixture
def closed_panel(port):
    panel = ScreenPanel(("127.0.0.1", port), token=TOKEN, wait_s=10, grace_s=GRACE_S)
    yield panel
    panel.close()


@pytest.fixture
def panel(closed_panel, page):
    closed_panel.open(1)
    return closed_panel


def asked(port: int, method: str, path: str, body: str = "", **headers: str) -> tuple[int, str]:
    """Ask the server as a stranger would and return status and text."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    with contextlib.closing(connection):
        connection.request(method, path, body, headers)
        with connection.getresponse() as answer:
            return answer.status, answer.read().decode()


def until(condition, timeout_s: float = 5.0) -> bool:
    end_s = time.monotonic() + timeout_s
    while not condition() and time.monotonic() < end_s:
        time.sleep(0.01)
    return condition()


# Who may come in


@pytest.mark.parametrize(
    ("method", "path"), [("GET", "/"), ("GET", "/orders"), ("POST", "/painted")]
)
@pytest.mark.parametrize("query", ["", "?token=", "?token=wrong", "?token=%E2%98%83"])
def test_without_the_token_nothing_is_served(panel, port, method, path, query):
    status, text = asked(port, method, path + query)
    assert (status, "not valid" in text) == (403, True)


@pytest.mark.parametrize(
    "path", ["/index.html", "/orders/", "/../panel.py", "/%2e%2e/panel.py", "/favicon.ico"]
)
def test_no_other_path_exists(panel, port, path):
    assert asked(port, "GET", f"{path}?token={TOKEN}")[0] == 404


@pytest.mark.parametrize("host", ["evil.example", "192.0.2.7:80", ""])
def test_a_page_of_another_name_that_leads_here_gets_nothing(panel, port, host):
    assert asked(port, "GET", f"/?token={TOKEN}", Host=host)[0] == 400


@pytest.mark.parametrize("method", ["PUT", "DELETE", "HEAD", "OPTIONS"])
def test_no_other_method_exists(panel, port, method):
    assert asked(port, method, f"/?token={TOKEN}")[0] == 501


def test_the_page_may_load_nothing_from_elsewhere(panel, port):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    with contextlib.closing(connection):
        connection.request("GET", f"/?token={TOKEN}")
        with connection.getresponse() as answer:
            assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
            assert "http" not in answer.read().decode().replace("https and localhost", "")


@pytest.mark.parametrize("length", ["1025", "999999999", "-1", "many", "0"])
def test_a_report_of_another_size_is_not_read(panel, port, length):
    path = f"/painted?token={TOKEN}"
    assert asked(port, "POST", path, "{}", **{"Content-Length": length})[0] == 413


@pytest.mark.parametrize("body", ["{", "[]", "null", "[" * 1024, '{"page": 1}', '"\\ud800"'])
def test_junk_is_no_report(panel, port, body):
    assert asked(port, "POST", f"/painted?token={TOKEN}", body)[0] == 400


@given(st.binary(max_size=200))
def test_no_bytes_break_the_reader_of_reports(content):
    with contextlib.suppress(ValueError):
        parse_report(content)


def test_a_second_screen_is_turned_away(panel, page, port):
    with SimulatedPage(page_address(port), Light(255), page="second") as second:
        assert until(lambda: 409 in second.refusals)


def test_a_second_screen_can_not_answer_for_the_first(panel, page, port):
    report = {"page": "second", "n": 1, "lit": True, "color": [9, 9, 9], "visible": True}
    assert asked(port, "POST", f"/painted?token={TOKEN}", json.dumps(report))[0] == 409


def test_a_second_screen_takes_over_once_the_first_is_gone(panel, page, port):
    page.cut_off()
    light = Light(255)
    with SimulatedPage(page_address(port), light, page="second"):
        panel.set_brightness(40, 5)
        assert light.brightness == 40


def test_clients_that_say_nothing_do_not_keep_the_page_out(panel, page, light, port):
    with contextlib.ExitStack() as stack:
        for _ in range(CONNECTIONS_MAX - 6):
            stack.enter_context(socket.create_connection(("127.0.0.1", port)))
        panel.set_brightness(40, 5)
        assert light.brightness == 40


def dripping(port: int, source: str) -> socket.socket:
    """Return a connection whose request never gets said to its end."""
    connection = socket.create_connection(("127.0.0.1", port), source_address=(source, 0))
    connection.sendall(b"GET /?token=guess HTTP/1.1\r\nX: ")
    return connection


@pytest.mark.parametrize("sources", [("127.0.0.9",), ("127.0.0.8", "127.0.0.9", "127.0.0.10")])
def test_nobody_without_the_token_keeps_the_page_away(panel, page, port, sources):
    with contextlib.ExitStack() as stack:
        for _ in range(CONNECTIONS_MAX):
            for source in sources:
                stack.enter_context(dripping(port, source))
        assert asked(port, "GET", f"/?token={TOKEN}")[0] == 200


def test_a_request_that_is_not_said_in_time_is_dropped(panel, port):
    with dripping(port, "127.0.0.9") as connection:
        connection.settimeout(4.0)
        began = time.monotonic()
        assert connection.recv(1) == b""
        assert time.monotonic() - began < 3.5


def test_after_closing_nothing_is_served(panel, port):
    panel.close()
    with pytest.raises(ConnectionRefusedError):
        asked(port, "GET", f"/?token={TOKEN}")


def test_every_panel_has_a_token_of_its_own():
    announced = []
    for _ in range(2):
        panel = ScreenPanel(("127.0.0.1", 0), wait_s=0, announce=announced.append)
        with pytest.raises(Unreachable):
            panel.open(0.01)
    tokens = {address.partition("token=")[2] for address in announced}
    assert [len(token) for token in tokens] == [22, 22]


def page_address(port: int) -> str:
    return f"http://127.0.0.1:{port}/?token={TOKEN}"


# What can go wrong


def test_the_address_is_announced_once(port, page):
    announced = []
    panel = ScreenPanel(("127.0.0.1", port), token=TOKEN, wait_s=10, announce=announced.append)
    for _ in range(2):
        panel.open(1)
        panel.close()
    assert announced == [page_address(port)]


def test_a_screen_is_waited_for_as_long_as_was_said_whatever_time_the_panel_has(port):
    panel = ScreenPanel(("127.0.0.1", port), token=TOKEN, wait_s=3.2)
    with pytest.raises(Unreachable, match=r"no screen has opened the page for 3\.2 s"):
        panel.open(90)


def test_a_screen_that_never_comes_is_unreachable_and_the_address_is_told(port):
    panel = ScreenPanel(("127.0.0.1", port), token=TOKEN, wait_s=0)
    with pytest.raises(Unreachable, match=rf"open http://127\.0\.0\.1:{port}/\?token={TOKEN}"):
        panel.open(0.05)


def test_a_port_that_is_taken_is_busy_and_named(port):
    with socket.create_server(("127.0.0.1", port)):
        panel = ScreenPanel(("127.0.0.1", port), token=TOKEN, wait_s=0)
        with pytest.raises(Busy, match=rf"{port}.*choose another"):
            panel.open(0.05)


def test_an_address_that_is_not_of_this_computer_is_unreachable():
    with pytest.raises(Unreachable, match=r"192\.0\.2\.1"):
        ScreenPanel(("192.0.2.1", 0), wait_s=0).open(0.05)


def test_a_lost_connection_is_unreachable_in_time(panel, page):
    page.cut_off()
    begin_s = time.monotonic()
    with pytest.raises(Unreachable, match="connection to the page is lost"):
        panel.set_brightness(100, 30)
    assert time.monotonic() - begin_s < GRACE_S + 1


def test_a_connection_that_is_back_in_time_is_no_fault(port, page, light):
    panel = ScreenPanel(("127.0.0.1", port), token=TOKEN, wait_s=10, grace_s=5)
    panel.open(1)
    with contextlib.closing(panel):
        page.cut_off()
        page.come_back()
        panel.set_brightness(100, 5)
        assert light.brightness == 100


def test_a_page_that_is_back_works_after_closing_and_opening(panel, page, light):
    page.cut_off()
    with pytest.raises(DeviceError):
        panel.set_brightness(100, 1)
    page.come_back()
    panel.close()
    panel.open(5)
    panel.set_brightness(100, 5)
    assert (light.lit, light.brightness) == (True, 100)


def test_a_page_that_comes_back_after_a_failure_is_dark(panel, page, light):
    panel.set_brightness(10, 5)
    page.cut_off()
    with pytest.raises(DeviceError):
        panel.set_brightness(100, 1)
    page.come_back()
    assert until(lambda: not light.lit)


def test_a_page_that_is_loaded_again_shines_as_before(panel, page, light):
    panel.set_brightness(100, 5)
    page.cut_off()
    light.set(lit=False)
    page.come_back()
    assert until(lambda: light.lit)
    assert light.brightness == 100


def test_a_page_behind_another_window_is_told_of(panel, page):
    page.asleep = True
    panel.status(5)
    with pytest.raises(NoReply, match="not in front"):
        panel.set_brightness(100, 0.5)


def test_other_colours_than_asked_for_are_a_bad_reply(panel, page):
    page.skew = 3
    with pytest.raises(BadReply, match=r"asked for red 100, .* shows red 103"):
        panel.set_brightness(100, 5)


def test_after_other_colours_the_light_is_off(panel, page, light):
    page.skew = 3
    with pytest.raises(BadReply):
        panel.set_brightness(100, 5)
    assert until(lambda: not light.lit)


def test_a_fault_before_opening_is_told(closed_panel):
    with pytest.raises(Unreachable, match="before it was opened"):
        closed_panel.light_off(1)


# Colours and addresses


@given(st.integers(0, 255), st.tuples(*[st.floats(0, 1, allow_subnormal=False)] * 3))
def test_the_strongest_channel_shows_the_brightness_itself(brightness, tint):
    if max(tint) < 1e-300:
        return
    colour = tinted(brightness, tint)
    assert max(colour) == colour[tint.index(max(tint))] == brightness
    assert min(colour) >= 0


def test_a_tint_weakens_the_other_channels():
    assert tinted(200, (0.5, 0.25, 0.125)) == (200, 100, 50)


@pytest.mark.parametrize(
    ("host", "shown"), [("10.0.0.7", "10.0.0.7"), ("fe80::1", "[fe80::1]"), ("lan.box", "lan.box")]
)
def test_the_address_names_the_host(host, shown):
    assert address_of(host, 8765, "t") == f"http://{shown}:8765/?token=t"


def test_the_address_of_all_interfaces_is_one_that_a_tablet_can_open():
    assert "0.0.0.0" not in address_of("0.0.0.0", 8765, "t")
