#!/usr/bin/env bash
# Guess: AbortExposure ends the exposure, and the frame that comes next is that of the next StartExposure.
# Seen: an exposure of 3 s aborted at once goes on; another one of 8 s, begun meanwhile, has its ImageReady when the
#   aborted one is over, 5 s too early, with LastExposureDuration 8. No error, no state tells.
# Why: a flat of another exposure, and maybe of another filter, is taken for the one asked for; that it comes too early is
#   the only sign.
# alpaca-simulators 1.3.2 with cabaret 0.5.5, 2026-11-28.
set -eu

tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
python3 -m venv "$tmp/venv"
"$tmp/venv/bin/pip" install --quiet alpaca-simulators==1.3.2 cabaret==0.5.5 || { echo "cannot install alpaca-simulators"; exit 77; }
"$tmp/venv/bin/pip" list 2>/dev/null | grep -i -E '^(alpaca-simulators|cabaret) '

cat >"$tmp/camera.py" <<'PY'
"""Abort one exposure, begin a longer one, and see when its frame comes."""

import http.client
import importlib.util
import json
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


ABORTED_S, ASKED_S = 3.0, 8.0


def look():
    put("startexposure", Duration=ABORTED_S, Light="False")
    time.sleep(0.3)
    print(f"AbortExposure: error {put('abortexposure')}, CameraState {get('camerastate')}")
    print(f"StartExposure of {ASKED_S:g} s: error {put('startexposure', Duration=ASKED_S, Light='False')}")
    came = until(lambda: get("imageready"), "the frame")
    told = get("lastexposureduration")
    print(f"ImageReady after {came:.1f} s, LastExposureDuration {told:g}")
    if came >= ASKED_S or told != ASKED_S:
        sys.exit("CHANGED: the frame does not come before its exposure is over, told as its own")
    print("as seen: the frame of the aborted exposure is told as that of the next one")

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
