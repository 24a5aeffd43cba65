#!/usr/bin/env bash
# Guess: Connect() connects a device, whenever it is called; afterwards Connecting is False and Connected is True.
# Seen: on a device of Platform 6 or before, the second Connect() of an object sends nothing at all: after Connect,
#   Disconnect, Connect (or after the server was started anew) Connecting is False, no error is raised, and Connected is False.
#   Setting Connected = True does connect.
# Why: most drivers in use are of that age; a rig that loses its server for a moment is not had back, without a word.
# alpyca 3.1.3 (against a panel server of a few lines), 2026-11-28.
set -eu

tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
python3 -m venv "$tmp/venv"
"$tmp/venv/bin/pip" install --quiet alpyca==3.1.3 || { echo "cannot install alpyca"; exit 77; }
"$tmp/venv/bin/pip" list 2>/dev/null | grep -i -E '^(alpyca) '

cat >"$tmp/connect.py" <<'PY'
"""A panel of interface version 1, connected, disconnected and connected again."""

import json
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs

from alpaca.covercalibrator import CoverCalibrator

connected, orders = False, []


class Server(BaseHTTPRequestHandler):
    def do_GET(self):
        member = self.path.partition("?")[0].rpartition("/")[2]
        self.answer({"connected": connected, "interfaceversion": 1}.get(member))

    def do_PUT(self):
        global connected
        form = parse_qs(self.rfile.read(int(self.headers["Content-Length"])).decode())
        connected = form["Connected"] == ["True"]
        orders.append(connected)
        self.answer(None)

    def answer(self, value):
        body = json.dumps({"Value": value, "ErrorNumber": 0, "ErrorMessage": ""}).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *words):
        pass


server = ThreadingHTTPServer(("127.0.0.1", 0), Server)
threading.Thread(target=server.serve_forever, daemon=True).start()
panel = CoverCalibrator(f"127.0.0.1:{server.server_port}", 0)
results = []
for call in ("Connect", "Disconnect", "Connect"):
    before = len(orders)
    getattr(panel, call)()
    deadline = time.monotonic() + 10
    while panel.Connecting and time.monotonic() < deadline:
        time.sleep(0.05)
    time.sleep(0.5)
    results.append((len(orders) - before, panel.Connected))
    print(f"{call + '():':13} {results[-1][0]} PUT sent, Connecting {panel.Connecting}, Connected {results[-1][1]}")
panel.Connected = True
print(f"Connected = True: Connected {panel.Connected}")
if results[0] != (1, True) or not panel.Connected:
    sys.exit("CHANGED: the first Connect(), or Connected = True, did not connect")
if results[2] != (0, False):
    sys.exit("CHANGED: the second Connect() did send something, or the device is connected")
print("as seen: the second Connect() does nothing")
PY
"$tmp/venv/bin/python" "$tmp/connect.py"
