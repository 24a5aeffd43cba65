#!/usr/bin/env bash
# Guess: ImageArray is the picture, a nested list [x][y] or [x][y][plane], in whatever form the server sent it.
# Seen: a colour frame sent as ImageBytes comes back with its first column repeated for every x; sent as JSON the same
#   frame is right, and so are ImageArrayRaw and grey frames. Shape and type are as they should be, nothing is raised.
# Why: a flat of a colour camera read so is one column drawn out: no vignetting from left to right, no dust, a median off.
# alpyca 3.1.3 (against a camera server of a few lines), 2026-11-27.
set -eu

tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
python3 -m venv "$tmp/venv"
"$tmp/venv/bin/pip" install --quiet alpyca==3.1.3 || { echo "cannot install alpyca"; exit 77; }
"$tmp/venv/bin/pip" list 2>/dev/null | grep -i -E '^(alpyca) '

cat >"$tmp/camera.py" <<'PY'
"""One frame of 4x2 pixels in three planes (and one in grey), served as ImageBytes and as JSON, read by alpyca."""

import json
import struct
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from alpaca.camera import Camera

WIDTH, HEIGHT = 4, 2
COLOUR = [[[1000 * x + 100 * y + plane for plane in range(3)] for y in range(HEIGHT)] for x in range(WIDTH)]
GREY = [[1000 * x + 100 * y for y in range(HEIGHT)] for x in range(WIDTH)]


def image_bytes(frame):
    """Metadata version 1, no error, data at 44, kept as Int32, sent as UInt16, rank and dimensions, pixels."""
    colour = isinstance(frame[0][0], list)
    flat = [value for column in frame for pixel in column for value in (pixel if colour else [pixel])]
    head = struct.pack("<11I", 1, 0, 0, 0, 44, 2, 8, 3 if colour else 2, WIDTH, HEIGHT, 3 if colour else 0)
    return head + struct.pack(f"<{len(flat)}H", *flat)


class Server(BaseHTTPRequestHandler):
    def do_GET(self):
        frame = COLOUR if "/camera/0/" in self.path else GREY
        if self.server.as_bytes:
            kind, body = "application/imagebytes", image_bytes(frame)
        else:
            answer = {"Type": 2, "Rank": 3, "Value": frame, "ErrorNumber": 0, "ErrorMessage": ""}
            kind, body = "application/json", json.dumps(answer).encode()
        self.send_response(200)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *words):
        pass


server = ThreadingHTTPServer(("127.0.0.1", 0), Server)
threading.Thread(target=server.serve_forever, daemon=True).start()
address = f"127.0.0.1:{server.server_port}"


def lists(image):
    return [[pixel if isinstance(pixel, int) else list(pixel) for pixel in column] for column in image]


server.as_bytes = True
colour, grey = lists(Camera(address, 0).ImageArray), lists(Camera(address, 1).ImageArray)
raw = list(Camera(address, 0).ImageArrayRaw)
server.as_bytes = False
as_json = lists(Camera(address, 0).ImageArray)
for name, image in (("sent", COLOUR), ("JSON", as_json), ("ImageBytes", colour)):
    print(f"{name + ', first plane:':25} {[[pixel[0] for pixel in column] for column in image]}")
if as_json != COLOUR or grey != GREY or raw != [v for column in COLOUR for pixel in column for v in pixel]:
    sys.exit("CHANGED: JSON, grey or raw frames differ from what was sent")
if colour != [COLOUR[0]] * WIDTH:
    sys.exit("CHANGED: expected the first column four times")
print("as seen: every column of a colour frame is the first one")
PY
"$tmp/venv/bin/python" "$tmp/camera.py"
