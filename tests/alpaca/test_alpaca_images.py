"""Frames on their way: turned into rows while they come, and believed as asked for only."""

import itertools
import json
import struct
import time
import tracemalloc

import numpy as np
import pytest
from scripted import HANG_UP, http, serving

from flatctl.core.pixels.sixteen_bits import to_unsigned
from flatctl.devices.alpaca.imaging.download import download
from flatctl.devices.alpaca.wire.client import AlpacaClient
from flatctl.devices.alpaca.wire.refusals import AlpacaFault
from flatctl.errors import BadReply, DeviceError, NoReply, Unfit

LIMIT_S = 10.0
KIND = "application/imagebytes"
ROWS, COLS = 41, 301
TYPES = {1: "<i2", 2: "<i4", 5: "<u8", 6: "u1", 7: "<i8", 8: "<u2", 9: "<u4"}
HIGHEST = {1: 32767, 6: 255}


def frame(number=8, rows=ROWS, cols=COLS):
    """Return a frame, shape (rows, cols), of values that this type can have."""
    values = np.random.default_rng(number).integers(0, HIGHEST.get(number, 65535) + 1, (rows, cols))
    values[0, 0], values[-1, -1] = 0, HIGHEST.get(number, 65535)
    return values


def header(number=8, sides=(COLS, ROWS, 0), rank=2, error=0, start=44, version=1, question=0):
    return struct.pack("<11i", version, error, question, 0, start, 2, number, rank, *sides)


def image(pixels, number=8, **more):
    sides = (pixels.shape[1], pixels.shape[0], 0)
    return header(number, sides, **more) + pixels.T.astype(TYPES[number]).tobytes()


def taken(answer, rows=ROWS, cols=COLS, timeout_s=LIMIT_S):
    """Return what is taken of an answer, or of a server that gives it."""
    with serving(answer if callable(answer) else lambda _: answer) as server:
        client = AlpacaClient(server.url())
        try:
            return download(client, rows, cols, timeout_s)
        finally:
            client.close()


def chunked(content, sizes):
    yield f"HTTP/1.1 200 OK\r\nContent-Type: {KIND}\r\nTransfer-Encoding: chunked\r\n\r\n".encode()
    at = 0
    for size in itertools.cycle(sizes):
        if not (piece := content[at : at + size]):
            break
        yield b"%x\r\n%s\r\n" % (len(piece), piece)
        at += size
    yield b"0\r\n\r\n"


@pytest.mark.parametrize("number", TYPES)
def test_every_whole_type_arrives_pixel_for_pixel(number):
    wanted = frame(number)
    stored = taken(http(image(wanted, number), KIND))
    assert np.array_equal(to_unsigned(stored), wanted)


@pytest.mark.parametrize(("rows", "cols"), [(1, 1), (1, 300), (300, 1), (7, 64), (7, 65)])
def test_any_shape_arrives_pixel_for_pixel(rows, cols):
    wanted = frame(rows=rows, cols=cols)
    stored = taken(http(image(wanted), KIND), rows, cols)
    assert np.array_equal(to_unsigned(stored), wanted)


def test_a_frame_is_as_fits_stores_it():
    stored = taken(http(image(frame()), KIND))
    assert stored.dtype == np.dtype(">i2")
    assert stored.flags.c_contiguous


def test_a_frame_may_come_in_pieces_of_any_size():
    wanted = frame()
    stored = taken(lambda _: chunked(image(wanted), [1, 43, 7, 4096, 100]))
    assert np.array_equal(to_unsigned(stored), wanted)


def test_a_frame_may_come_without_its_length():
    head = f"HTTP/1.1 200 OK\r\nContent-Type: {KIND}; charset=x\r\n\r\n".encode()
    wanted = frame()
    stored = taken(lambda _: iter([head + image(wanted), HANG_UP]))
    assert np.array_equal(to_unsigned(stored), wanted)


def test_pixels_begin_where_the_header_says():
    wanted = frame()
    content = header(start=60) + bytes(16) + image(wanted)[44:]
    assert np.array_equal(to_unsigned(taken(http(content, KIND))), wanted)


def listed(pixels, **more):
    content = {"Type": 2, "Rank": 2, "Value": pixels.T.tolist(), "ErrorNumber": 0, **more}
    return json.dumps(content).encode()


@pytest.mark.parametrize("separators", [(",", ":"), (" ,\n ", " : ")])
def test_json_arrives_pixel_for_pixel(separators):
    wanted = frame()
    content = json.dumps(json.loads(listed(wanted)), separators=separators).encode()
    assert np.array_equal(to_unsigned(taken(http(content))), wanted)


def test_json_may_have_its_error_number_first():
    wanted = frame()
    content = json.dumps({"ErrorNumber": 0, "Value": wanted.T.tolist()}).encode()
    assert np.array_equal(to_unsigned(taken(http(content))), wanted)


@pytest.mark.parametrize(
    "content",
    [
        header(error=0x500, sides=(0, 0, 0)) + b"the shutter is stuck",
        header(error=0x500, sides=(0, 0, 0), start=50) + bytes(6) + b"the shutter is stuck",
        b'{"ErrorNumber": 1280, "ErrorMessage": "the shutter is stuck"}',
        b'{"Value": null, "ErrorNumber": 1280, "ErrorMessage": "the shutter is stuck"}',
        b'{"Value": [[]], "ErrorNumber": 1280, "ErrorMessage": "the shutter is stuck"}',
    ],
)
def test_an_error_in_the_place_of_an_image_is_told_with_number_and_text(content):
    kind = "application/json" if content.startswith(b"{") else KIND
    with pytest.raises(AlpacaFault, match="the shutter is stuck") as told:
        taken(http(content, kind))
    assert told.value.number == 0x500


def changed(number, value):
    pixels = frame(number).astype(TYPES[number])
    pixels[3, 200] = value
    return image(pixels, number)


BODY = bytes(2 * ROWS * COLS)
BAD_IMAGES = {
    "an older header": header(version=0) + BODY,
    "a header that is too short": header()[:30],
    "nothing": b"",
    "no pixels": header(),
    "a start within the header": header(start=20) + BODY,
    "a start far away": header(start=2**31 - 1) + BODY,
    "a start before the beginning": header(start=-44) + BODY,
    "rows and columns exchanged": header(sides=(ROWS, COLS, 0)) + BODY,
    "a binned frame": header(sides=(COLS // 2, ROWS // 2, 0)) + bytes(len(BODY) // 4),
    "absurd sides": header(sides=(2**31 - 1, 2**31 - 1, 0)) + BODY,
    "negative sides": header(sides=(-COLS, -ROWS, 0)) + BODY,
    "rank 1": header(rank=1) + BODY,
    "rank -1": header(rank=-1) + BODY,
    "real numbers": header(4) + bytes(4 * ROWS * COLS),
    "longer real numbers": header(3) + bytes(8 * ROWS * COLS),
    "an unknown type": header(77) + BODY,
    "type 0": header(0) + BODY,
    "a pixel too few": header() + BODY[:-2],
    "a pixel too many": header() + BODY + b"\0\0",
    "the answer to another question": header(question=1_000_000) + BODY,
    "a negative Int16": changed(1, -1),
    "a negative Int32": changed(2, -1),
    "a large Int32": changed(2, 65536),
    "a large UInt32": changed(9, 2**32 - 1),
    "a negative Int64": changed(7, -(2**63)),
    "a large UInt64": changed(5, 2**64 - 1),
}


@pytest.mark.parametrize("told", [True, False], ids=["told-length", "in-pieces"])
@pytest.mark.parametrize("what", BAD_IMAGES)
def test_an_image_that_is_not_as_asked_for_is_a_bad_reply(what, told):
    content = BAD_IMAGES[what]
    with pytest.raises(BadReply):
        taken(http(content, KIND) if told else lambda _: chunked(content, [5000]))


NUMBERS = [[1] * ROWS] * COLS
BAD_LISTS = {
    "a column too few": {"Value": NUMBERS[1:]},
    "a column too many": {"Value": [*NUMBERS, NUMBERS[0]]},
    "a pixel too few": {"Value": [*NUMBERS[1:], [1] * (ROWS - 1)]},
    "a pixel too many": {"Value": [[1] * (ROWS + 1), *NUMBERS[1:]]},
    "texts": {"Value": [["1"] * ROWS] * COLS},
    "truths": {"Value": [[True] * ROWS] * COLS},
    "real numbers": {"Value": [[1.0] * ROWS] * COLS},
    "no list": {"Value": 5},
    "an empty list": {"Value": []},
    "nothing": {},
    "a negative pixel": {"Value": [*NUMBERS[1:], [-1] * ROWS]},
    "a large pixel": {"Value": [*NUMBERS[1:], [65536] * ROWS]},
    "an absurd pixel": {"Value": [*NUMBERS[1:], [10**300] * ROWS]},
    "the answer to another question": {"Value": NUMBERS, "ClientTransactionID": 1_000_000},
}


@pytest.mark.parametrize("what", BAD_LISTS)
def test_json_that_is_not_as_asked_for_is_a_bad_reply(what):
    with pytest.raises(BadReply):
        taken(http(json.dumps(BAD_LISTS[what]).encode()))


@pytest.mark.parametrize("content", [b'{"Value": [[1,2', b'{"Value": [[', b"[" * 5000, b"{", b""])
def test_json_that_ends_too_early_is_a_bad_reply(content):
    with pytest.raises(BadReply):
        taken(http(content))


@pytest.mark.parametrize(
    ("kind", "content"),
    [
        (KIND, header(rank=3, sides=(COLS, ROWS, 3)) + 3 * BODY),
        ("application/json", json.dumps({"Value": [[[1, 2, 3]] * ROWS] * COLS}).encode()),
    ],
)
def test_three_planes_are_no_raw_frame(kind, content):
    with pytest.raises(Unfit, match="three planes"):
        taken(http(content, kind))


def test_an_image_that_stands_still_ends_in_time():
    content = http(image(frame()), KIND)
    with serving(lambda _: iter_and_wait(content[:2000], server)) as server:
        client = AlpacaClient(server.url())
        begun_s = time.monotonic()
        with pytest.raises(NoReply):
            download(client, ROWS, COLS, 0.3)
        assert time.monotonic() - begun_s < 5.0
        client.close()


def iter_and_wait(piece, server):
    yield piece
    server.closing.wait()
    yield HANG_UP


def test_an_image_that_breaks_off_is_a_bad_reply_at_once():
    content = http(image(frame()), KIND)
    with pytest.raises(BadReply, match="hung up"):
        taken(lambda _: iter([content[:2000], HANG_UP]))


@pytest.mark.parametrize("json_only", [False, True])
def test_a_frame_takes_little_more_memory_than_its_pixels(json_only):
    rows, cols = (100, 3000) if json_only else (400, 4000)
    wanted = frame(rows=rows, cols=cols)
    answer = http(listed(wanted)) if json_only else http(image(wanted, 8), KIND)
    with serving(lambda _: answer) as server:
        client = AlpacaClient(server.url())
        tracemalloc.start()
        stored = download(client, rows, cols, 60.0)
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        client.close()
    strip_bytes = rows * 128 * 8
    assert np.array_equal(to_unsigned(stored), wanted)
    assert peak < stored.nbytes + 4 * strip_bytes + 2**20


@pytest.mark.parametrize("sides", [(200_000, 200_000), (2**31 - 1, 1)])
def test_no_memory_is_taken_for_an_image_of_other_sides(sides):
    content = header(sides=(*sides, 0))
    tracemalloc.start()
    with pytest.raises(DeviceError):
        taken(http(content, KIND))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 2**20
