"""Servers that are broken, or mean ill: each ends in a named error, in bounded time and memory."""

import contextlib
import gzip
import json
import socket
import threading
import time
import tracemalloc

import pytest
from scripted import HANG_UP, http, said, serving

from flatctl.devices.alpaca.imaging.download import download
from flatctl.devices.alpaca.wire.client import AlpacaClient
from flatctl.devices.alpaca.wire.management import fetch_json
from flatctl.errors import BadReply, DeviceError, Fault, NoReply

SHORT_S = 0.3
PATIENCE_S = 10.0  # on a machine with much else to do
MEMORY_BYTES = 6 * 2**20
ROWS, COLS = 40, 60
OK = b"HTTP/1.1 200 OK\r\n"
JSON = b"Content-Type: application/json\r\n"
IMAGE = b"Content-Type: application/imagebytes\r\n"
BOMB = gzip.compress(bytes(1 << 20))


def forever(first, piece, pause_s=0.0):
    """Send something, then a piece again and again."""

    def answer(_):
        yield first
        while True:
            yield piece
            if pause_s:
                time.sleep(pause_s)

    return answer


def chunks(size_word, kind=JSON):
    return OK + kind + b"Transfer-Encoding: chunked\r\n\r\n" + size_word


def json_of(**members):
    return http(json.dumps(members).encode())


# What a server sends to any question; how that is called.
HOSTILE = {
    "an answer without end": (forever(OK + JSON + b"\r\n", b" " * 65536), BadReply),
    "chunks without end": (forever(chunks(b""), b"1\r\n \r\n"), DeviceError),
    "large chunks without end": (
        forever(chunks(b""), b"10000\r\n" + b" " * 65536 + b"\r\n"),
        BadReply,
    ),
    "a header without end": (forever(OK, b"X-Header: x\r\n"), BadReply),
    "a line without end": (forever(OK + b"X-Header: ", b"x" * 4096), BadReply),
    "a status without end": (forever(b"HTTP/1.1 200 ", b"x" * 4096), BadReply),
    "interim answers without end": (forever(b"", b"HTTP/1.1 100 Continue\r\n\r\n"), BadReply),
    "a byte now and then": (forever(OK, b"X", 0.1), NoReply),
    "a body byte now and then": (forever(OK + JSON + b"\r\n", b" ", 0.1), NoReply),
    "an absurd length": (OK + JSON + b"Content-Length: 99999999999999\r\n\r\n{}", BadReply),
    "a length of 5000 digits": (
        OK + JSON + b"Content-Length: " + b"9" * 5000 + b"\r\n\r\n{}",
        DeviceError,
    ),
    "a chunk of absurd length": (chunks(b"fffffffffffffff\r\n{}"), DeviceError),
    "a chunk of negative length": (lambda _: iter([chunks(b"-5\r\n{}\r\n"), HANG_UP]), BadReply),
    "a chunk that is none": (chunks(b"zz\r\n"), BadReply),
    "a length that is too long": (
        lambda _: iter([OK + JSON + b"Content-Length: 9\r\n\r\n{}", HANG_UP]),
        BadReply,
    ),
    "another protocol": (b"SSH-2.0-OpenSSH_9.2\r\n", BadReply),
    "zeros": (bytes(200), NoReply),
    "packed by gzip": (
        http(BOMB, "application/json", "200 OK", "Content-Encoding: gzip"),
        BadReply,
    ),
    "packed by br": (http(BOMB, "application/json", "200 OK", "Content-Encoding: br"), BadReply),
    "packed on the way": (OK + JSON + b"Transfer-Encoding: gzip, chunked\r\n\r\n", BadReply),
    "packed without a word": (http(BOMB), BadReply),
    "a web page": (http(b"<html>Welcome</html>", "text/html"), BadReply),
    "an image for a number": (http(bytes(100), "image/png"), BadReply),
    "no JSON": (http(b"7"), BadReply),
    "a list": (http(b"[7]"), BadReply),
    "half of JSON": (http(b'{"Value": 7'), BadReply),
    "JSON that is deep": (http(b"[" * 100_000), BadReply),
    "JSON deep in a value": (http(b'{"Value": ' + b"[" * 50_000 + b"]" * 50_000 + b"}"), BadReply),
    "no UTF-8": (http(b'{"Value": "\xff\xfe"}'), BadReply),
    "NaN": (json_of(Value=float("nan")), BadReply),
    "infinity": (json_of(Value=float("inf")), BadReply),
    "a number of 5000 digits": (http(b'{"Value": ' + b"9" * 5000 + b"}"), BadReply),
    "a number of 400 digits": (http(b'{"Value": ' + b"9" * 400 + b"}"), BadReply),
    "a text for a number": (json_of(Value="7"), BadReply),
    "null": (json_of(Value=None), BadReply),
    "an object": (json_of(Value={"a": 1}), BadReply),
    "an error number that is a text": (json_of(Value=7, ErrorNumber="none"), BadReply),
    "an error number that is a list": (json_of(Value=7, ErrorNumber=[]), BadReply),
    "an absurd error number": (json_of(Value=7, ErrorNumber=10**30), BadReply),
    "an error in other letters": (json_of(Value=7, errorNumber=1280), Fault),
    "an error message that is an object": (
        json_of(ErrorNumber=1280, ErrorMessage={"a": []}),
        Fault,
    ),
    "a long error message": (json_of(ErrorNumber=1280, ErrorMessage="x" * 200_000), Fault),
    "the answer to another question": (json_of(Value=7, ClientTransactionID=10**9), BadReply),
    "nothing": (b"", BadReply),
    "an empty body": (http(b""), BadReply),
    "no content": (http(b"", "", "204 No Content"), BadReply),
    "not modified": (http(b"", "", "304 Not Modified"), BadReply),
    "a status out of range": (http(b"{}", "application/json", "999 Odd"), DeviceError),
    "a status of letters": (b"HTTP/1.1 abc OK\r\n\r\n", BadReply),
    "an error page without end": (forever(b"HTTP/1.1 500 Oops\r\n\r\n", b"<p>" * 20_000), Fault),
    "a wish for a password": (http(b"", "", "401 Unauthorized", "WWW-Authenticate: Basic"), Fault),
    "a switch of protocol": (http(b"", "", "101 Switching Protocols"), BadReply),
}


@contextlib.contextmanager
def bounded():
    """Raise where the block takes too long, or too much memory."""
    tracemalloc.start()
    begun_s = time.monotonic()
    try:
        yield
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert time.monotonic() - begun_s < 2 * PATIENCE_S
    assert peak < MEMORY_BYTES


def answer_of(what):
    """Return what is sent, what comes of it, and the time: short for what only time ends."""
    answer, error = HOSTILE[what]
    limit_s = SHORT_S if error in (NoReply, DeviceError) else PATIENCE_S
    return (answer if callable(answer) else lambda _: answer), error, limit_s


@pytest.mark.parametrize("what", HOSTILE)
def test_a_question_ends_in_a_named_error(what):
    answer, error, limit_s = answer_of(what)
    with serving(answer) as server, contextlib.closing(AlpacaClient(server.url())) as client:
        with bounded(), pytest.raises(error) as told:
            client.whole("gain", limit_s)
        assert len(str(told.value)) < 700
        assert str(told.value).isprintable()


@pytest.mark.parametrize("what", [what for what in HOSTILE if what != "null"])
def test_an_order_ends_in_a_named_error_or_is_carried_out(what):
    answer, _, limit_s = answer_of(what)
    with serving(answer) as server, contextlib.closing(AlpacaClient(server.url())) as client:
        with bounded(), contextlib.suppress(DeviceError):
            client.put("gain", limit_s, Gain=7)
        assert len(server.asked) == 1


@pytest.mark.parametrize("what", HOSTILE)
def test_an_image_ends_in_a_named_error(what):
    answer, *_ = answer_of(what)
    with (
        serving(answer) as server,
        contextlib.closing(AlpacaClient(server.url())) as client,
        bounded(),
        pytest.raises(DeviceError),
    ):
        download(client, ROWS, COLS, 2 * SHORT_S)


@pytest.mark.parametrize("what", HOSTILE)
def test_what_a_server_says_of_itself_ends_in_a_named_error_or_is_a_value(what):
    answer, _, limit_s = answer_of(what)
    with serving(answer) as server, bounded(), contextlib.suppress(DeviceError):
        fetch_json("127.0.0.1", server.port, "/management/v1/configureddevices", limit_s)


@pytest.mark.parametrize("status", ["301 Moved", "302 Found", "307 Temporary", "308 Permanent"])
@pytest.mark.parametrize("method", ["whole", "put"])
def test_nobody_is_followed_elsewhere(status, method):
    with serving(lambda _: said(7)) as other:
        place = f"Location: http://127.0.0.1:{other.port}/api/v1/camera/0/gain"
        with (
            serving(lambda _: http(b"", "", status, place)) as server,
            contextlib.closing(AlpacaClient(server.url())) as client,
            pytest.raises(BadReply, match="sends us elsewhere"),
        ):
            getattr(client, method)("gain", PATIENCE_S)
        assert other.asked == []


IMAGES = {
    "pixels without end": forever(OK + IMAGE + b"\r\n", bytes(65536)),
    "a pixel now and then": forever(OK + IMAGE + b"\r\n", b"\0", 0.05),
    "columns without end": forever(OK + JSON + b'\r\n{"Value":[[1', b",1" * 30_000),
    "columns that are all white": forever(OK + JSON + b'\r\n{"Value":[[1', b" " * 60_000),
    "a list that is all white": forever(OK + JSON + b'\r\n{"Value":[[', b" " * 60_000),
    "white between columns": forever(
        OK + JSON + b'\r\n{"Value":[[' + b",".join([b"1"] * ROWS) + b"]", b" " * 60_000
    ),
    "a key without end": forever(OK + JSON + b'\r\n{"a":"', b"x" * 60_000),
    "much behind the image": forever(
        OK
        + JSON
        + b'\r\n{"Value":'
        + json.dumps([[1] * ROWS] * COLS).encode()
        + b',"ErrorMessage":"',
        b"x" * 60_000,
    ),
}


@pytest.mark.parametrize("what", IMAGES)
def test_an_image_without_end_ends(what):
    with (
        serving(IMAGES[what]) as server,
        contextlib.closing(AlpacaClient(server.url())) as client,
        bounded(),
        pytest.raises(DeviceError),
    ):
        download(client, ROWS, COLS, 2 * SHORT_S)


@pytest.mark.parametrize("length", range(0, 140, 7))
def test_a_connection_may_end_anywhere(length):
    whole = said(7)
    answers = iter([iter([whole[:length], HANG_UP])])
    with (
        serving(lambda _: next(answers, whole)) as server,
        contextlib.closing(AlpacaClient(server.url())) as client,
    ):
        assert client.whole("gain", PATIENCE_S) == 7


def test_a_server_that_takes_connections_and_never_reads_is_silent():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        with bounded(), pytest.raises(NoReply):
            fetch_json("127.0.0.1", port, "/management/apiversions", SHORT_S)


def test_a_connection_that_is_reset_is_a_named_error():
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def reset() -> None:
            with contextlib.suppress(OSError):  # once nobody listens any more
                for _ in range(2):
                    accepted, _ = listener.accept()
                    linger = b"\1\0\0\0\0\0\0\0"
                    accepted.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
                    accepted.close()

        thread = threading.Thread(target=reset, daemon=True)
        thread.start()
        with bounded(), pytest.raises(DeviceError):
            fetch_json("127.0.0.1", listener.getsockname()[1], "/x", SHORT_S)
