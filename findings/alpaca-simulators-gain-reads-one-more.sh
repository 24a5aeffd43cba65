#!/usr/bin/env bash
# Guess: Gain, where there is a list of Gains, is a place in it: what is set is what is read.
# Seen: set to 3 it reads 4, set to the last place (9 of 0 to 9) it reads 10, which is none; set again to what was read it
#   climbs. Setting 10 is refused. So a value read and put back changes the gain, step by step.
# Why: flats and lights are matched by the gain that was read; a program that puts back what it found spoils the next set.
# alpaca-simulators 1.3.2 with cabaret 0.5.5, 2026-11-28.
set -eu

tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
python3 -m venv "$tmp/venv"
"$tmp/venv/bin/pip" install --quiet alpaca-simulators==1.3.2 cabaret==0.5.5 || { echo "cannot install alpaca-simulators"; exit 77; }
"$tmp/venv/bin/pip" list 2>/dev/null | grep -i -E '^(alpaca-simulators|cabaret) '

cat >"$tmp/camera.py" <<'PY'
"""Set each gain and read it."""

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


def look():
    names = get("gains")
    print(f"Gains: {names}")
    read = {}
    for place in (1, 3, len(names) - 1):
        error = put("gain", Gain=place)
        read[place] = get("gain")
        print(f"Gain = {place}: error {error}, reads {read[place]}")
    put("gain", Gain=3)
    climb = []
    for _ in range(3):
        put("gain", Gain=get("gain"))
        climb.append(get("gain"))
    refused = put("gain", Gain=len(names))
    print(f"set three times to what is read: {climb}; Gain = {len(names)}: error {refused}")
    if any(seen != place + 1 for place, seen in read.items()):
        sys.exit("CHANGED: Gain does not read one more than was set")
    if climb != [5, 6, 7] or not refused:
        sys.exit("CHANGED: putting back what is read does not climb, or a place beyond the list is taken")
    print("as seen: Gain reads one more than was set")

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
