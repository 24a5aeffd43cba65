#!/usr/bin/env bash
# Guess: the header of ImageBytes tells the dimensions of the frame behind it.
# Seen: it tells the present NumX and NumY. A frame of 64x64 (binned twice), fetched after the binning was set back, is told
#   as 128x128 with 8192 bytes behind the header, a quarter of what that takes. The other way round the told frame is smaller.
# Why: a client that prepares the next exposure before it fetches the last frame reads pixels at wrong places, or beyond the
#   end; comparing length and dimensions is the only check.
# alpaca-simulators 1.3.2 with cabaret 0.5.5, 2026-11-28.
set -eu

tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
python3 -m venv "$tmp/venv"
"$tmp/venv/bin/pip" install --quiet alpaca-simulators==1.3.2 cabaret==0.5.5 || { echo "cannot install alpaca-simulators"; exit 77; }
"$tmp/venv/bin/pip" list 2>/dev/null | grep -i -E '^(alpaca-simulators|cabaret) '

cat >"$tmp/camera.py" <<'PY'
"""Take a binned frame, set the binning back, then fetch it."""

import http.client
import importlib.util
import json
import struct
import socket
import subprocess
import sys
import time
from pathlib import Path
from urllib.parse import urlencode

with socket.socket() as free:
    free.bind(("127.0.0.1", 0))
    port = free.getsockname()[1]


def call(method, member, **form):
    line = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    line.request(
        method,
        f"/api/v1/camera/0/{member}",
        urlencode(form) if method == "PUT" else None,
        {"Content-Type": "application/x-www-form-urlencoded", "Accept": "application/imagebytes"},
    )
    answer = line.getresponse()
    body = answer.read()
    line.close()
    return body if "imagebytes" in answer.getheader("Content-Type", "") else json.loads(body)


def get(member):
    return call("GET", member)["Value"]


def put(member, **form):
    return call("PUT", member, **form)["ErrorNumber"]


def until(true, what):
    begun = time.monotonic()
    while not true():
        if time.monotonic() > begun + 60:
            sys.exit(f"CHANGED: {what} never comes")
        time.sleep(0.02)
    return time.monotonic() - begun


def listening():
    with socket.socket() as line:
        return line.connect_ex(("127.0.0.1", port)) == 0


def shape(bin, size):
    for member in ("BinX", "BinY"):
        put(member.lower(), **{member: bin})
    for member in ("NumX", "NumY"):
        put(member.lower(), **{member: size})


def look():
    wrong = []
    for taken, fetched in (((2, 64), (1, 128)), ((1, 128), (2, 64)), ((2, 64), (2, 64))):
        shape(*taken)
        put("startexposure", Duration=0.1, Light="False")
        until(lambda: get("imageready"), "the frame")
        shape(*fetched)
        image = call("GET", "imagearray")
        _, _, _, _, start, _, _, _, cols, rows, _ = struct.unpack("<11i", image[:44])
        pixels = (len(image) - start) // 2
        wrong.append(cols * rows != pixels)
        print(f"taken {taken[1]}x{taken[1]}, fetched at NumX {fetched[1]}: told {cols}x{rows}, sent {pixels} pixels")
    if wrong != [True, True, False]:
        sys.exit("CHANGED: dimensions and pixels agree, or do not where nothing was changed")
    print("as seen: the dimensions told are not the frame's")

package = Path(importlib.util.find_spec("alpaca_simulators").origin).parent
config = Path(sys.argv[1]).resolve() / "rig.yaml"
config.write_text((package / "config/template.yaml").read_text().replace(": 1024", ": 128"))
program = Path(sys.executable).parent / "alpaca-simulators"
quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
server = subprocess.Popen([program, "--host", "127.0.0.1", "--port", str(port), "--config", config], **quiet)
try:
    until(listening, "the server")
    put("connected", Connected="True")
    look()
finally:
    server.terminate()
    server.wait()
PY
"$tmp/venv/bin/python" "$tmp/camera.py" "$tmp"
