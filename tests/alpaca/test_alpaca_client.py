"""How one Alpaca device is asked and ordered, against a server that answers as it likes."""

import contextlib
import itertools
import socket
import threading
import time

import pytest
from scripted import HANG_UP, Asked, Device, Sent, http, said, serving

from flatctl.devices.alpaca.wire.client import AlpacaClient
from flatctl.devices.alpaca.wire.management import fetch_json
from flatctl.devices.alpaca.wire.refusals import AlpacaFault, Lacking
from flatctl.devices.log import logging_to
from flatctl.errors import BadReply, DeviceError, NoReply, Unreachable
from flatctl.settings.alpaca import AlpacaUrl

LIMIT_S = 5.0
SHORT_S = 0.3


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as taken:
        return taken.getsockname()[1]


def test_a_value_is_asked_for_in_lower_case_with_our_ids():
    with serving(Device(gain=7)) as server:
        client = AlpacaClient(server.url())
        assert client.whole("gain", LIMIT_S) == 7
        client.close()
    asked = server.asked[0]
    assert asked.path == "/api/v1/camera/0/gain"
    assert 1 <= int(asked.values["ClientID"]) <= 65535
    assert int(asked.values["ClientTransactionID"]) > 0


def test_an_order_is_a_form_with_keys_as_the_api_writes_them():
    with serving(Device()) as server:
        client = AlpacaClient(server.url())
        client.put("startexposure", LIMIT_S, Duration=0.25, Light=True)
        client.close()
    assert server.lines == ["PUT startexposure Duration=0.25 Light=True"]
    assert "application/x-www-form-urlencoded" in server.asked[0].header


def test_clients_of_a_process_share_their_id_and_count_together():
    with serving(Device(gain=7)) as server:
        clients = [AlpacaClient(server.url()) for _ in range(4)]
        threads = [
            threading.Thread(target=lambda c=c: [c.whole("gain", LIMIT_S) for _ in range(50)])
            for c in clients
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        for client in clients:
            client.close()
    assert len({one.values["ClientID"] for one in server.asked}) == 1
    assert len({one.values["ClientTransactionID"] for one in server.asked}) == 200


def test_questions_share_a_connection_and_an_order_has_one_of_its_own():
    with serving(Device(gain=7)) as server:
        client = AlpacaClient(server.url())
        for _ in range(3):
            client.whole("gain", LIMIT_S)
        client.put("gain", LIMIT_S, Gain=1)
        client.whole("gain", LIMIT_S)
        client.close()
    assert [one.connection for one in server.asked] == [0, 0, 0, 1, 1]


def test_a_device_that_stands_still_keeps_no_other_waiting():
    stalled = threading.Event()

    def answer(asked: Asked) -> Sent:
        if asked.member == "imagearray":
            stalled.set()
            server.closing.wait()
        return said(1)

    with serving(answer) as server:
        camera, panel = AlpacaClient(server.url()), AlpacaClient(server.url("covercalibrator"))

        def wait() -> None:
            with contextlib.suppress(DeviceError):
                camera.whole("imagearray", LIMIT_S)

        waiting = threading.Thread(target=wait)
        waiting.start()
        stalled.wait()
        panel.put("calibratoroff", LIMIT_S)
        assert waiting.is_alive()
        server.close()
        waiting.join()
        camera.close()
        panel.close()


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        ("whole", 5),
        ("whole", 255.0),
        ("number", 1.5),
        ("number", 3),
        ("truth", False),
        ("text", "Ha"),
        ("texts", ["L", "Ha"]),
        ("texts", [100, 200]),
    ],
)
def test_a_value_of_the_right_kind_is_taken(kind, value):
    with serving(Device(member=value)) as server:
        client = AlpacaClient(server.url())
        taken = getattr(client, kind)("member", LIMIT_S)
        client.close()
    assert taken == (tuple(map(str, value)) if kind == "texts" else value)


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        ("whole", 1.5),
        ("whole", True),
        ("whole", "5"),
        ("whole", [5]),
        ("number", float("nan")),
        ("number", float("inf")),
        ("number", 10**400),
        ("number", {}),
        ("truth", 1),
        ("truth", "True"),
        ("text", 5),
        ("texts", "L"),
        ("texts", [True]),
        ("texts", [["L"]]),
    ],
)
def test_a_value_of_another_kind_is_a_bad_reply(kind, value):
    with serving(Device(member=value)) as server:
        client = AlpacaClient(server.url())
        with pytest.raises(BadReply, match="answered GET member"):
            getattr(client, kind)("member", LIMIT_S)
        client.close()


def test_a_value_that_is_missing_is_a_bad_reply():
    with serving(lambda _: http(b'{"ErrorNumber": 0}')) as server:
        client = AlpacaClient(server.url())
        with pytest.raises(BadReply, match="no value"):
            client.whole("gain", LIMIT_S)
        client.close()


def test_an_answer_needs_no_error_number_and_an_order_no_value():
    with serving(lambda a: http(b'{"Value": 3}' if a.method == "GET" else b"{}")) as server:
        client = AlpacaClient(server.url())
        client.put("gain", LIMIT_S, Gain=3)
        assert client.whole("gain", LIMIT_S) == 3
        client.close()


def test_an_error_is_told_with_number_and_text():
    with serving(lambda _: said(None, 0x500, "the lamp\r\nis broken")) as server:
        client = AlpacaClient(server.url())
        with pytest.raises(AlpacaFault, match=r"error 0x500.*the lamp is broken") as told:
            client.put("calibratoron", LIMIT_S, Brightness=3)
        client.close()
    assert told.value.number == 0x500


@pytest.mark.parametrize(
    "answer",
    [said(None, 0x400, "not implemented")]
    + [http(b"no such thing", "text/plain", status) for status in ("404 Not Found", "400 Bad")],
)
def test_what_a_device_has_not_is_told_apart(answer):
    with serving(lambda _: answer) as server:
        client = AlpacaClient(server.url())
        with pytest.raises(Lacking):
            client.whole("offset", LIMIT_S)
        client.close()


def test_a_server_that_broke_is_told_with_its_own_words():
    page = b"<html><title>Oops</title><body>division <b>by</b> zero</body></html>"
    with serving(lambda _: http(page, "text/html", "500 Internal Server Error")) as server:
        client = AlpacaClient(server.url())
        with pytest.raises(AlpacaFault, match="HTTP 500: division by zero"):
            client.whole("gain", LIMIT_S)
        client.close()


def test_where_nobody_listens_is_unreachable():
    with pytest.raises(Unreachable, match="nobody listens"):
        AlpacaClient(AlpacaUrl("127.0.0.1", free_port(), "camera", 0)).connect(LIMIT_S)


def test_a_host_without_an_address_is_unreachable():
    with pytest.raises(Unreachable, match="no address is known"):
        AlpacaClient(AlpacaUrl("no-such-host.invalid", 1, "camera", 0)).connect(LIMIT_S)


def test_a_server_that_is_gone_after_it_was_reached_is_silent():
    with serving(Device(gain=1)) as server:
        client = AlpacaClient(server.url())
        client.connect(LIMIT_S)
    with pytest.raises(NoReply, match="nobody listens"):
        client.whole("gain", LIMIT_S)


def test_a_server_that_does_not_answer_is_silent_after_the_time_out():
    with serving(lambda _: server.closing.wait() and HANG_UP) as server:
        client = AlpacaClient(server.url())
        begun_s = time.monotonic()
        with pytest.raises(NoReply, match="does not answer in time"):
            client.whole("gain", SHORT_S)
        assert time.monotonic() - begun_s < LIMIT_S
        client.close()


def test_a_late_answer_is_never_taken_for_that_to_the_next_question():
    slow = iter([True])

    def answer(asked: Asked) -> Sent:
        if next(slow, False):
            time.sleep(2 * SHORT_S)
            return said(1)
        return said(2)

    with serving(answer) as server:
        client = AlpacaClient(server.url())
        with pytest.raises(NoReply):
            client.whole("gain", SHORT_S)
        assert client.whole("gain", LIMIT_S) == 2
        client.close()


@pytest.mark.parametrize("piece", [HANG_UP, b"HTTP/1.1 200 OK\r\nContent-Length: 90\r\n\r\n{"])
def test_a_question_whose_connection_ends_is_asked_once_more(piece):
    pieces = iter([iter([piece, HANG_UP])])
    with serving(lambda _: next(pieces, said(4))) as server:
        client = AlpacaClient(server.url())
        assert client.whole("gain", LIMIT_S) == 4
        client.close()
    assert len(server.asked) == 2


def test_a_question_is_asked_twice_at_most():
    with serving(lambda _: HANG_UP) as server:
        client = AlpacaClient(server.url())
        with pytest.raises(BadReply, match="hung up"):
            client.whole("gain", LIMIT_S)
        client.close()
    assert len(server.asked) == 2


def test_an_order_is_sent_once():
    with serving(lambda _: HANG_UP) as server:
        client = AlpacaClient(server.url())
        with pytest.raises(BadReply, match="hung up"):
            client.put("startexposure", LIMIT_S, Duration=1.0, Light=True)
        client.close()
    assert len(server.asked) == 1


def test_a_connection_closed_meanwhile_is_made_anew():
    answers = itertools.chain([iter([said(1), HANG_UP])], itertools.repeat(said(2)))
    with serving(lambda _: next(answers)) as server:
        client = AlpacaClient(server.url())
        assert client.whole("gain", LIMIT_S) == 1
        assert client.whole("gain", LIMIT_S) == 2
        client.close()


def test_a_device_that_is_connected_is_left_so():
    with serving(Device()) as server:
        client = AlpacaClient(server.url())
        client.connect(LIMIT_S)
        client.close()
    assert server.lines == ["GET connected"]


def connecting(interface: int, member: str, **more: object) -> Device:
    """Return a device that is connected once that was ordered."""
    device = Device(interfaceversion=interface, connected=False, connecting=False, **more)

    def order(_: Asked) -> Sent:
        device.members["connected"] = True
        return said()

    device.members[f"PUT {member}"] = order
    return device


def test_a_newer_device_connects_beside():
    with serving(connecting(4, "connect")) as server:
        client = AlpacaClient(server.url())
        client.connect(LIMIT_S)
        client.close()
    assert "PUT connect" in server.lines
    assert "PUT connected Connected=True" not in server.lines


@pytest.mark.parametrize("refused", [None, said(None, 0x400), http(b"", "", "404 Not Found")])
def test_an_older_device_is_told_to_be_connected(refused):
    interface = 3 if refused is None else 4
    device = connecting(interface, "connected", **{"PUT connect": refused})
    with serving(device) as server:
        client = AlpacaClient(server.url())
        client.connect(LIMIT_S)
        client.close()
    assert "PUT connected Connected=True" in server.lines


def test_a_device_that_connects_though_its_order_stays_unanswered_is_connected():
    device = connecting(3, "connected")
    order = device.members["PUT connected"]
    device.members["PUT connected"] = lambda a: order(a) and server.closing.wait() and HANG_UP
    with serving(device) as server:
        client = AlpacaClient(server.url())
        client.connect(2.0)
        client.close()


def test_a_device_that_does_not_connect_says_why():
    refusing = {"PUT connect": said(None, 0x500, "no camera on USB")}
    with serving(Device(connected=False, **refusing)) as server:
        client = AlpacaClient(server.url())
        with pytest.raises(AlpacaFault, match=r"does not connect.*no camera on USB"):
            client.connect(LIMIT_S)
        client.close()


@pytest.mark.parametrize("answer", [said(None, 0x400), http(b"", "text/plain", "404 Not Found")])
def test_a_device_that_the_server_has_not_is_unreachable(answer):
    with serving(lambda _: answer) as server:
        client = AlpacaClient(server.url())
        with pytest.raises(Unreachable, match="there is no camera/0"):
            client.connect(LIMIT_S)
        client.close()


def forgetful() -> Device:
    """Return a device that has forgotten its client."""
    device = connecting(2, "connected")
    device.members["brightness"] = lambda _: (
        said(5) if device.members["connected"] else said(None, 0x407, "not connected")
    )
    device.members["PUT calibratoroff"] = lambda _: (
        said() if device.members["connected"] else said(None, 0x407, "not connected")
    )
    return device


def test_a_question_to_a_device_that_forgot_us_connects_and_is_asked_again():
    with serving(forgetful()) as server:
        client = AlpacaClient(server.url())
        assert client.whole("brightness", LIMIT_S) == 5
        client.close()


def test_an_order_to_a_device_that_forgot_us_connects_and_is_sent_again():
    with serving(forgetful()) as server:
        client = AlpacaClient(server.url())
        client.put("calibratoroff", LIMIT_S)
        client.close()
    assert server.lines.count("PUT calibratoroff") == 2


def test_what_may_move_by_it_is_never_connected():
    with serving(forgetful()) as server:
        client = AlpacaClient(server.url(), connects=False)
        with pytest.raises(AlpacaFault) as told:
            client.whole("brightness", LIMIT_S)
        client.close()
    assert told.value.number == 0x407
    assert server.lines == ["GET brightness"]


def test_proxies_of_the_environment_are_ignored(monkeypatch):
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy"):
        monkeypatch.setenv(name, f"http://127.0.0.1:{free_port()}")
    with serving(Device(gain=1)) as server:
        client = AlpacaClient(server.url())
        assert client.whole("gain", LIMIT_S) == 1
        client.close()


def test_the_log_has_what_was_said_and_a_repeated_answer_once(tmp_path):
    log = tmp_path / "log"
    with serving(Device(gain=7)) as server, logging_to(log, print):
        client = AlpacaClient(server.url())
        for _ in range(5):
            client.whole("gain", LIMIT_S)
        client.put("gain", LIMIT_S, Gain=3)
        with pytest.raises(Lacking):
            client.whole("offset", LIMIT_S)
        client.close()
    lines = [line.split(" ", 2)[2] for line in log.read_text().splitlines()]
    assert lines == [
        "> GET gain",
        "< gain 7",
        "> PUT gain Gain=3",
        "< gain done",
        "! GET offset: does not know offset: offset is not implemented",
    ]


def test_what_a_server_says_of_itself_is_fetched():
    with serving(lambda _: said([{"DeviceType": "Camera"}])) as server:
        found = fetch_json("127.0.0.1", server.port, "/management/v1/configureddevices", LIMIT_S)
    assert found == [{"DeviceType": "Camera"}]
