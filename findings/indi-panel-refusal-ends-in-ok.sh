#!/usr/bin/env bash
# Guess: a brightness out of range ends in state Alert; a client that waits for Ok, or reads the state, learns of it.
# Seen: two updates in a row, Alert and then Ok, both with the old value: who waits for Ok has "success", and who asks
#   afterwards finds Ok and a brightness that was never asked for. Only the value, or the Alert in passing, tells.
# Why: a search would take the next flat for one at the new brightness, and learn a wrong curve of the lamp.
# indi-bin 1.9.9+dfsg-2 (indi_simulator_lightpanel, by the light box base class of all panels), 2026-11-27.
set -eu

command -v indiserver >/dev/null && command -v dpkg-query >/dev/null || { echo "missing: indi-bin"; exit 77; }
version=$(dpkg-query -W -f '${Version}' indi-bin)
case $version in 1.9.9+dfsg-2*) echo "indi-bin $version" ;; *) echo "indi-bin $version is not the one seen"; exit 77 ;; esac

tmp=$(mktemp -d)
server=
trap '[ -z "$server" ] || kill "$server" 2>/dev/null || true; wait; rm -rf "$tmp"' EXIT
export HOME=$tmp
port=$(python3 -c 'import socket; print(socket.create_server(("127.0.0.1", 0)).getsockname()[1])')
indiserver -p "$port" -u "$tmp/socket" indi_simulator_lightpanel 2>"$tmp/log" &
server=$!

cat >"$tmp/client.py" <<'PY'
"""Connect the simulated panel, ask for 999 of 255, and print each update that follows."""

import socket
import sys
import time
import xml.etree.ElementTree as ElementTree

PANEL = "Light Panel Simulator"


def connect(port):
    for _ in range(50):
        try:
            return socket.create_connection(("127.0.0.1", port))
        except OSError:
            time.sleep(0.1)
    sys.exit("CHANGED: the server does not answer")


link = connect(int(sys.argv[1]))
parser = ElementTree.XMLPullParser()
parser.feed("<stream>")


def updates(seconds, until=lambda element: False):
    """The elements about the panel that arrive within so many seconds."""
    end = time.monotonic() + seconds
    found = []
    while (left := end - time.monotonic()) > 0:
        link.settimeout(left)
        try:
            parser.feed(link.recv(65536))
        except TimeoutError:
            break
        for _, element in parser.read_events():
            if element.get("device") == PANEL:
                found.append(element)
                if until(element):
                    return found
    return found


def ask(kind, name, member, value):
    link.sendall(
        f'<new{kind}Vector device="{PANEL}" name="{name}">'
        f'<one{kind} name="{member}">{value}</one{kind}></new{kind}Vector>'.encode()
    )


def of_brightness(element):
    return element.get("name") == "FLAT_LIGHT_INTENSITY"


link.sendall(b'<getProperties version="1.7"/>')
updates(10, lambda element: element.get("name") == "CONNECTION")
ask("Switch", "CONNECTION", "CONNECT", "On")
defined = [e for e in updates(10, of_brightness) if of_brightness(e)]
print("range:", defined[0][0].get("min"), "to", defined[0][0].get("max"))


def answers_to(value):
    ask("Number", "FLAT_LIGHT_INTENSITY", "FLAT_LIGHT_INTENSITY_VALUE", value)
    seen = [(e.get("state"), float(e[0].text)) for e in updates(2) if of_brightness(e)]
    print(f"asked for {value}:", seen)
    return seen


good = answers_to(77)
refused = answers_to(999)
if good != [("Ok", 77.0)] or refused != [("Alert", 77.0), ("Ok", 77.0)]:
    sys.exit("CHANGED: expected Ok 77, then Alert 77 and Ok 77")
print("as seen: a refused brightness ends in Ok")
PY
python3 "$tmp/client.py" "$port"
