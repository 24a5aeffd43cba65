#!/usr/bin/env bash
# Guess: devices are independent: while a camera sends its image, a panel on another server can be switched.
# Seen: one lock serves every request of every device of the process. CalibratorOff of a panel, sent while the image of a
#   camera on another server is on its way (3 s), comes out 3 s late, though its server is idle; image requests have no time-out.
# Why: as long as a camera's image takes, or stalls, nobody puts the lamp out; a slow network is enough.
# alpyca 3.1.3 (against two servers of a few lines), 2026-11-28.
set -eu

tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
python3 -m venv "$tmp/venv"
"$tmp/venv/bin/pip" install --quiet alpyca==3.1.3 || { echo "cannot install alpyca"; exit 77; }
"$tmp/venv/bin/pip" list 2>/dev/null | grep -i -E '^(alpyca) '

cat >"$tmp/lamp.py" <<'PY'
"""A camera whose image takes its time, a panel elsewhere; when does the order for the light arrive?"""

import json
import struct
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from alpaca.camera import Camera
from alpaca.covercalibrator import CoverCalibrator

SLOW_S = 3.0
asked, ordered = threading.Event(), []


class Server(BaseHTTPRequestHandler):
    def do_GET(self):
        body = struct.pack("<11I4H", 1, 0, 0, 0, 44, 2, 8, 2, 2, 2, 0, 1, 2, 3, 4)
        self.send_response(200)
        self.send_header("Content-Type", "application/imagebytes")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body[:46])
        asked.set()
        time.sleep(SLOW_S)
        self.wfile.write(body[46:])

    def do_PUT(self):
        self.rfile.read(int(self.headers["Content-Length"]))
        ordered.append(time.monotonic())
        body = json.dumps({"ErrorNumber": 0, "ErrorMessage": ""}).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *words):
        pass


def served():
    server = ThreadingHTTPServer(("127.0.0.1", 0), Server)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return f"127.0.0.1:{server.server_port}"


camera, panel = Camera(served(), 0), CoverCalibrator(served(), 0)


def switch_off():
    """Put the light out and return how long the order took to get there."""
    begun = time.monotonic()
    panel.CalibratorOff()
    return ordered[-1] - begun


alone = switch_off()
image = threading.Thread(target=lambda: camera.ImageArray)
image.start()
asked.wait(10)
meanwhile = switch_off()
image.join()
print(f"CalibratorOff alone: there after {alone:.2f} s")
print(f"CalibratorOff while an image of {SLOW_S:g} s comes from another server: there after {meanwhile:.2f} s")
if alone > 1:
    sys.exit("CHANGED: the order is slow even alone")
if meanwhile < SLOW_S - 1:
    sys.exit("CHANGED: the panel no longer waits for the camera")
print("as seen: the lamp burns until the image has come")
PY
"$tmp/venv/bin/python" "$tmp/lamp.py"
